"""bulk_insert_mappings, bulk_update_mappings, bulk_save_objects: all their options."""

import pytest

from dovetail import exc, func, inspect, select
from dovetail.orm import DeclarativeBase, Mapped, exc as orm_exc, mapped_column


class Base(DeclarativeBase):
    pass


class Thing(Base):
    __tablename__ = "thing"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    size: Mapped[int | None] = mapped_column(default=lambda: 5)
    given: Mapped[int | None] = mapped_column(server_default="9")
    made: Mapped[int | None] = mapped_column(default=func.abs(-2))
    changed: Mapped[int | None] = mapped_column(
        onupdate=lambda context: context.current_parameters.get("name") and 1
    )


class Other(Base):
    __tablename__ = "other"

    x: Mapped[int] = mapped_column(primary_key=True)
    y: Mapped[int] = mapped_column(primary_key=True)


@pytest.fixture(autouse=True)
def tables(engine, sql_log):
    Base.metadata.create_all(engine)
    sql_log.clear()


def rows(session):
    columns = Thing.__table__.c
    return session.execute(
        select(columns.name, columns.size, columns.given, columns.made).order_by(columns.id)
    ).all()


class TestInsertMappings:
    def test_defaults_of_all_kinds_stand_in(self, session):
        session.bulk_insert_mappings(
            Thing, [{"name": "a"}, {"name": "b", "size": None, "given": None}, {"given": 1}]
        )

        assert rows(session) == [("a", 5, 9, 2), ("b", 5, 9, 2), (None, 5, 1, 2)]

    def test_nulls_may_be_rendered(self, session):
        session.bulk_insert_mappings(
            Thing, [{"name": "b", "size": None, "given": None, "made": None}, {"name": "a"}],
            render_nulls=True,
        )  # fmt: skip

        assert rows(session) == [("b", None, None, None), ("a", 5, 9, 2)]

    def test_an_order_is_kept(self, session):
        names = [("a" if n % 2 else None) for n in range(50)]

        session.bulk_insert_mappings(
            Thing, [{"name": f"{n}", "given": n if name else None} for n, name in enumerate(names)]
        )

        found = session.scalars(select(Thing.name).order_by(Thing.id)).all()
        assert found == [str(n) for n in range(50)]

    def test_dictionaries_stay_as_they_are(self, session):
        given = [{"name": "a"}]

        session.bulk_insert_mappings(Thing, given)

        assert given == [{"name": "a"}]

    def test_or_get_their_keys(self, session, sql_log):
        given = [{"name": "a"}, {"name": "b", "id": 40}, {"name": "c"}]

        session.bulk_insert_mappings(Thing, given, return_defaults=True)

        assert [row["id"] for row in given] == [1, 40, 41]
        assert given[0] == {"name": "a", "id": 1}

    def test_any_iterable_of_any_mapping(self, session):
        session.bulk_insert_mappings(inspect(Thing), ({"name": n} for n in "ab"))
        session.bulk_insert_mappings(Thing, [])

        assert [name for name, *_ in rows(session)] == ["a", "b"]

    def test_expressions(self, session):
        given = [{"name": func.upper("a")}, {"name": "b"}]

        session.bulk_insert_mappings(Thing, given, return_defaults=True)

        assert [(row["id"]) for row in given] == [1, 2]
        assert [name for name, *_ in rows(session)] == ["A", "b"]

    def test_what_rows_hold_besides_attributes_is_passed_over(self, session):
        session.bulk_insert_mappings(Thing, [{"name": "a", "color": "red"}])

        assert [name for name, *_ in rows(session)] == ["a"]

    def test_rows_are_dictionaries(self, session):
        with pytest.raises(exc.ArgumentError, match="rows are dictionaries"):
            session.bulk_insert_mappings(Thing, [1, 2])

    def test_what_is_not_mapped_is_refused(self, session):
        with pytest.raises(orm_exc.UnmappedClassError):
            session.bulk_insert_mappings(int, [{}])

    def test_rows_of_nothing_but_defaults(self, session):
        session.bulk_insert_mappings(Thing, [{}, {}])

        assert rows(session) == [(None, 5, 9, 2)] * 2

    def test_few_statements_for_many_rows(self, session, sql_log):
        session.bulk_insert_mappings(Other, [{"x": 1, "y": n} for n in range(1000)])

        assert len(sql_log) == 4
        assert session.scalar(select(func.count()).select_from(Other)) == 1000


class TestUpdateMappings:
    def test_rows_change(self, session):
        session.bulk_insert_mappings(Thing, [{"name": "a"}, {"name": "b"}])

        session.bulk_update_mappings(Thing, [{"id": 1, "name": "x"}, {"id": 2, "name": None}])

        columns = Thing.__table__.c
        found = session.execute(select(columns.name, columns.changed).order_by(columns.id))
        assert found.all() == [("x", 1), (None, None)]

    def test_missing_rows_and_keys(self, session):
        with pytest.raises(orm_exc.StaleDataError):
            session.bulk_update_mappings(Thing, [{"id": 1, "name": "x"}])
        session.rollback()
        with pytest.raises(exc.InvalidRequestError, match="primary key"):
            session.bulk_update_mappings(Thing, [{"name": "x"}])


class TestSaveObjects:
    def test_new_objects_stay_as_they_are(self, session):
        things = [Thing(name="a"), Thing(name="b", size=1), Thing(id=9)]

        session.bulk_save_objects(things)

        assert rows(session) == [("a", 5, 9, 2), ("b", 1, 9, 2), (None, 5, 9, 2)]
        assert [inspect(thing).transient for thing in things] == [True] * 3
        assert "id" not in things[0].__dict__

    def test_or_get_their_keys(self, session):
        things = [Thing(name="a"), Thing(name="b")]

        session.bulk_save_objects(things, return_defaults=True)

        assert [thing.id for thing in things] == [1, 2]
        assert all(inspect(thing).detached for thing in things)
        session.add_all(things)
        things[0].name = "z"
        session.flush()
        assert [name for name, *_ in rows(session)] == ["z", "b"]

    def test_changed_attributes_alone_are_written(self, session, sql_log):
        session.add_all([Thing(name="a"), Thing(name="b")])
        session.commit()
        things = session.scalars(select(Thing).order_by(Thing.id)).all()
        session.expunge_all()
        things[0].name = "x"
        sql_log.clear()

        session.bulk_save_objects(things)

        assert sql_log.sent == [
            ("UPDATE thing SET name=?, changed=? WHERE thing.id = ?", ("x", 1, 1))
        ]

    def test_or_all(self, session, sql_log):
        session.add_all([Thing(name="a"), Thing(name="b")])
        session.commit()
        things = session.scalars(select(Thing).order_by(Thing.id)).all()
        session.expunge_all()
        sql_log.clear()

        session.bulk_save_objects(things, update_changed_only=False)

        (sent,) = sql_log.sent
        assert sent[0].startswith("UPDATE thing SET name=?, size=?, given=?, made=?, changed=?")
        assert len(sent[1]) == 2

    def test_a_changed_key_finds_its_row(self, session):
        session.add(Thing(id=1, name="a"))
        session.commit()
        thing = session.get(Thing, 1)
        session.expunge_all()
        thing.id = 5

        session.bulk_save_objects([thing])

        assert session.scalars(select(Thing.id)).all() == [5]

    def test_an_object_of_the_session_is_clean_afterwards(self, session, sql_log):
        thing = Thing(name="a")
        session.add(thing)
        session.commit()
        thing.name = "b"

        session.bulk_save_objects([thing])
        sql_log.clear()
        session.flush()

        assert len(sql_log) == 0
        assert thing not in session.dirty

    @pytest.mark.parametrize(
        ("preserves", "verbs"),
        [
            (True, ["INSERT thing", "INSERT other", "INSERT thing"]),
            (False, ["INSERT thing", "INSERT other"]),
        ],
    )
    def test_the_order_of_the_objects(self, session, sql_log, preserves, verbs):
        session.bulk_save_objects(
            [Thing(name="a"), Other(x=1, y=1), Thing(name="b")], preserve_order=preserves
        )

        assert sql_log.verbs == verbs

    def test_what_is_not_mapped_is_refused(self, session):
        with pytest.raises(orm_exc.UnmappedInstanceError):
            session.bulk_save_objects([object()])


def test_a_failure_rolls_the_transaction_back(session):
    session.bulk_insert_mappings(Thing, [{"id": 1}])

    with pytest.raises(exc.IntegrityError):
        session.bulk_insert_mappings(Thing, [{"id": 1}])

    with pytest.raises(exc.PendingRollbackError):
        rows(session)
    session.rollback()
    assert rows(session) == []
