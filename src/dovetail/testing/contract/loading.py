"""Eager loading, and loading that is asked for later, blocking or awaited."""

from __future__ import annotations

import pytest

from ..plugin import AnySession, Entity, Package, Run, SqlLog

EMAILS = ["ada@one.example", "ada@two.example"]


class LoadingContract:
    """Eager loading, and loading that is asked for later, blocking or awaited."""

    @pytest.mark.parametrize(
        "loader", ["joinedload", "selectinload", "subqueryload", "immediateload"]
    )
    @pytest.mark.usefixtures("crowd")
    def test_a_collection_is_loaded_eagerly(
        self,
        session: AnySession,
        run: Run,
        sa: Package,
        orm: Package,
        sql_log: SqlLog,
        User: Entity,
        loader: str,
    ) -> None:
        option = getattr(orm, loader)(User.addresses)

        users = (
            run(session.scalars, sa.select(User).order_by(User.id).options(option)).unique().all()
        )
        sql_log.statements.clear()

        assert [len(user.addresses) for user in users] == [0, 1, 2, 3, 4]
        assert [one.email for one in users[2].addresses] == ["2-0@mail.example", "2-1@mail.example"]
        assert sql_log.statements == []

    @pytest.mark.parametrize(("loader", "count"), [("joinedload", 1), ("selectinload", 2)])
    @pytest.mark.usefixtures("crowd")
    def test_eager_loading_sends_few_statements(
        self,
        session: AnySession,
        run: Run,
        sa: Package,
        orm: Package,
        sql_log: SqlLog,
        User: Entity,
        loader: str,
        count: int,
    ) -> None:
        option = getattr(orm, loader)(User.addresses)
        sql_log.statements.clear()

        run(session.scalars, sa.select(User).options(option)).unique().all()

        assert len(sql_log.statements) == count

    @pytest.mark.parametrize("loader", ["joinedload", "selectinload"])
    @pytest.mark.usefixtures("crowd")
    def test_many_to_many_is_loaded_eagerly(
        self,
        session: AnySession,
        run: Run,
        sa: Package,
        orm: Package,
        User: Entity,
        loader: str,
    ) -> None:
        option = getattr(orm, loader)(User.clubs)

        users = (
            run(session.scalars, sa.select(User).order_by(User.id).options(option)).unique().all()
        )

        assert [[club.name for club in user.clubs] for user in users] == [
            [],
            ["chess"],
            ["chess", "rowing"],
            [],
            ["chess"],
        ]
        assert users[1].clubs[0] is users[2].clubs[0]

    @pytest.mark.parametrize("loader", ["joinedload", "selectinload"])
    @pytest.mark.usefixtures("crowd")
    def test_many_to_one_is_loaded_eagerly(
        self,
        session: AnySession,
        run: Run,
        sa: Package,
        orm: Package,
        sql_log: SqlLog,
        Address: Entity,
        loader: str,
    ) -> None:
        option = getattr(orm, loader)(Address.user)

        addresses = run(
            session.scalars, sa.select(Address).order_by(Address.email).options(option)
        ).all()
        sql_log.statements.clear()

        assert addresses[0].user.name == "user 1"
        assert addresses[1].user is addresses[2].user
        assert sql_log.statements == []

    @pytest.mark.usefixtures("crowd")
    def test_loaders_follow_a_path(
        self,
        session: AnySession,
        run: Run,
        sa: Package,
        orm: Package,
        sql_log: SqlLog,
        User: Entity,
        Address: Entity,
    ) -> None:
        option = orm.joinedload(Address.user).selectinload(User.clubs)

        addresses = run(
            session.scalars, sa.select(Address).order_by(Address.email).options(option)
        ).all()
        sql_log.statements.clear()

        assert [club.name for club in addresses[0].user.clubs] == ["chess"]
        assert sql_log.statements == []

    @pytest.mark.usefixtures("crowd")
    def test_contains_eager_takes_the_rows_of_the_join(
        self,
        session: AnySession,
        run: Run,
        sa: Package,
        orm: Package,
        User: Entity,
        Address: Entity,
    ) -> None:
        statement = (
            sa.select(User)
            .join(User.addresses)
            .where(Address.email == "3-1@mail.example")
            .options(orm.contains_eager(User.addresses))
        )

        user = run(session.scalars, statement).unique().one()

        assert [one.email for one in user.addresses] == ["3-1@mail.example"]

    @pytest.mark.usefixtures("ada")
    def test_a_deferred_column_is_loaded_when_it_is_asked_for(
        self, session: AnySession, run: Run, sa: Package, orm: Package, User: Entity
    ) -> None:
        statement = sa.select(User).options(orm.undefer(User.notes))

        user = run(session.scalars, statement).one()

        assert sa.inspect(user).dict["notes"] == "counts"

    @pytest.mark.usefixtures("ada")
    def test_load_only_leaves_the_rest(
        self, session: AnySession, run: Run, sa: Package, orm: Package, User: Entity
    ) -> None:
        user = run(session.scalars, sa.select(User).options(orm.load_only(User.name))).one()

        assert sa.inspect(user).unloaded >= {"age", "notes", "addresses"}
        assert user.name == "Ada"

    @pytest.mark.usefixtures("ada")
    def test_raiseload_refuses(
        self, session: AnySession, run: Run, sa: Package, orm: Package, User: Entity
    ) -> None:
        user = run(session.scalars, sa.select(User).options(orm.raiseload(User.addresses))).one()

        with pytest.raises(sa.exc.InvalidRequestError, match="addresses"):
            _ = user.addresses

    def test_a_detached_object_refuses_to_load(
        self, session: AnySession, run: Run, orm: Package, User: Entity, ada: object
    ) -> None:
        user = run(session.get, User, ada)
        run(session.close)

        with pytest.raises(orm.exc.DetachedInstanceError, match="addresses"):
            _ = user.addresses


@pytest.mark.usefixtures("blocking_only")
class LazyLoadingContract:
    """Loading at first touch: reading an attribute can send a statement."""

    def test_a_collection_is_loaded_at_first_touch(
        self, session: AnySession, run: Run, sql_log: SqlLog, User: Entity, ada: object
    ) -> None:
        user = run(session.get, User, ada)
        sql_log.statements.clear()

        first, second = user.addresses, user.addresses

        assert [one.email for one in first] == EMAILS
        assert second is first
        assert len(sql_log.statements) == 1

    def test_an_expired_object_is_read_again_at_first_touch(
        self, session: AnySession, run: Run, sql_log: SqlLog, User: Entity, ada: object
    ) -> None:
        user = run(session.get, User, ada)
        run(session.commit)
        sql_log.statements.clear()

        assert (user.name, user.age) == ("Ada", 36)
        assert len(sql_log.statements) == 1

    def test_a_loop_over_a_collection_sends_few_statements(
        self, session: AnySession, run: Run, sa: Package, sql_log: SqlLog, User: Entity
    ) -> None:
        run(session.execute, sa.insert(User), [{"name": f"user {n}"} for n in range(500)])
        users = run(session.scalars, sa.select(User)).all()
        sql_log.statements.clear()

        for user in users:
            assert user.addresses == []

        assert len(sql_log.statements) <= 3


class LoadContract:
    """``session.load()``: what is not loaded, loaded for one object or for many."""

    def test_a_relationship_of_one_object(
        self, session: AnySession, run: Run, sql_log: SqlLog, User: Entity, ada: object
    ) -> None:
        user = run(session.get, User, ada)

        loaded = run(session.load, user, User.addresses)
        sql_log.statements.clear()

        assert [one.email for one in loaded] == EMAILS
        assert user.addresses is loaded
        assert sql_log.statements == []

    @pytest.mark.usefixtures("crowd")
    def test_a_relationship_of_many_in_one_statement(
        self, session: AnySession, run: Run, sa: Package, sql_log: SqlLog, User: Entity
    ) -> None:
        users = run(session.scalars, sa.select(User).order_by(User.id)).all()
        sql_log.statements.clear()

        run(session.load, users, User.addresses)

        assert [len(user.addresses) for user in users] == [0, 1, 2, 3, 4]
        assert len(sql_log.statements) == 1

    def test_a_column(
        self, session: AnySession, run: Run, sql_log: SqlLog, User: Entity, ada: object
    ) -> None:
        user = run(session.get, User, ada)

        run(session.load, user, User.notes)
        sql_log.statements.clear()

        assert user.notes == "counts"
        assert sql_log.statements == []

    @pytest.mark.usefixtures("crowd")
    def test_a_path(
        self,
        session: AnySession,
        run: Run,
        sa: Package,
        sql_log: SqlLog,
        User: Entity,
        Address: Entity,
    ) -> None:
        addresses = run(session.scalars, sa.select(Address)).all()
        sql_log.statements.clear()

        run(session.load, addresses, Address.user, User.clubs)
        sent = len(sql_log.statements)

        assert {len(one.user.clubs) for one in addresses} <= {0, 1, 2}
        assert sent == len(sql_log.statements) == 2

    def test_nothing_is_sent_for_what_is_loaded(
        self, session: AnySession, run: Run, sql_log: SqlLog, User: Entity, ada: object
    ) -> None:
        user = run(session.get, User, ada)
        run(session.load, user, User.addresses)
        sql_log.statements.clear()

        run(session.load, user, User.addresses)

        assert sql_log.statements == []


@pytest.mark.usefixtures("awaiting_only")
class AwaitedLoadingContract:
    """An attribute that is not loaded cannot be awaited: the error names the cure."""

    def test_reading_what_is_not_loaded_names_the_cure(
        self, session: AnySession, run: Run, sa: Package, User: Entity, ada: object
    ) -> None:
        user = run(session.get, User, ada)

        with pytest.raises(sa.exc.InvalidRequestError) as caught:
            _ = user.addresses

        assert "await session.load(" in str(caught.value)
        assert "User.addresses" in str(caught.value)
