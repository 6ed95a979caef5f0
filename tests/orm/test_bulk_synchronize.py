"""What UPDATE and DELETE of entities send, and what instances know afterwards."""

import pytest

from dovetail import (
    ForeignKey,
    Numeric,
    String,
    bindparam,
    delete,
    event,
    exc,
    func,
    insert,
    select,
    update,
)
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    exc as orm_exc,
    mapped_column,
    relationship,
)
from dovetail.orm.evaluator import UnevaluatableError


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "u"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column("naming", String)
    a: Mapped[int | None]
    b: Mapped[int | None]
    times: Mapped[int | None] = mapped_column(onupdate=lambda: 7)
    stamp: Mapped[int | None] = mapped_column(onupdate=func.abs(-3))
    first: Mapped[int] = mapped_column(default=3)
    boss_id: Mapped[int | None] = mapped_column(ForeignKey("u.id"))
    boss: Mapped["User | None"] = relationship(remote_side=[id])


class Reading(Base):
    __tablename__ = "reading"

    id: Mapped[int] = mapped_column(primary_key=True)
    one: Mapped[float | None]
    two: Mapped[float | None] = mapped_column(Numeric(asdecimal=False))


class Pair(Base):
    __tablename__ = "pair"

    x: Mapped[int] = mapped_column(primary_key=True)
    y: Mapped[int] = mapped_column(primary_key=True)
    v: Mapped[int | None]


@pytest.fixture(autouse=True)
def filled(engine, session, sql_log):
    Base.metadata.create_all(engine)
    session.add_all([User(id=n, name=f"n{n}", a=n, b=10 * n) for n in (1, 2, 3)])
    session.add_all([Pair(x=1, y=n, v=n) for n in (1, 2)])
    session.commit()
    session.expunge_all()
    sql_log.clear()


@pytest.fixture
def quiet(engine):
    """A session that does not flush by itself."""
    with Session(engine, autoflush=False) as session:
        yield session


@pytest.fixture
def user(session, sql_log):
    user = session.get(User, 1)
    sql_log.clear()
    return user


def run(session, statement, strategy="auto", params=None, **more):
    return session.execute(
        statement, params, execution_options={"synchronize_session": strategy, **more}
    )


class TestWhatIsSent:
    def test_evaluation_sends_the_statement_alone(self, session, user, sql_log):
        run(session, update(User).where(User.a == 1).values(b=User.b + 1))

        assert sql_log.sent == [
            ("UPDATE u SET b=(u.b + ?), times=?, stamp=abs(?) WHERE u.a = ?", (1, 7, -3, 1))
        ]
        assert (user.__dict__["b"], user.__dict__["times"]) == (11, 7)
        assert "stamp" not in user.__dict__
        assert user.stamp == 3

    def test_fetching_brings_what_the_server_made(self, session, user, sql_log):
        run(session, update(User).where(func.abs(User.a) == 1).values(b=func.abs(-5)))

        assert len(sql_log) == 1
        assert sql_log.statements[0].endswith("RETURNING id, b, stamp")
        assert (user.__dict__["b"], user.__dict__["stamp"]) == (5, 3)

    def test_nothing_is_asked_where_nobody_is_in_memory(self, session, sql_log):
        result = run(session, update(User).where(func.abs(User.a) > 1).values(b=1))

        assert result.rowcount == 2
        assert "RETURNING" not in sql_log.statements[0]

    def test_a_dictionary_of_parameters_has_values(self, session, user):
        run(
            session,
            update(User).where(User.a == bindparam("wanted")),
            params={"wanted": 1, "name": "x"},
        )

        assert user.name == "x"
        assert session.scalars(select(User.name).order_by(User.id)).all() == ["x", "n2", "n3"]

    def test_other_options_reach_the_connection(self, session, engine):
        heard = []
        event.listen(
            engine, "before_execute", lambda c, s, m, p, options: heard.append(options.get("mine"))
        )

        run(session, update(User).values(a=1), mine=5)

        assert heard == [5]

    def test_autoflush_may_be_left_out(self, session, user):
        user.a = 50

        run(session, update(User).where(User.a == 1).values(name="x"), autoflush=False)

        assert user.name == "x"


class TestFloats:
    NUMBERS = (0.1, -3.5, 1e300, None, 2.0)

    @pytest.fixture
    def readings(self, session):
        session.add_all(Reading(id=n, one=v, two=v) for n, v in enumerate(self.NUMBERS, 1))
        session.commit()
        return session.scalars(select(Reading).order_by(Reading.id)).all()

    @pytest.mark.parametrize("strategy", ["auto", "evaluate"])
    @pytest.mark.parametrize(
        "values",
        [
            {"one": Reading.one + 0.2, "two": Reading.two - Reading.one},
            {"one": Reading.one * 3, "two": Reading.two / 7 - 1},
        ],
    )
    def test_the_server_computes_them_as_python_does(
        self, session, sql_log, readings, strategy, values
    ):
        options = {"synchronize_session": strategy}
        sql_log.clear()

        session.execute(update(Reading).values(values), execution_options=options)

        known = [(reading.one, reading.two) for reading in readings]
        assert len(sql_log) == 1
        assert known == session.execute(select(Reading.one, Reading.two)).all()

    def test_what_is_no_number_is_read_again(self, session, readings):
        session.execute(update(Reading).values(one=Reading.two * Reading.two * 0.0))

        assert [reading.one for reading in readings] == [0.0, 0.0, None, None, 0.0]


class TestErrors:
    def test_what_cannot_be_evaluated_is_named(self, session, user):
        with pytest.raises(UnevaluatableError, match=r"abs\(u.a\).*can't be evaluated") as caught:
            run(session, update(User).where(func.abs(User.a) == 1).values(b=1), "evaluate")

        assert isinstance(caught.value, exc.InvalidRequestError)
        assert "synchronize_session='fetch'" in str(caught.value)

    def test_an_unknown_strategy_is_refused(self, session):
        with pytest.raises(exc.ArgumentError, match="synchronize_session='x'"):
            run(session, update(User).values(b=1), "x")
        with pytest.raises(exc.ArgumentError, match="dml_strategy='x'"):
            run(session, update(User).values(b=1), dml_strategy="x")

    def test_the_statement_that_fails_changes_no_instance(self, session, user):
        with pytest.raises(exc.IntegrityError):
            run(session, update(User).where(User.a == 1).values(id=2))

        assert (user.id, user.__dict__["b"]) == (1, 10)

    @pytest.mark.parametrize(
        ("statement", "message"),
        [
            (delete(User), "DELETE of entities takes one set"),
            (update(User).where(User.a == 1), "with criteria and a list"),
            (update(User).returning(User), "returns none"),
        ],
        ids=["delete", "criteria", "returning"],
    )
    def test_lists_of_rows_are_for_plain_updates(self, session, statement, message):
        with pytest.raises(exc.InvalidRequestError, match=message):
            session.execute(statement, [{"id": 1, "a": 1}])

    def test_lists_of_rows_are_not_fetched(self, session):
        with pytest.raises(exc.InvalidRequestError, match="their keys are known"):
            run(session, update(User), "fetch", [{"id": 1, "a": 1}])

    def test_the_bulk_strategy_needs_parameters(self, session):
        with pytest.raises(exc.InvalidRequestError, match="parameters beside the statement"):
            run(session, update(User).values(a=1), dml_strategy="bulk")


class TestInstances:
    def test_pending_changes_of_what_is_set_are_lost(self, quiet):
        user = quiet.get(User, 1)
        user.b, user.name = 77, "mine"

        run(quiet, update(User).where(User.a == 1).values(b=5))

        assert user.b == 5
        assert user.name == "mine"
        quiet.flush()
        assert quiet.execute(select(User.b, User.name).where(User.id == 1)).one() == (5, "mine")

    def test_an_instance_without_other_changes_is_clean(self, quiet):
        user = quiet.get(User, 1)
        user.b = 77

        run(quiet, update(User).where(User.a == 1).values(b=5))

        assert user not in quiet.dirty
        assert not quiet.is_modified(user)

    def test_criteria_ask_for_the_row_and_not_for_pending_changes(self, quiet):
        user = quiet.get(User, 1)
        user.a = 99

        run(quiet, update(User).where(User.a == 99).values(b=0))
        assert user.b == 10
        run(quiet, update(User).where(User.a == 1).values(b=User.a + 1))
        assert user.b == 2

    @pytest.mark.parametrize("strategy", ["auto", "evaluate", "fetch"])
    def test_expired_values_are_read_again(self, session, user, strategy):
        session.expire(user, ["a"])

        run(session, update(User).where(User.a == 2).values(b=0), strategy)

        assert user.b == 10

    def test_a_reference_follows_its_key(self, session, user):
        user.boss = session.get(User, 2)
        session.flush()

        run(session, update(User).where(User.id == 1).values(boss_id=3))

        assert user.boss is session.get(User, 3)

    def test_values_that_the_server_converts_are_read_again(self, session, user):
        run(session, update(User).where(User.id == 1).values(a="12"))

        assert user.a == 12

    def test_a_savepoint_restores_values(self, session, user):
        with session.begin_nested() as nested:
            run(session, update(User).values(b=0))
            assert user.b == 0
            nested.rollback()

        assert user.b == 10

    def test_keys_are_exchanged_all_at_once(self, session):
        users = session.scalars(select(User).order_by(User.id)).all()

        run(session, update(User).values(id=-User.id))

        assert [session.get(User, -n) for n in (1, 2, 3)] == users
        session.rollback()
        assert [session.get(User, n) for n in (1, 2, 3)] == users

    def test_half_of_a_composite_key_may_change(self, session):
        pairs = session.scalars(select(Pair).order_by(Pair.y)).all()

        run(session, update(Pair).values(y=Pair.y + 5))

        assert [session.get(Pair, (1, n)) for n in (6, 7)] == pairs

    def test_the_deleted_are_deleted_until_the_end(self, session, user):
        run(session, delete(User).where(User.a == 1))

        assert user not in session
        assert user.__dovetail_state__.deleted
        session.commit()
        assert user.__dovetail_state__.detached

    def test_a_deleted_instance_with_changes_is_not_written(self, quiet, sql_log):
        user = quiet.get(User, 1)
        user.b = 0
        run(quiet, delete(User).where(User.a == 1))
        sql_log.clear()

        quiet.flush()

        assert len(sql_log) == 0

    def test_returned_entities_keep_what_is_pending(self, quiet):
        user = quiet.get(User, 1)
        user.name = "mine"
        statement = update(User).where(User.a == 1).values(b=5).returning(User)

        assert quiet.scalars(statement).one() is user
        assert (user.name, user.b) == ("mine", 5)

    def test_returned_entities_may_overwrite(self, quiet):
        user = quiet.get(User, 1)
        user.name = "mine"
        statement = update(User).where(User.a == 1).values(b=5).returning(User)

        quiet.scalars(statement, execution_options={"populate_existing": True}).one()

        assert (user.name, user.b) == ("n1", 5)

    def test_fetching_goes_with_returning(self, session, user):
        statement = update(User).where(User.a < 3).values(b=User.b * 2).returning(User.id, User.b)

        result = run(session, statement, "fetch")

        assert result.keys() == ["id", "b"]
        assert sorted(result.all()) == [(1, 20), (2, 40)]
        assert user.__dict__["b"] == 20

    def test_listeners_hear_of_it(self, session, user):
        heard = []
        event.listen(User, "refresh", lambda one, context, names: heard.append(sorted(names)))
        event.listen(session, "persistent_to_deleted", lambda s, one: heard.append(one))
        try:
            run(session, update(User).where(User.a == 1).values(b=0))
            run(session, delete(User).where(User.a == 1))
        finally:
            event.remove(User, "refresh", User.__mapper__.class_manager.dispatch.refresh[0])

        assert heard == [["b", "times"], user]

    @pytest.mark.parametrize("strategy", ["auto", "evaluate", "fetch", False])
    def test_what_the_server_made_is_told_whatever_follows_in_memory(
        self, session, user, strategy, sql_log
    ):
        statement = update(User).where(User.a == 1).values(name="z")
        result = run(session, statement.return_defaults(User.name, User.stamp), strategy)

        assert result.returned_defaults == ("z", 3)
        assert result.returned_defaults_rows == [("z", 3)]
        assert result.rowcount == 1
        assert len(sql_log.statements) == 1
        assert user.name == ("n1" if strategy is False else "z")

    def test_deleted_rows_without_anything_to_tell_are_fetched(self, session, user):
        result = run(session, delete(User).where(User.a == 1).return_defaults(), "fetch")

        assert result.returned_defaults_rows is None
        assert result.rowcount == 1
        assert user not in session


class TestRowsByTheirKeys:
    def test_one_executemany_for_each_set_of_names(self, session, sql_log):
        run(
            session, update(User), params=[
                {"id": 1, "a": 5}, {"b": 6, "id": 2}, {"a": 7, "id": 3}, {"id": 2},
            ],
        )  # fmt: skip

        assert sql_log.sent == [
            (
                "UPDATE u SET a=?, times=?, stamp=abs(?) WHERE u.id = ?",
                [(5, 7, -3, 1), (7, 7, -3, 3)],
            ),
            ("UPDATE u SET b=?, times=?, stamp=abs(?) WHERE u.id = ?", (6, 7, -3, 2)),
        ]

    def test_a_row_that_comes_twice_ends_as_its_last(self, session):
        rows = [{"id": 1, "a": 1, "b": 1}, {"id": 1, "a": 2}, {"id": 1, "a": 3, "b": 3}]

        run(session, update(User), params=[*rows, {"id": 1, "a": 4}])

        assert session.execute(select(User.a, User.b).where(User.id == 1)).one() == (4, 3)

    def test_instances_follow(self, session, user):
        run(session, update(User), params=[{"id": 1, "a": 5, "b": User.b + 1}])

        assert user.__dict__["a"] == 5
        assert "b" not in user.__dict__
        assert (user.b, user.times, user.stamp) == (11, 7, 3)

    def test_or_not(self, session, user):
        run(session, update(User), False, params=[{"id": 1, "a": 5}])

        assert user.a == 1

    def test_values_of_the_statement_go_with_each_row(self, session, sql_log):
        run(session, update(User).values(name="x"), params=[{"id": 1, "a": 5}, {"id": 2, "a": 6}])

        assert session.execute(select(User.name, User.a).order_by(User.id)).all() == [
            ("x", 5), ("x", 6), ("n3", 3),
        ]  # fmt: skip

    def test_criteria_narrow_the_rows(self, session):
        rows = [{"id": 1, "b": 0}, {"id": 2, "b": 0}]

        result = run(session, update(User).where(User.a == 1), None, rows)

        assert result.rowcount == 1
        assert session.scalars(select(User.b).order_by(User.id)).all() == [0, 20, 30]

    def test_composite_keys(self, session, sql_log):
        run(session, update(Pair), params=[{"x": 1, "y": 1, "v": 8}, {"x": 1, "y": 2, "v": 9}])

        assert sql_log.sent == [
            ("UPDATE pair SET v=? WHERE pair.x = ? AND pair.y = ?", [(8, 1, 1), (9, 1, 2)])
        ]

    @pytest.mark.parametrize("keys", [[99], [1, 99]])
    def test_rows_that_are_not_there_are_missed(self, session, keys):
        with pytest.raises(orm_exc.StaleDataError, match=f"matched {len(keys) - 1} of {len(keys)}"):
            run(session, update(User), params=[{"id": key, "a": 1} for key in keys])

    def test_what_rows_hold_besides_attributes_is_passed_over(self, session):
        run(session, update(User), params=[{"id": 1, "name": "x", "color": "red"}])

        assert session.get(User, 1).name == "x"

    def test_attributes_are_named_by_text_and_rows_by_their_keys(self, session):
        with pytest.raises(exc.InvalidRequestError, match="name attributes by text"):
            run(session, update(User), params=[{"id": 1, User.name: "x"}])
        with pytest.raises(exc.InvalidRequestError, match="User.id"):
            run(session, update(User), params=[{"name": "x"}])

    def test_core_takes_the_rows_as_they_are(self, session):
        statement = update(User).where(User.id == bindparam("key"))

        run(
            session, statement, params=[{"key": 1, "a": 8}, {"key": 2, "a": 9}],
            dml_strategy="core_only",
        )  # fmt: skip

        assert session.scalars(select(User.a).order_by(User.id)).all() == [8, 9, 3]


class TestInserts:
    def test_none_leaves_a_column_to_its_default(self, session):
        session.execute(insert(User), [{"name": "x", "first": None}, {"name": "y", "first": 4}])

        found = select(User.first).where(User.name.in_(["x", "y"])).order_by(User.id)
        assert session.scalars(found).all() == [3, 4]

    def test_or_is_null(self, session, sql_log):
        with pytest.raises(exc.IntegrityError):
            session.execute(
                insert(User), [{"first": None}], execution_options={"render_nulls": True}
            )

    def test_rows_with_different_names_are_one_statement(self, session, sql_log):
        session.execute(insert(User), [{"name": "x"}, {"a": 5}, {"b": 6, "name": "z"}])

        assert sql_log.sent == [
            (
                f"INSERT INTO u (naming, a, b, first) VALUES {', '.join(['(?, ?, ?, ?)'] * 3)}",
                ["x", None, None, 3, None, 5, None, 3, "z", None, 6, 3],
            )
        ]

    def test_returned_rows_are_those_of_all_sets(self, session):
        statement = insert(User).returning(User, sort_by_parameter_order=True)

        users = session.scalars(statement, [{"name": "x"}, {"a": 5}, {"name": "z"}]).all()

        assert [(user.name, user.a, user.first) for user in users] == [
            ("x", None, 3), (None, 5, 3), ("z", None, 3),
        ]  # fmt: skip

    def test_expressions_are_values_too(self, session):
        rows = [{"name": "x", "a": func.abs(-4)}, {"name": "y", "a": 5}]

        session.execute(insert(User), rows)

        found = select(User.a).where(User.name.in_(["x", "y"])).order_by(User.name)
        assert session.scalars(found).all() == [4, 5]

    def test_values_of_the_statement_go_with_each_row(self, session):
        session.execute(insert(User).values(a=func.abs(-4)), [{"name": "x"}, {"name": "y"}])

        assert session.scalars(select(User.a).where(User.name.in_(["x", "y"]))).all() == [4, 4]

    def test_core_takes_the_rows_as_they_are(self, session):
        session.execute(insert(User), [{"naming": "x"}], execution_options={"dml_strategy": "raw"})

        assert session.scalar(select(func.count()).where(User.name == "x")) == 1

    def test_a_named_column_or_attribute(self, session):
        session.execute(insert(User).values(name="x"))
        session.execute(insert(User), {"name": "y"})
        session.execute(insert(User), {"naming": "z"})

        assert session.scalar(select(func.count()).where(User.name.in_(["x", "y", "z"]))) == 3
