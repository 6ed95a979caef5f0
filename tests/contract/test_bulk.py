"""Rows changed by statements and in bulk: what the database has, and what instances make of it."""

import pytest


@pytest.fixture
def crowd(session, run, User):
    """Five users, aged 10 to 50, committed, and no longer in the session."""
    run(session.add_all, [User(name=f"user {n}", age=10 * n) for n in range(1, 6)])
    run(session.commit)
    run(session.expunge_all)


@pytest.fixture
def everybody(session, run, sa, User, crowd):
    """The five users, in the session, oldest last."""
    return run(session.scalars, sa.select(User).order_by(User.age)).all()


@pytest.fixture
def in_database(session, run, sa, User):
    """What the database has: names with ages, asked for beside the session's instances."""

    def in_database():
        statement = sa.select(User.__table__.c.name, User.__table__.c.age)
        return dict(map(tuple, run(session.execute, statement)))

    return in_database


def in_memory(users):
    return {user.__dict__["name"]: user.__dict__.get("age", "to be read") for user in users}


STRATEGIES = ["auto", "evaluate", "fetch"]


def options(strategy):
    return {"execution_options": {"synchronize_session": strategy}}


class TestUpdate:
    @pytest.mark.parametrize("strategy", STRATEGIES)
    def test_values_reach_the_instances(
        self, session, run, sa, User, everybody, in_database, strategy
    ):
        statement = sa.update(User).where(User.age > 20, User.age < 50).values(age=99)

        result = run(session.execute, statement, **options(strategy))

        assert result.rowcount == 2
        assert in_memory(everybody) == in_database()
        assert [user.age for user in everybody] == [10, 20, 99, 99, 50]

    @pytest.mark.parametrize("strategy", STRATEGIES)
    def test_values_of_the_old_row_are_computed(
        self, session, run, sa, User, everybody, in_database, strategy
    ):
        statement = sa.update(User).where(User.age >= 40).values(age=User.age * 2 - 1)

        run(session.execute, statement, **options(strategy))

        assert in_memory(everybody) == in_database()
        assert [user.age for user in everybody] == [10, 20, 30, 79, 99]

    @pytest.mark.parametrize("strategy", STRATEGIES)
    def test_what_the_criteria_ask_for_may_change(
        self, session, run, sa, User, everybody, in_database, strategy
    ):
        statement = sa.update(User).where(User.age == 10).values(age=None)

        run(session.execute, statement, **options(strategy))
        run(session.execute, statement, **options(strategy))

        assert in_memory(everybody) == in_database()
        assert [user.age for user in everybody] == [None, 20, 30, 40, 50]

    def test_without_synchronisation_instances_stay(self, session, run, sa, User, everybody):
        run(session.execute, sa.update(User).values(age=1), **options(False))

        assert [user.age for user in everybody] == [10, 20, 30, 40, 50]

    @pytest.mark.parametrize("text", ["USER 1", "user 1", "user 1 "])
    def test_texts_are_compared_as_the_server_does(
        self, session, run, sa, User, everybody, in_database, text
    ):
        run(session.execute, sa.update(User).where(User.name == text).values(age=0))

        assert in_memory(everybody) == in_database()

    def test_texts_are_sorted_as_the_server_does(
        self, session, run, sa, User, everybody, in_database
    ):
        run(session.execute, sa.update(User).where(User.name < "USER 3").values(age=0))

        assert in_memory(everybody) == in_database()

    @pytest.mark.parametrize("pattern", ["user%", "USER%", "user _", "%3"])
    def test_patterns_are_matched_as_the_server_does(
        self, session, run, sa, User, everybody, in_database, pattern
    ):
        run(session.execute, sa.update(User).where(User.name.like(pattern)).values(age=0))

        assert in_memory(everybody) == in_database()

    def test_criteria_for_the_server_alone_are_fetched(
        self, session, run, sa, User, everybody, in_database
    ):
        statement = sa.update(User).where(sa.func.abs(User.age - 30) <= 10)

        run(session.execute, statement.values(age=User.age + 1))

        assert in_memory(everybody) == in_database()
        assert [user.age for user in everybody] == [10, 21, 31, 41, 50]

    @pytest.mark.parametrize("strategy", STRATEGIES)
    def test_a_value_sees_the_row_as_the_server_shows_it(
        self, session, run, sa, User, everybody, in_database, strategy
    ):
        statement = sa.update(User).where(User.age == 10)
        statement = statement.ordered_values(
            (User.age, 5), (User.name, sa.cast(User.age, sa.String(40)))
        )

        run(session.execute, statement, **options(strategy))
        first = everybody[0]
        run(session.refresh, first, ["name"]) if "name" not in first.__dict__ else None

        assert in_memory(everybody) == in_database()

    def test_rows_of_another_table_decide(self, session, run, sa, User, Address, ada):
        user = run(session.get, User, ada)
        statement = sa.update(User).where(User.id == Address.user_id)

        run(session.execute, statement.where(Address.email == "ada@two.example").values(age=1))

        assert user.__dict__["age"] == 1

    def test_a_relationship_decides(self, session, run, sa, User, Address, ada):
        user = run(session.get, User, ada)

        run(session.execute, sa.update(User).where(~User.addresses.any()).values(age=1))
        assert user.__dict__["age"] == 36
        run(session.execute, sa.update(User).where(User.addresses.any()).values(age=2))
        assert user.__dict__["age"] == 2

    @pytest.mark.parametrize("strategy", STRATEGIES)
    def test_primary_keys_may_change(self, session, run, sa, User, everybody, strategy):
        keys = [user.id for user in everybody]
        # The new keys are those of others: not one after another.
        statement = sa.update(User).values(id=User.id + 1000)

        run(session.execute, statement, **options(strategy))

        assert [user.__dict__["id"] for user in everybody] == [key + 1000 for key in keys]
        assert run(session.get, User, keys[0] + 1000) is everybody[0]
        assert run(session.get, User, keys[0]) is None
        run(session.rollback)
        assert run(session.get, User, keys[0]) is everybody[0]
        assert everybody[0].__dict__["id"] == keys[0]

    def test_a_key_that_the_server_computes_is_fetched(self, session, run, sa, User, everybody):
        keys = [user.id for user in everybody]

        run(session.execute, sa.update(User).values(id=sa.func.abs(User.id) + 1000))

        assert [user.__dict__["id"] for user in everybody] == [key + 1000 for key in keys]

    @pytest.mark.needs("supports_update_returning")
    def test_instances_come_back(self, session, run, sa, User, everybody, sql_log):
        sql_log.statements.clear()
        statement = sa.update(User).where(User.age > 30).values(age=User.age + 1)

        found = run(session.scalars, statement.returning(User)).all()

        assert {id(user) for user in found} == {id(user) for user in everybody[3:]}
        assert sorted(user.__dict__["age"] for user in found) == [41, 51]
        assert len(sql_log.statements) == 1

    @pytest.mark.needs("supports_update_returning")
    @pytest.mark.parametrize("strategy", STRATEGIES)
    def test_columns_come_back(self, session, run, sa, User, everybody, strategy):
        statement = sa.update(User).where(User.age > 30).values(age=User.age + 1)

        rows = run(session.execute, statement.returning(User.name, User.age), **options(strategy))

        assert sorted(map(tuple, rows)) == [("user 4", 41), ("user 5", 51)]
        assert [user.__dict__.get("age") for user in everybody] == [10, 20, 30, 41, 51]


class TestDelete:
    @pytest.mark.parametrize("strategy", STRATEGIES)
    def test_instances_leave_and_come_back(self, session, run, sa, User, everybody, strategy):
        result = run(session.execute, sa.delete(User).where(User.age > 30), **options(strategy))

        assert result.rowcount == 2
        assert [user in session for user in everybody] == [True, True, True, False, False]
        run(session.rollback)
        assert all(user in session for user in everybody)

    @pytest.mark.parametrize("strategy", STRATEGIES)
    def test_they_come_back_after_a_savepoint(self, session, run, sa, User, everybody, strategy):
        nested = run(session.begin_nested)
        run(session.execute, sa.delete(User).where(User.age > 30), **options(strategy))
        run(nested.rollback)

        assert all(user in session for user in everybody)

    def test_expired_instances_are_asked_for(self, session, run, sa, User, everybody):
        session.expire(everybody[0])

        run(session.execute, sa.delete(User).where(User.age < 30))

        assert [user in session for user in everybody] == [False, False, True, True, True]

    def test_criteria_for_the_server_alone_are_fetched(self, session, run, sa, User, everybody):
        run(session.execute, sa.delete(User).where(sa.func.abs(User.age) < 30))

        assert [user in session for user in everybody] == [False, False, True, True, True]

    @pytest.mark.needs("supports_delete_returning")
    def test_what_is_gone_comes_back_once_more(self, session, run, sa, User, everybody):
        statement = sa.delete(User).where(User.age > 30).returning(User)

        found = run(session.scalars, statement).all()

        assert sorted(user.__dict__["name"] for user in found) == ["user 4", "user 5"]
        assert not any(user in session for user in found)


class TestInsert:
    def test_rows_with_different_names_go_in_order(self, session, run, sa, User):
        rows = [{"name": "a"}, {"name": "b", "age": 1}, {"name": "c", "notes": "n"}]

        run(session.execute, sa.insert(User), rows)

        table = User.__table__.c
        found = run(
            session.execute, sa.select(table.name, table.age, table.notes).order_by(table.id)
        )
        assert list(map(tuple, found)) == [("a", None, None), ("b", 1, None), ("c", None, "n")]

    @pytest.mark.needs("supports_insert_returning")
    def test_instances_come_back_in_order(self, session, run, sa, User):
        names = [f"user {n}" for n in range(30)]
        statement = sa.insert(User).returning(User, sort_by_parameter_order=True)

        users = run(session.scalars, statement, [{"name": name} for name in names]).all()

        assert [user.__dict__["name"] for user in users] == names
        assert all(user in session for user in users)

    def test_a_name_of_no_attribute_is_passed_over(self, session, run, sa, User):
        run(session.execute, sa.insert(User), [{"name": "x", "nmae": "y"}])

        names = run(session.scalars, sa.select(User.name).where(User.name.in_(["x", "y"])))
        assert names.all() == ["x"]


class TestRowsByTheirKeys:
    def test_each_set_of_names_is_one_statement(
        self, session, run, sa, User, everybody, in_database, sql_log
    ):
        rows = [{"id": user.id, "age": 1} for user in everybody[:3]]
        rows += [{"id": user.id, "age": 2, "name": f"new {user.id}"} for user in everybody[3:]]
        sql_log.statements.clear()

        result = run(session.execute, sa.update(User), rows)

        assert len(sql_log.statements) == 2
        assert result.rowcount == 5
        assert in_memory(everybody) == in_database()
        assert [user.age for user in everybody] == [1, 1, 1, 2, 2]

    def test_a_missing_row_is_an_error(self, session, run, sa, orm, User, everybody):
        rows = [{"id": everybody[0].id, "age": 1}, {"id": -1, "age": 2}]

        with pytest.raises(orm.exc.StaleDataError):
            run(session.execute, sa.update(User), rows)

    def test_a_row_without_its_key_is_an_error(self, session, run, sa, User, everybody):
        with pytest.raises(sa.exc.InvalidRequestError, match="primary key"):
            run(session.execute, sa.update(User), [{"age": 1}])


class TestLanes:
    def test_many_rows_stay_below_the_limits_of_parameters(self, session, run, sa, User):
        rows = [{"name": f"user {n}", "age": n, "notes": "x"} for n in range(20_000)]

        run(session.bulk_insert_mappings, User, rows)

        table = User.__table__
        assert run(session.scalar, sa.select(sa.func.count()).select_from(table)) == 20_000
        assert run(session.scalar, sa.select(sa.func.max(table.c.age))) == 19_999

    def test_keys_come_back_in_order(self, session, run, sa, User):
        rows = [{"name": f"user {n}"} for n in range(300)]

        run(session.bulk_insert_mappings, User, rows, return_defaults=True)

        found = run(session.execute, sa.select(User.id, User.name))
        assert {row["id"]: row["name"] for row in rows} == dict(map(tuple, found))

    def test_mappings_update_rows_and_instances(self, session, run, User, everybody, in_database):
        rows = [{"id": user.id, "age": n} for n, user in enumerate(everybody)]

        run(session.bulk_update_mappings, User, rows)

        assert in_memory(everybody) == in_database()
        assert [user.age for user in everybody] == [0, 1, 2, 3, 4]

    def test_objects_are_inserted_and_updated(self, session, run, User, everybody, in_database):
        session.expunge_all()
        everybody[0].age = 1
        new = User(name="new")

        run(session.bulk_save_objects, [new, *everybody], return_defaults=True)

        assert in_database() == {
            "user 1": 1, "user 2": 20, "user 3": 30, "user 4": 40, "user 5": 50, "new": None,
        }  # fmt: skip
        assert new.id is not None
        assert new not in session

    def test_a_failure_is_one_of_the_transaction(self, session, run, sa, User, everybody):
        with pytest.raises(sa.exc.IntegrityError):
            run(session.bulk_insert_mappings, User, [{"name": "user 1"}])

        with pytest.raises(sa.exc.PendingRollbackError):
            run(session.scalar, sa.select(User.age))
        run(session.rollback)
        assert run(session.scalar, sa.select(User.age).where(User.name == "user 2")) == 20
