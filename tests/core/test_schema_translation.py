"""Tables of a schema stand in another one: engines, connections, sessions, statements."""

import enum

import pytest

from dovetail import (
    Enum,
    ForeignKey,
    Index,
    MetaData,
    Sequence,
    create_engine,
    delete,
    func,
    insert,
    inspect,
    select,
    text,
    update,
)
from dovetail.event import listens_for
from dovetail.exc import ArgumentError, DovetailWarning
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    joinedload,
    mapped_column,
    relationship,
    selectinload,
    subqueryload,
)
from dovetail.pool import StaticPool


class Base(DeclarativeBase):
    metadata = MetaData(schema="tenant")


class Plan(Base):
    __tablename__ = "plan"
    __table_args__ = {"schema": "shared"}

    id: Mapped[int] = mapped_column(primary_key=True)


class Account(Base):
    __tablename__ = "account"
    __table_args__ = (Index("ix_account_name", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    plan_id: Mapped[int | None]
    items: Mapped[list["Item"]] = relationship(
        cascade="all, delete-orphan", back_populates="account", order_by="Item.id"
    )
    tags: Mapped[list["Tag"]] = relationship(secondary="tenant.account_tag")


class Item(Base):
    __tablename__ = "item"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("tenant.account.id"))
    account: Mapped[Account] = relationship(back_populates="items")


class Tag(Base):
    __tablename__ = "tag"

    id: Mapped[int] = mapped_column(primary_key=True)


class AccountTag(Base):
    __tablename__ = "account_tag"

    account_id: Mapped[int] = mapped_column(ForeignKey("tenant.account.id"), primary_key=True)
    tag_id: Mapped[int] = mapped_column(ForeignKey("tenant.tag.id"), primary_key=True)


ONE = {"tenant": "one", "shared": "shared"}
TWO = {"tenant": "two", "shared": "shared"}


@pytest.fixture
def tenants(backend, backend_url, tmp_path):
    """An engine of a database with the schemas of two tenants, and one that they share."""
    if backend.server == "mariadb":
        pytest.skip("a schema of MariaDB is a database, and each test has one")
    if backend.server is None:
        engine = create_engine("sqlite://", poolclass=StaticPool)
        with engine.connect() as connection:
            for name in ("one", "two", "shared"):
                connection.execute(text(f"ATTACH '{tmp_path / name}.db' AS {name}"))
    else:
        engine = create_engine(backend_url)
        with engine.begin() as connection:
            for name in ("one", "two", "shared"):
                connection.execute(text(f"CREATE SCHEMA {name}"))
    for schemas in (ONE, TWO):
        Base.metadata.create_all(engine.execution_options(schema_translate_map=schemas))
    yield engine
    engine.dispose()


def rows(engine, table):
    with engine.connect() as connection:
        return connection.scalar(text(f"SELECT count(*) FROM {table}"))


def fill(session, name, count=2):
    session.add(
        Account(name=name, plan_id=1, items=[Item() for _ in range(count)], tags=[Tag(), Tag()])
    )
    session.commit()


def test_each_engine_creates_its_own_schema(tenants):
    names = inspect(tenants)

    assert set(names.get_table_names("one")) == {"account", "item", "tag", "account_tag"}
    assert names.get_table_names("shared") == ["plan"]
    assert names.get_indexes("account", "two")[0]["name"] == "ix_account_name"


def test_a_session_reads_and_writes_in_the_schema_of_its_engine(tenants):
    one = tenants.execution_options(schema_translate_map=ONE)
    two = tenants.execution_options(schema_translate_map=TWO)

    for engine, name in ((one, "a"), (two, "b"), (one, "c")):
        with Session(engine) as session:
            fill(session, name)

    assert [rows(tenants, f"{n}.{t}") for n in ("one", "two") for t in ("account", "item")] == [
        *(2, 4),
        *(1, 2),
    ]
    with Session(two) as session:
        account = session.get(Account, 1)
        assert (account.name, len(account.items), len(account.tags)) == ("b", 2, 2)
        account.items.pop()
        account.tags.pop()
        account.name = "changed"
        session.commit()
        session.refresh(account)
        assert session.scalar(select(Account.name)) == "changed"
        session.delete(account)
        session.commit()
    assert [rows(tenants, f"two.{t}") for t in ("account", "item", "account_tag")] == [0, 0, 0]
    assert [rows(tenants, f"one.{t}") for t in ("account", "item", "account_tag")] == [2, 4, 4]


@pytest.mark.parametrize("load", [selectinload, joinedload, subqueryload])
def test_eager_loads_stay_in_the_schema(tenants, load):
    for schemas, count in ((ONE, 1), (TWO, 3)):
        engine = tenants.execution_options(schema_translate_map=schemas)
        with Session(engine) as session:
            fill(session, "x", count)
            session.expunge_all()
            found = session.scalars(select(Account).options(load(Account.items))).unique().one()
            assert len(found.__dict__["items"]) == count


def test_a_connection_of_a_session_is_given_the_map(tenants):
    for schemas, name in ((ONE, "a"), (TWO, "b")):
        with Session(tenants) as session:
            session.connection(execution_options={"schema_translate_map": schemas})
            fill(session, name)
    with Session(tenants, execution_options={"schema_translate_map": TWO}) as session:
        account = session.scalars(select(Account)).one()
        account.name = "two"
        session.commit()

    assert rows(tenants, "one.account") == rows(tenants, "two.account") == 1
    with tenants.connect() as connection:
        assert connection.scalar(text("SELECT name FROM two.account")) == "two"


def test_a_session_on_a_connection_has_the_map_too(tenants):
    with (
        tenants.connect() as connection,
        Session(connection, execution_options={"schema_translate_map": ONE}) as session,
    ):
        fill(session, "a")

    assert rows(tenants, "one.account") == 1


def test_a_statement_has_a_map_of_its_own(tenants):
    one = tenants.execution_options(schema_translate_map=ONE)
    with Session(one) as session:
        fill(session, "pending is flushed to its own schema")
        session.add(Account(name="pending"))
        found = session.scalars(
            select(Account).options(selectinload(Account.items)),
            execution_options={"schema_translate_map": TWO},
        ).all()
        assert found == []
        statement = select(func.count(Account.id)).execution_options(schema_translate_map=ONE)
        assert session.scalar(statement) == 2
        session.execute(
            insert(Account).values(name="theirs"), execution_options={"schema_translate_map": TWO}
        )
        session.execute(
            update(Account).values(name="all"), execution_options={"schema_translate_map": TWO}
        )
        session.execute(
            delete(Item).where(Item.id > 0), execution_options={"schema_translate_map": TWO}
        )
        session.commit()

    assert (rows(tenants, "one.account"), rows(tenants, "one.item")) == (2, 2)
    assert rows(tenants, "two.account") == 1


def test_rows_that_stream_load_more_from_their_schema(tenants):
    with Session(tenants.execution_options(schema_translate_map=TWO)) as session:
        fill(session, "x")
    with Session(tenants.execution_options(schema_translate_map=ONE)) as session:
        statement = select(Account).options(selectinload(Account.items))
        found = session.scalars(
            statement, execution_options={"schema_translate_map": TWO, "yield_per": 1}
        )
        assert [len(account.items) for account in found] == [2]


def test_bulk_lanes_stay_in_the_schema(tenants):
    with Session(tenants.execution_options(schema_translate_map=TWO)) as session:
        session.bulk_insert_mappings(Account, [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}])
        session.bulk_update_mappings(Account, [{"id": 2, "name": "c"}])
        session.merge(Account(id=1, name="merged"))
        session.commit()
        assert session.scalars(select(Account.name).order_by(Account.id)).all() == ["merged", "c"]

    assert rows(tenants, "one.account") == 0


def test_options_of_a_connection_in_use_are_told_to_have_no_effect(tenants):
    with Session(tenants.execution_options(schema_translate_map=ONE)) as session:
        session.connection()
        with pytest.warns(DovetailWarning, match="no effect"):
            session.connection(execution_options={"schema_translate_map": TWO})


def test_a_map_that_is_none_is_refused(tenants):
    with pytest.raises(ArgumentError, match="schema_translate_map"):
        tenants.execution_options(schema_translate_map="one").connect()


def test_many_tenants_have_plans_of_their_own_and_bounded(tenants):
    engine = tenants.execution_options()
    seen = []

    @listens_for(engine, "before_cursor_execute")
    def note(connection, cursor, statement, *rest):
        seen.append(statement)

    with engine.connect() as connection:
        for number in range(300):
            schema = ("one", "two")[number % 2]
            schemas = {"tenant": schema, "unused": str(number)}
            connection.execute(
                select(Tag.id), execution_options={"schema_translate_map": schemas}
            ).all()
            assert f"FROM {schema}.tag" in seen[-1]

    assert len(engine.translations._kept) <= 256


@pytest.mark.server("postgresql")
def test_types_and_sequences_are_made_and_named_in_their_schema(databases, tmp_path):
    from tests.servers import BACKENDS

    backend = next(each for each in BACKENDS if each.server == "postgresql")
    backend.require()
    engine = create_engine(databases.url(backend, tmp_path))

    class Colour(enum.Enum):
        RED = 1
        BLUE = 2

    class Own(DeclarativeBase):
        pass

    numbers = Sequence("numbers", schema="tenant", metadata=Own.metadata)

    class Car(Own):
        __tablename__ = "car"
        __table_args__ = {"schema": "tenant"}

        id: Mapped[int] = mapped_column(primary_key=True)
        number: Mapped[int] = mapped_column(numbers, server_default=numbers.next_value())
        colour: Mapped[Colour] = mapped_column(Enum(Colour, name="colour", schema="tenant"))

    for schema in ("one", "two"):
        with engine.begin() as connection:
            connection.execute(text(f"CREATE SCHEMA {schema}"))
        variant = engine.execution_options(schema_translate_map={"tenant": schema})
        Own.metadata.create_all(variant)
        Own.metadata.create_all(variant)
        with Session(variant) as session:
            session.add_all([Car(colour=Colour.RED), Car(colour=Colour.BLUE)])
            session.commit()
            assert session.scalars(select(Car.number).order_by(Car.id)).all() == [1, 2]
            blue = select(Car.id).where(Car.colour == Colour.BLUE)
            assert session.scalars(blue).all() == [2]
            assert session.scalar(select(numbers.next_value())) == 3
    assert inspect(engine).get_sequence_names("two") == ["car_id_seq", "numbers"]
    two = engine.execution_options(schema_translate_map={"tenant": "two"})
    Own.metadata.drop_all(two)
    numbers.drop(two, checkfirst=True)
    assert inspect(engine).get_sequence_names("two") == []
    assert inspect(engine).get_table_names("one") == ["car"]
    engine.dispose()


def test_schemas_are_translated(sa, engine):
    if engine.dialect.name != "postgresql":
        pytest.skip("the test's user makes schemas in PostgreSQL alone")
    metadata = sa.MetaData()
    thing = sa.Table("thing", metadata, sa.Column("id", sa.Integer, primary_key=True), schema="a")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE SCHEMA one")
        connection.exec_driver_sql("CREATE SCHEMA two")
        for number, schema in enumerate(("one", "two"), 1):
            there = connection.execution_options(schema_translate_map={"a": schema})
            metadata.create_all(there)
            there.execute(sa.insert(thing).values(id=number))
            assert there.scalars(sa.select(thing.c.id)).all() == [number]
        one = connection.execution_options(schema_translate_map={"a": "one"})
        assert one.scalars(sa.select(thing.c.id)).all() == [1]
    assert sa.inspect(engine).get_table_names(schema="two") == ["thing"]
