"""What a session does, blocking or awaited."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ..plugin import AnySession, Entity, Package, Run, SqlLog


class SessionContract:
    """What a session does, blocking or awaited."""

    def test_an_added_object_is_pending_until_it_is_flushed(
        self, session: AnySession, run: Run, sa: Package, User: Entity
    ) -> None:
        user = User(name="Ada")

        run(session.add, user)
        before = (user in session, sa.inspect(user).pending, user.id)
        run(session.flush)

        assert before == (True, True, None)
        assert sa.inspect(user).persistent
        assert user.id is not None

    @pytest.mark.needs("supports_returning")
    def test_generated_keys_arrive_with_the_insert(
        self, session: AnySession, run: Run, sql_log: SqlLog, User: Entity
    ) -> None:
        users = [User(name=f"user {number}") for number in range(3)]

        run(session.add_all, users)
        run(session.flush)

        assert all(user.id is not None for user in users)
        assert len({user.id for user in users}) == 3
        assert len(sql_log.statements) == 1

    def test_a_flush_with_nothing_to_do_sends_nothing(
        self, session: AnySession, run: Run, sql_log: SqlLog
    ) -> None:
        run(session.flush)

        assert sql_log.statements == []

    def test_what_is_committed_is_seen_by_others(
        self, session: AnySession, other_session: AnySession, run: Run, sa: Package, User: Entity
    ) -> None:
        run(session.add, User(name="Ada"))
        run(session.commit)

        names = run(other_session.scalars, sa.select(User.name))

        assert names.all() == ["Ada"]

    def test_what_is_rolled_back_is_gone(
        self, session: AnySession, run: Run, sa: Package, User: Entity
    ) -> None:
        user = User(name="Ada")
        run(session.add, user)
        run(session.flush)

        run(session.rollback)

        assert sa.inspect(user).transient
        assert run(session.scalar, sa.select(sa.func.count()).select_from(User)) == 0

    def test_rollback_restores_what_was_changed(
        self, session: AnySession, run: Run, User: Entity, ada: object
    ) -> None:
        user = run(session.get, User, ada)
        user.name = "Grace"
        run(session.flush)

        run(session.rollback)
        run(session.refresh, user)

        assert user.name == "Ada"

    def test_get_finds_by_key(
        self, session: AnySession, run: Run, User: Entity, ada: object
    ) -> None:
        assert run(session.get, User, ada).name == "Ada"

    def test_get_answers_none_where_there_is_no_row(
        self, session: AnySession, run: Run, User: Entity
    ) -> None:
        assert run(session.get, User, 12345) is None

    def test_get_one_raises_where_there_is_no_row(
        self, session: AnySession, run: Run, sa: Package, User: Entity
    ) -> None:
        with pytest.raises(sa.exc.NoResultFound):
            run(session.get_one, User, 12345)

    def test_get_sends_nothing_for_an_object_in_the_session(
        self, session: AnySession, run: Run, sql_log: SqlLog, User: Entity, ada: object
    ) -> None:
        first = run(session.get, User, ada)
        sql_log.statements.clear()

        second = run(session.get, User, ada)

        assert second is first
        assert sql_log.statements == []

    def test_a_row_is_one_object(
        self, session: AnySession, run: Run, sa: Package, User: Entity, ada: object
    ) -> None:
        got = run(session.get, User, ada)

        selected = run(session.scalars, sa.select(User).where(User.name == "Ada")).one()

        assert selected is got

    @pytest.mark.usefixtures("ada")
    def test_execute_gives_rows_with_names(
        self, session: AnySession, run: Run, sa: Package, User: Entity
    ) -> None:
        result = run(session.execute, sa.select(User.name, User.age))

        (row,) = result.all()

        assert row == ("Ada", 36)
        assert row.name == "Ada"

    @pytest.mark.usefixtures("ada")
    def test_execute_gives_entities_and_columns_together(
        self, session: AnySession, run: Run, sa: Package, User: Entity
    ) -> None:
        result = run(session.execute, sa.select(User, User.age + 1))

        user, next_age = result.one()

        assert (user.name, next_age) == ("Ada", 37)

    @pytest.mark.usefixtures("ada")
    def test_execute_takes_parameters(
        self,
        session: AnySession,
        run: Run,
        sa: Package,
    ) -> None:
        statement = sa.text("SELECT age FROM user_account WHERE name = :name")

        assert run(session.execute, statement, {"name": "Ada"}).scalar_one() == 36

    @pytest.mark.usefixtures("ada")
    def test_scalars_gives_objects(
        self, session: AnySession, run: Run, sa: Package, User: Entity
    ) -> None:
        users = run(session.scalars, sa.select(User)).all()

        assert [user.name for user in users] == ["Ada"]

    @pytest.mark.usefixtures("ada")
    def test_scalar_gives_the_first_value_or_none(
        self, session: AnySession, run: Run, sa: Package, User: Entity
    ) -> None:
        names = sa.select(User.name)

        assert run(session.scalar, names) == "Ada"
        assert run(session.scalar, names.where(User.name == "Bob")) is None

    def test_a_query_sees_what_is_pending(
        self, session: AnySession, run: Run, sa: Package, User: Entity
    ) -> None:
        run(session.add, User(name="Ada"))

        names = run(session.scalars, sa.select(User.name)).all()

        assert names == ["Ada"]

    def test_no_autoflush_leaves_what_is_pending(
        self, session: AnySession, run: Run, sa: Package, User: Entity
    ) -> None:
        run(session.add, User(name="Ada"))

        with session.no_autoflush:
            names = run(session.scalars, sa.select(User.name)).all()

        assert names == []

    def test_only_what_changed_is_updated(
        self, session: AnySession, run: Run, sql_log: SqlLog, User: Entity, ada: object
    ) -> None:
        user = run(session.get, User, ada)
        sql_log.statements.clear()

        user.age = 37
        run(session.flush)

        (update,) = sql_log.statements
        assert "SET age=" in update
        assert "name" not in update

    def test_setting_the_same_value_updates_nothing(
        self, session: AnySession, run: Run, sql_log: SqlLog, User: Entity, ada: object
    ) -> None:
        user = run(session.get, User, ada)
        sql_log.statements.clear()

        user.age = 36
        run(session.flush)

        assert sql_log.statements == []

    def test_refresh_reads_the_row_again(
        self, session: AnySession, other_session: AnySession, run: Run, User: Entity, ada: object
    ) -> None:
        user = run(session.get, User, ada)
        run(session.commit)
        run(session.refresh, user)
        run(session.commit)
        other = run(other_session.get, User, ada)
        other.age = 99
        run(other_session.commit)

        run(session.refresh, user)

        assert user.age == 99

    def test_refresh_can_name_attributes(
        self, session: AnySession, run: Run, sa: Package, User: Entity, ada: object
    ) -> None:
        user = run(session.get, User, ada)

        run(session.refresh, user, ["notes"])

        assert "notes" in sa.inspect(user).dict
        assert user.notes == "counts"

    def test_refresh_loads_a_relationship_that_is_named(
        self, session: AnySession, run: Run, sql_log: SqlLog, User: Entity, ada: object
    ) -> None:
        user = run(session.get, User, ada)

        run(session.refresh, user, ["addresses"])
        sql_log.statements.clear()

        assert [one.email for one in user.addresses] == ["ada@one.example", "ada@two.example"]
        assert sql_log.statements == []

    def test_merge_copies_onto_the_persistent_object(
        self, session: AnySession, run: Run, User: Entity, ada: object
    ) -> None:
        user = run(session.get, User, ada)

        merged = run(session.merge, User(id=ada, name="Grace"))

        assert merged is user
        assert user.name == "Grace"
        assert user.age == 36

    def test_merge_loads_the_persistent_object(
        self, session: AnySession, run: Run, User: Entity, ada: object
    ) -> None:
        merged = run(session.merge, User(id=ada, name="Grace"))
        run(session.commit)
        run(session.refresh, merged)

        assert (merged.name, merged.age) == ("Grace", 36)

    def test_merge_of_something_new_adds_it(
        self, session: AnySession, run: Run, sa: Package, User: Entity
    ) -> None:
        given = User(name="Ada")

        merged = run(session.merge, given)
        run(session.flush)

        assert merged is not given
        assert sa.inspect(given).transient
        assert sa.inspect(merged).persistent

    def test_merge_follows_relationships(
        self,
        session: AnySession,
        run: Run,
        sa: Package,
        User: Entity,
        Address: Entity,
        ada: object,
    ) -> None:
        run(
            session.merge,
            User(id=ada, name="Ada", addresses=[Address(email="ada@three.example")]),
        )
        run(session.commit)

        assert run(session.scalars, sa.select(Address.email)).all() == ["ada@three.example"]

    def test_delete_removes_the_row_at_the_next_flush(
        self, session: AnySession, run: Run, sa: Package, User: Entity, ada: object
    ) -> None:
        user = run(session.get, User, ada)

        run(session.delete, user)
        marked = user in session.deleted
        run(session.flush)

        assert marked
        assert sa.inspect(user).deleted
        assert run(session.get, User, ada) is None

    def test_delete_goes_on_to_what_belongs_to_it(
        self,
        session: AnySession,
        run: Run,
        sa: Package,
        User: Entity,
        Address: Entity,
        ada: object,
    ) -> None:
        run(session.delete, run(session.get, User, ada))
        run(session.commit)

        assert run(session.scalars, sa.select(Address)).all() == []

    def test_an_orphan_is_deleted(
        self,
        session: AnySession,
        run: Run,
        sa: Package,
        orm: Package,
        User: Entity,
        Address: Entity,
        ada: object,
    ) -> None:
        user = run(session.get, User, ada, options=[orm.selectinload(User.addresses)])

        del user.addresses[0]
        run(session.commit)

        assert run(session.scalars, sa.select(Address.email)).all() == ["ada@two.example"]

    def test_objects_are_saved_with_what_they_refer_to(
        self, session: AnySession, run: Run, sa: Package, User: Entity, Club: Entity
    ) -> None:
        run(session.add, User(name="Ada", clubs=[Club(name="chess"), Club(name="rowing")]))
        run(session.commit)

        names = sa.select(Club.name).join(User.clubs).where(User.name == "Ada").order_by(Club.name)

        assert run(session.scalars, names).all() == ["chess", "rowing"]

    @pytest.mark.usefixtures("ada")
    def test_a_failed_flush_is_rolled_back_and_says_so(
        self, session: AnySession, run: Run, sa: Package, User: Entity
    ) -> None:
        run(session.add, User(name="Ada"))

        with pytest.raises(sa.exc.IntegrityError):
            run(session.flush)
        run(session.rollback)

        assert run(session.scalars, sa.select(User.name)).all() == ["Ada"]

    def test_close_detaches(
        self, session: AnySession, run: Run, sa: Package, User: Entity, ada: object
    ) -> None:
        user = run(session.get, User, ada)

        run(session.close)

        assert sa.inspect(user).detached
        assert user.name == "Ada"

    def test_expunge_detaches_one(
        self, session: AnySession, run: Run, sa: Package, User: Entity, ada: object
    ) -> None:
        user = run(session.get, User, ada)

        run(session.expunge, user)

        assert sa.inspect(user).detached
        assert user not in session

    def test_commit_expires_unless_told_not_to(
        self, make_session: Callable[..., AnySession], run: Run, sa: Package, User: Entity
    ) -> None:
        for expires in (True, False):
            session = make_session(expire_on_commit=expires)
            user = User(name=f"expires {expires}")
            run(session.add, user)
            run(session.commit)

            assert ("name" in sa.inspect(user).dict) is not expires
            run(session.close)

    def test_insert_update_and_delete_statements_run(
        self, session: AnySession, run: Run, sa: Package, User: Entity
    ) -> None:
        run(
            session.execute, sa.insert(User), [{"name": "Ada", "age": 1}, {"name": "Bob", "age": 2}]
        )
        run(session.execute, sa.update(User).where(User.name == "Bob").values(age=User.age + 10))
        run(session.execute, sa.delete(User).where(User.name == "Ada"))

        rows = run(session.execute, sa.select(User.name, User.age)).all()

        assert [tuple(row) for row in rows] == [("Bob", 12)]

    @pytest.mark.needs("supports_upsert")
    def test_an_upsert_goes_to_the_row_that_is_there(
        self, session: AnySession, run: Run, sa: Package, User: Entity
    ) -> None:
        statement = sa.insert(User).values(name="Ada", age=1)
        added = statement.on_conflict(User.name, update={"age": User.age + statement.excluded.age})
        for _ in range(3):
            run(session.execute, added)
        run(session.execute, statement.on_conflict(User.name))

        assert run(session.execute, sa.select(User.name, User.age)).all() == [("Ada", 3)]

    def test_an_update_statement_reaches_objects_in_the_session(
        self, session: AnySession, run: Run, sa: Package, User: Entity, ada: object
    ) -> None:
        user = run(session.get, User, ada)

        run(session.execute, sa.update(User).where(User.age == 36).values(age=40))
        run(session.refresh, user, ["age"])

        assert user.age == 40

    def test_run_twice_a_statement_finds_what_changed(
        self, session: AnySession, run: Run, sa: Package, User: Entity
    ) -> None:
        statement = sa.select(User.name).where(User.age > 10).order_by(User.name)
        run(session.add, User(name="Ada", age=36))
        first = run(session.scalars, statement).all()

        run(session.add, User(name="Bob", age=20))

        assert first == ["Ada"]
        assert run(session.scalars, statement).all() == ["Ada", "Bob"]
