"""Many rows in one UPDATE or DELETE have what each statement of its own would have given them."""

import enum
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time
from decimal import Decimal
from random import Random
from threading import Barrier
from uuid import UUID

import pytest

from dovetail import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Double,
    Enum,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    PickleType,
    SmallInteger,
    String,
    Table,
    Text,
    Time,
    UniqueConstraint,
    Uuid,
    create_engine,
    event,
    func,
    select,
    update,
)
from dovetail.dialects.set_based import ROWS_TOGETHER, parts
from dovetail.exc import DBAPIError, DovetailWarning, IntegrityError, StaleDataError
from dovetail.orm import (
    Session,
    close_all_sessions,
    declarative_base,
    registry,
    relationship,
)
from dovetail.orm.flush.together import FEW_ROWS
from tests.loop_thread import calls_to
from tests.servers import AWAITING_BACKENDS, BACKENDS


@pytest.fixture(params=[one for one in (*BACKENDS, *AWAITING_BACKENDS) if one.server], ids=str)
def backend(request):
    request.param.require()
    with calls_to(request.param):
        yield request.param


@pytest.fixture
def engine(backend_url):
    engine = create_engine(backend_url)
    yield engine
    engine.dispose()


@pytest.fixture
def singly(backend_url, monkeypatch):
    """An engine on the same database that sends rows one by one."""
    engine = create_engine(backend_url)
    kind = type(engine.dialect)
    whole = kind.set_based

    def set_based(self, table, keys, values):
        return None if self is engine.dialect else whole(self, table, keys, values)

    monkeypatch.setattr(kind, "set_based", set_based)
    yield engine
    engine.dispose()


class Shade(enum.Enum):
    dark = 1
    light = 2


TYPES = {
    "small": (SmallInteger, (0, -32768, 32767)),
    "whole": (Integer, (0, 1, -1, 2**31 - 1)),
    "big": (BigInteger, (0, 2**62, -(2**63))),
    "single": (Float, (0.0, 1.5, -2.25)),
    "double": (Double, (0.1, 1 / 3, 1e300, -5e-300)),
    "exact": (Numeric(12, 3), (Decimal("1.5"), Decimal("-999999999.999"), Decimal(0))),
    "word": (String(12), ("", "it's", "a%sb", "\\n", '"q"', "äö€😀", "{1,2}", "NULL", " x ")),
    "prose": (Text, ("", "line\nline", "x" * 3000)),
    "truth": (Boolean, (True, False)),
    "day": (Date, (date(1, 1, 1), date(2024, 2, 29), date(9999, 12, 31))),
    "moment": (DateTime, (datetime(2024, 2, 29, 23, 59, 59), datetime(1000, 1, 1))),
    "zoned": (DateTime(timezone=True), (datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC),)),
    "clock": (Time, (time(0, 0), time(23, 59, 59))),
    "number": (Uuid, (UUID(int=0), UUID(int=2**128 - 1))),
    "octets": (LargeBinary, (b"", b"\x00'\\\xff", bytes(range(256)))),
    "tree": (JSON, ({"a": [1, None, 'q"']}, [], "text", 1.5, True)),
    "pickled": (PickleType, ({1: {2}}, (1, 2))),
    "native": (Enum(Shade, name="shade"), tuple(Shade)),
    "named": (Enum(Shade, native_enum=False), tuple(Shade)),
    # What a type takes besides: such rows go one by one.
    "mixed": (Numeric(12, 3), (1, Decimal("2.5"))),
    "texts": (Float, (1, 2.5)),
}
"""Types, and values that are unlike each other."""


@pytest.mark.parametrize("name", TYPES)
def test_every_type_is_written_as_row_by_row(engine, singly, name):
    type_, values = TYPES[name]
    base = declarative_base()

    class Row(base):
        __tablename__ = "rows"
        id = Column(Integer, primary_key=True)
        value = Column(type_)
        other = Column(Integer)

    base.metadata.create_all(engine)
    random = Random(name)
    for _ in range(3):
        given = [random.choice((*values, None)) for _ in range(12)]
        found = []
        for one in (engine, singly):
            with Session(one) as session:
                session.query(Row).delete()
                rows = [Row(id=number) for number in range(1, 13)]
                session.add_all(rows)
                session.commit()
                for row, value in zip(rows, given, strict=True):
                    row.value, row.other = value, row.id
                session.commit()
                read = session.execute(select(Row.id, Row.value, Row.other).order_by(Row.id))
                found.append([tuple(row) for row in read])
        assert found[0] == found[1]


def simple(base, **columns):
    namespace = {
        "__tablename__": "things",
        "id": Column(Integer, primary_key=True),
        "name": Column(String(10)),
        **columns,
    }
    return type("Thing", (base,), namespace)


@pytest.fixture
def base(engine):
    base = declarative_base()
    yield base
    close_all_sessions()
    base.metadata.drop_all(engine)


@pytest.fixture
def sent(engine):
    found = []

    @event.listens_for(engine, "before_cursor_execute")
    def note(connection, cursor, sql, parameters, context, many):
        found.append((sql.split("(")[0].split()[0], many))

    return found


def filled(engine, class_, count=20, **values):
    class_.metadata.create_all(engine)
    session = Session(engine)
    rows = [class_(id=number, name=f"n{number}", **values) for number in range(1, count + 1)]
    session.add_all(rows)
    session.commit()
    for row in rows:
        assert row.id
    return session, rows


def test_one_statement_goes_for_many_rows(engine, base, sent):
    session, rows = filled(engine, simple(base))
    sent.clear()

    for row in rows:
        row.name = "x"
    session.flush()
    assert len(sent) == 1
    assert not sent[0][1]

    session.scalars(select(type(rows[0])).execution_options(populate_existing=True)).all()
    sent.clear()
    for row in rows:
        session.delete(row)
    session.flush()
    assert len(sent) == 1
    assert not sent[0][1]
    session.close()


def test_one_statement_reads_what_had_expired_of_many_rows_that_go(engine, base, sent):
    session, rows = filled(engine, simple(base))
    sent.clear()

    for row in rows:
        session.delete(row)
    session.commit()
    assert sent[0][0] == "SELECT"
    assert len(sent) == 2
    assert all(row.name is not None for row in rows)
    session.close()


def test_few_rows_go_as_before(engine, base, sent):
    session, rows = filled(engine, simple(base))
    sent.clear()
    for row in rows[:FEW_ROWS]:
        row.name = "x"
    session.flush()
    assert sent == [("UPDATE", True)]
    session.close()


def test_rows_that_are_gone_are_found(engine, base):
    thing = simple(base)
    session, rows = filled(engine, thing)
    session.execute(thing.__table__.delete().where(thing.id == 7))
    for row in rows:
        row.name = "x"
    with pytest.raises(StaleDataError, match="19 of 20"):
        session.flush()
    session.close()


def test_deletes_of_rows_that_are_gone_are_warned_of(engine, base):
    thing = simple(base)
    session, rows = filled(engine, thing)
    session.execute(thing.__table__.delete().where(thing.id == 7))
    for row in rows:
        session.delete(row)
    with pytest.warns(DovetailWarning, match="19 of 20"):
        session.flush()
    session.close()


@pytest.mark.parametrize("verb", ["update", "delete"])
def test_versions_are_asked_of_every_row(engine, base, verb):
    thing = simple(
        base,
        version=(version := Column(Integer, nullable=False)),
        __mapper_args__={"version_id_col": version},
    )
    session, rows = filled(engine, thing)
    for row in rows:
        row.name = "x"
    session.flush()
    assert {row.version for row in rows} == {2}
    session.execute(thing.__table__.update().where(thing.id == 7).values(version=9))
    for row in rows:
        if verb == "update":
            row.name = "y"
        else:
            session.delete(row)
    with pytest.raises(StaleDataError) as caught:
        session.flush()
    # Of deleted rows nobody can say any more which was another.
    assert verb == "delete" or "(7,)" in str(caught.value)
    session.close()


@pytest.mark.parametrize("how", ["column", "constraint", "index"])
def test_values_that_go_from_row_to_row_keep_their_order(engine, base, how):
    rank = Column(Integer, unique=how == "column")
    columns = {"rank": rank}
    if how == "constraint":
        columns["__table_args__"] = (UniqueConstraint("rank"),)
    if how == "index":
        columns["__table_args__"] = (Index("ranks", "rank", unique=True),)
    session, rows = filled(engine, simple(base, **columns))
    for row in rows:
        row.rank = row.id
    session.flush()
    for row in reversed(rows):
        row.rank = row.id + 1
    session.flush()
    for row in rows:
        row.rank = row.id
    session.commit()
    assert [row.rank for row in rows] == list(range(1, 21))
    session.close()


def test_trees_are_deleted_from_the_leaves(engine, base):
    thing = simple(base, parent_id=Column(ForeignKey("things.id")))
    session, rows = filled(engine, thing)
    for row, parent in zip(rows[1:], rows, strict=False):
        row.parent_id = parent.id
    session.commit()
    for row in reversed(rows):
        session.delete(row)
    session.commit()
    assert session.scalar(select(func.count()).select_from(thing)) == 0
    session.close()


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({"name": "far too long for it"}, DBAPIError),
        ({"needed": None}, IntegrityError),
        ({"parent_id": 99}, IntegrityError),
    ],
)
def test_errors_are_those_of_single_rows(engine, singly, base, values, kind):
    thing = simple(
        base,
        needed=Column(Integer, nullable=False),
        parent_id=Column(ForeignKey("things.id")),
    )
    filled(engine, thing, needed=1)[0].close()
    caught = []
    for one in (engine, singly):
        with Session(one) as session:
            rows = session.scalars(select(thing).order_by(thing.id)).all()
            for row in rows:
                row.name = "x"
                if row.id == 8:
                    for name, value in values.items():
                        setattr(row, name, value)
                elif "needed" in values:
                    row.needed = 2
                elif "parent_id" in values:
                    row.parent_id = 1
            with pytest.raises(kind) as raised:
                session.flush()
            caught.append(raised.value)
            session.rollback()
            assert session.scalar(select(func.count()).where(thing.name == "x")) == 0
    assert type(caught[0]) is type(caught[1])
    assert caught[0].attributes == caught[1].attributes
    key = [None if one.instance is None else one.instance.__dict__.get("id") for one in caught]
    assert key[0] == key[1]


def test_names_are_quoted(engine, sent):
    mapping = registry()

    class Row:
        __tablename__ = 'of "rows'
        first = Column("or der", Integer, primary_key=True)
        second = Column("select", String(5), primary_key=True)
        percent = Column("per", Integer)
        value = Column("Va`lue", String(10))

    mapping.mapped(Row)
    mapping.metadata.create_all(engine)
    with Session(engine) as session:
        rows = [Row(first=number, second="x", value="a") for number in range(10)]
        session.add_all(rows)
        session.commit()
        for row in rows:
            assert row.first is not None
            row.value = f"v{row.first}"
        session.commit()
        assert [row.value for row in rows] == [f"v{number}" for number in range(10)]
        for row in rows:
            session.delete(row)
        session.commit()
        assert session.scalar(select(func.count()).select_from(Row)) == 0
    mapping.metadata.drop_all(engine)


def test_bulk_updates_go_together_too(engine, base, sent):
    thing = simple(base)
    session, rows = filled(engine, thing)
    sent.clear()
    session.bulk_update_mappings(thing, [{"id": row, "name": f"b{row}"} for row in range(1, 21)])
    assert len(sent) == 1
    sent.clear()
    session.execute(update(thing), [{"id": row, "name": f"c{row}"} for row in range(1, 21)])
    assert not sent[0][1]
    session.expire_all()
    assert [row.name for row in rows] == [f"c{number}" for number in range(1, 21)]

    # The last of several values for one row stays.
    given = [{"id": 1 + number % 2, "name": f"d{number}"} for number in range(20)]
    session.bulk_update_mappings(thing, given)
    session.expire_all()
    assert [rows[0].name, rows[1].name] == ["d18", "d19"]
    session.close()


def test_association_rows_are_deleted_together(engine, base, sent):
    links = Table(
        "links",
        base.metadata,
        Column("left_id", ForeignKey("things.id"), primary_key=True),
        Column("right_id", ForeignKey("things.id"), primary_key=True),
    )
    thing = simple(
        base,
        others=relationship(
            "Thing",
            secondary=links,
            primaryjoin="Thing.id == links.c.left_id",
            secondaryjoin="Thing.id == links.c.right_id",
        ),
    )
    session, rows = filled(engine, thing)
    rows[0].others = rows[1:]
    session.commit()
    assert len(rows[0].others) == 19
    sent.clear()
    rows[0].others = rows[1:3]
    session.flush()
    assert len(sent) == 1
    assert not sent[0][1]
    session.expire_all()
    assert {row.id for row in rows[0].others} == {2, 3}

    session.execute(links.delete())
    for row in rows[3:12]:
        session.execute(links.insert().values(left_id=2, right_id=row.id))
    session.expire_all()
    assert len(rows[1].others) == 9
    session.execute(links.delete().where(links.c.right_id == 5))
    rows[1].others = []
    with pytest.raises(StaleDataError, match="matched 8 of 9"):
        session.flush()
    session.close()


def test_many_rows_go_in_parts(engine, base, sent):
    session, rows = filled(engine, simple(base), ROWS_TOGETHER + 500)
    sent.clear()
    for row in rows:
        row.name = f"x{row.id}"
    session.flush()
    assert len(sent) == 2
    session.expire_all()
    assert all(row.name == f"x{row.id}" for row in rows)
    session.close()


def test_parts_are_no_larger_than_a_statement_may_be():
    assert list(parts([("x" * 60,) * 3, (1, 2, 3)], characters=100)) == [
        slice(0, 1),
        slice(1, 2),
        slice(2, 3),
    ]
    assert list(parts([(1,) * 1500])) == [slice(0, 1000), slice(1000, 1500)]


def test_what_columns_get_at_each_change_is_kept(engine, base):
    thing = simple(
        base,
        changed=Column(Integer, onupdate=lambda: 5),
        at=Column(DateTime, onupdate=func.now()),
    )
    session, rows = filled(engine, thing)
    for row in rows:
        row.name = "x"
    session.commit()
    assert all(row.changed == 5 and row.at is not None for row in rows)
    session.close()


@pytest.mark.parametrize("backend", [one for one in BACKENDS if one.server], ids=str, indirect=True)
def test_sessions_that_change_the_same_rows_wait_and_do_not_lock_each_other_out(engine, base):
    thing = simple(base, n=Column(Integer))
    session, _ = filled(engine, thing, 400, n=0)
    session.close()
    both = Barrier(2)

    def change(backwards):
        for number in range(1, 6):
            with Session(engine) as own:
                rows = own.scalars(select(thing).order_by(thing.id)).all()
                for row in reversed(rows) if backwards else rows:
                    row.n = row.n + number
                both.wait(30)
                own.commit()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(change, (False, True)))
