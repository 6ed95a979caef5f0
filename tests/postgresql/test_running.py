"""The server takes what is written for it: every expression and statement of the comparison."""

import datetime as dt
import enum
import uuid
import warnings
from decimal import Decimal

import pytest

from dovetail import (
    Column,
    Date,
    Enum,
    Index,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    Uuid,
    cast,
    exc,
    func,
    insert,
    inspect,
    literal,
    select,
    table,
    text,
    tuple_,
)
from dovetail.dialects import postgresql as pg
from dovetail.event import listens_for
from dovetail.schema import CreateIndex, CreateSchema
from tests.postgresql.oracle import OURS
from tests.postgresql.test_text import EXPRESSIONS, STATEMENTS

EVERY_DRIVER = True


@pytest.fixture(scope="module")
def world(shared):
    with shared.begin() as connection:
        for sql in ("CREATE EXTENSION hstore", "CREATE EXTENSION citext", "CREATE SCHEMA away"):
            connection.execute(text(sql))
        connection.execute(text("CREATE FUNCTION foo(text, int, text) RETURNS int RETURN 1"))
    OURS.t.metadata.create_all(shared)
    with shared.begin() as connection:
        connection.execute(text("ALTER TABLE small ADD CONSTRAINT pk UNIQUE (x)"))
        connection.execute(text("ALTER TABLE small ALTER x SET DEFAULT 1"))
    return shared


_ALONE = {"CUBE(t.id)", "ROLLUP(t.id)", "%(q)s"}
"""What is no expression by itself, or a parameter without a value."""


@pytest.mark.parametrize("make", EXPRESSIONS)
def test_expressions_run(world, make):
    expression = make(OURS)
    written = str(expression.compile(dialect=pg.dialect()))
    if written in _ALONE:
        pytest.skip(f"{written} is no expression by itself")

    with world.connect() as connection, warnings.catch_warnings():
        warnings.simplefilter("error")
        statement = select(expression.label("x"))
        if not any(source is OURS.t for source in statement.get_final_froms()):
            statement = statement.select_from(OURS.t)
        connection.execute(statement).all()


@pytest.mark.filterwarnings("ignore:.*no condition joins them")
@pytest.mark.parametrize("make", STATEMENTS)
def test_statements_run(world, make):
    statement = make(OURS)
    sql = str(statement.compile(dialect=pg.dialect()))
    if ("%(id)s" in sql and statement.values_ is None) or "_to_recordset" in sql or "(t.a)" in sql:
        pytest.skip("it needs values")
    if "on_conflict" in sql.lower() and "index_where" in sql:
        pytest.skip("it needs an index")

    with world.connect() as connection:
        try:
            connection.execute(statement)
        except (exc.IntegrityError, exc.ProgrammingError) as error:
            if "no unique or exclusion constraint" not in str(error):
                raise


def test_an_upsert_with_the_condition_of_an_index_goes_on_once_it_is_prepared(world):
    part = Table("part", MetaData(), Column("name", String), Column("size", Integer))
    Index("ix_part", part.c.name, unique=True, postgresql_where=part.c.size > 5)

    with world.connect() as connection:
        part.create(connection)
        # The server plans the first runs with their values, and later ones without.
        connection.execute(text("SET LOCAL plan_cache_mode = force_generic_plan"))
        for size in range(6, 26):
            statement = pg.insert(part).values(name="Ada", size=size)
            statement = statement.on_conflict_do_update(
                index_elements=["name"],
                index_where=part.c.size > 5,
                set_={"size": statement.excluded.size},
            )
            connection.execute(statement)

        assert connection.execute(select(part)).all() == [("Ada", 25)]


def test_distinct_on(world):
    small = OURS.small
    with world.connect() as connection:
        connection.execute(text("ALTER TABLE small DROP CONSTRAINT pk"))
        connection.execute(insert(small), [{"x": 1}, {"x": 1}, {"x": 2}])
        first = (
            select(small.c.x, small.c.id)
            .ext(pg.distinct_on(small.c.x))
            .order_by(small.c.x, small.c.id)
        )
        again = select(small.c.x).ext(pg.distinct_on(small.c.x))

        assert [row.x for row in connection.execute(first)] == [1, 2]
        assert sorted(connection.scalars(again)) == [1, 2]


def test_indexes_of_all_kinds_are_made(engine):
    metadata = MetaData()
    words = Table(
        "words",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("s", String),
        Column("d", pg.JSONB),
    )
    metadata.create_all(engine)
    made = [
        Index("a", words.c.s.desc().nulls_last(), postgresql_where=words.c.s == "it's \\"),
        Index("b", func.lower(words.c.s).label("l"), postgresql_ops={"l": "text_pattern_ops"}),
        Index("c", words.c.d, postgresql_using="gin"),
        Index("e", words.c.id, unique=True, postgresql_include=["s"]),
        Index("f", words.c.s, unique=True, postgresql_nulls_not_distinct=True),
        Index("g", words.c.s.collate("C"), postgresql_with={"fillfactor": 70}),
        Index("h", words.c.id, postgresql_concurrently=True),
    ]
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for index in made:
            connection.execute(CreateIndex(index))
        made[-1].drop(connection)


def test_partitions_heirs_and_temporary_tables(engine):
    metadata = MetaData()
    parent = Table(
        "measure",
        metadata,
        Column("day", Integer, primary_key=True),
        postgresql_partition_by="RANGE (day)",
    )
    base = Table("base", metadata, Column("a", Integer))
    Table("heir", metadata, Column("b", Integer), postgresql_inherits=base.name)
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE m1 PARTITION OF measure FOR VALUES FROM (0) TO (10)"))
        connection.execute(insert(parent), {"day": 5})
        passing = Table(
            "passing",
            MetaData(),
            Column("a", Integer),
            prefixes=["TEMPORARY"],
            postgresql_on_commit="DROP",
        )
        passing.create(connection)
        connection.execute(insert(passing), {"a": 1})
        connection.execute(CreateSchema("more", if_not_exists=True))
        assert connection.scalar(select(func.count()).select_from(table("heir"))) == 0


def test_tables_in_another_schema_by_translation(engine):
    metadata = MetaData()
    item = Table("item", metadata, Column("id", Integer, primary_key=True), schema="a")
    with engine.begin() as connection:
        connection.execute(CreateSchema("tenant"))
        mapped = connection.execution_options(schema_translate_map={"a": "tenant"})
        metadata.create_all(mapped)
        mapped.execute(insert(item), [{"id": 5}, {"id": 6}])
        assert connection.scalar(text("SELECT count(*) FROM tenant.item")) == 2


def set_by_the_server(engine):
    """Nothing: the setting came with the connection."""


def set_by_a_listener(engine):
    @listens_for(engine, "connect")
    def old_ways(connection, record):
        with connection.cursor() as cursor:
            cursor.execute("SET standard_conforming_strings = off")
            cursor.execute("SET escape_string_warning = off")
        connection.commit()


def set_later(engine):
    @listens_for(engine, "begin")
    def old_ways(connection):
        connection.exec_driver_sql("SET standard_conforming_strings = off")
        connection.exec_driver_sql("SET escape_string_warning = off")


@pytest.mark.parametrize("how", [set_by_the_server, set_by_a_listener, set_later])
@pytest.mark.parametrize("value", ["a\\'b\\", "\\", "\\'; DROP TABLE x; --", "plain ' quote"])
def test_a_literal_means_the_same_where_a_backslash_escapes(make_engine, how, value):
    options = "-c standard_conforming_strings=off -c escape_string_warning=off"
    engine = make_engine(connect_args={"options": options} if how is set_by_the_server else {})
    how(engine)
    metadata = MetaData()
    table = Table(
        "t",
        metadata,
        Column("id", Integer, primary_key=True, comment=value),
        Column("text", String, server_default=value),
        comment=value,
    )
    with engine.begin() as connection:
        metadata.create_all(connection)
        connection.execute(insert(table).values(id=1))
        assert connection.scalar(select(table.c.text)) == value
        statement = select(
            cast(literal(value), String), table.c.text.contains(value, autoescape=True)
        )
        written = statement.compile(engine, compile_kwargs={"literal_binds": True}).sql
        assert connection.exec_driver_sql(written).one() == (value, True)
        found = inspect(connection)
        assert found.get_table_comment("t") == {"text": value}
        assert found.get_columns("t")[0]["comment"] == value


class Letter(enum.Enum):
    A = 1
    B = 2


def test_lists_of_any_length_stand_after_in(make_engine):
    engine = make_engine()
    metadata = MetaData()
    table = Table(
        "many",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("text", String),
        Column("key", Uuid),
        Column("day", Date),
        Column("letter", Enum(Letter, name="letter")),
        Column("price", Numeric(10, 2)),
    )
    day, keys = dt.date(2020, 1, 1), [uuid.uuid4() for _ in range(3)]
    lists = {
        "id": range(70_000),
        "text": [f"x{number}" for number in range(70_000)],
        "key": keys * 25_000,
        "day": [day + dt.timedelta(number) for number in range(70_000)],
        "letter": [Letter.A] * 70_000,
        "price": [Decimal(number) / 2 for number in range(70_000)],
    }
    with engine.begin() as connection:
        metadata.create_all(connection)
        connection.execute(
            insert(table),
            [{name: values[number] for name, values in lists.items()} for number in range(3)],
        )
        for name, values in lists.items():
            held = select(table.c.id).where(table.c[name].in_(list(values)))
            assert len(connection.execute(held).all()) == 3, name
            others = select(table.c.id).where(table.c[name].not_in(list(values)))
            assert connection.execute(others).all() == [], name
            with_null = select(table.c.id).where(table.c[name].not_in([None, *values[3:]]))
            assert connection.execute(with_null).all() == [], name


def test_more_parameters_than_the_server_takes_are_refused_before_they_are_sent(make_engine):
    engine = make_engine()
    table = Table("many", MetaData(), Column("id", Integer), Column("text", String))
    pairs = [(number, "x") for number in range(40_000)]
    with engine.begin() as connection:
        table.create(connection)
        for statement in (
            select(table).where(tuple_(table.c.id, table.c.text).in_(pairs)),
            insert(table).values([{"id": number, "text": text} for number, text in pairs]),
        ):
            with pytest.raises(exc.InvalidRequestError, match="80,000 parameters"):
                connection.execute(statement)
        connection.execute(insert(table), [{"id": number, "text": text} for number, text in pairs])
        assert connection.scalar(select(func.count()).select_from(table)) == 40_000
