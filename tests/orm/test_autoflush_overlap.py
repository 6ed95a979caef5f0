"""``autoflush="overlap"``: a query flushes only what it would read."""

import asyncio
from contextlib import contextmanager

import pytest

from dovetail import (
    ForeignKey,
    column,
    create_engine,
    event,
    exists,
    func,
    literal_column,
    select,
    table,
    text,
)
from dovetail.exc import ArgumentError
from dovetail.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from dovetail.ext.compiler import compiles
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    column_property,
    joinedload,
    mapped_column,
    relationship,
    selectinload,
    sessionmaker,
    with_parent,
)
from dovetail.sql.expression import ColumnElement


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "user_account"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    orders: Mapped[list["Order"]] = relationship(back_populates="user")


class Order(Base):
    __tablename__ = "order_"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    user: Mapped[User | None] = relationship(back_populates="orders")


class Price(Base):
    __tablename__ = "price"
    id: Mapped[int] = mapped_column(primary_key=True)
    amount: Mapped[int]


class Surcharge(ColumnElement[int]):
    inherit_cache = True


@compiles(Surcharge)
def _surcharge(element, compiler, **keywords):
    return "(SELECT count(*) FROM user_account)"


@contextmanager
def statements(engine):
    """The list of what is sent over *engine* in the block."""
    sent = []

    def note(connection, cursor, statement, *_):
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


@pytest.fixture
def engine():
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([User(id=1, name="ada", orders=[Order(id=1)]), Price(id=1, amount=5)])
        session.commit()
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine):
    with Session(engine, autoflush="overlap") as session:
        yield session


NOT_CONCERNED = {
    "entities": lambda session: session.scalars(select(Price)).all(),
    "columns": lambda session: session.execute(select(Price.amount)).all(),
    "a table": lambda session: session.execute(select(Price.__table__)).all(),
    "get": lambda session: session.get(Price, 1),
    "get, locked": lambda session: session.get(Price, 1, with_for_update=True),
    "count": lambda session: session.scalar(select(func.count()).select_from(Price)),
    "exists": lambda session: session.scalar(select(exists().where(Price.amount > 1))),
    "query": lambda session: session.query(Price).all(),
    "a lazy load": lambda session: session.get(User, 1).orders,
}

CONCERNED = {
    "entities": lambda session: session.scalars(select(User)).all(),
    "columns": lambda session: session.execute(select(User.name)).all(),
    "a table": lambda session: session.execute(select(User.__table__)).all(),
    "get": lambda session: session.get(User, 2),
    "a join": lambda session: session.execute(select(Order).join(Order.user)).all(),
    "a criterion": lambda session: session.execute(select(Order).where(Order.user.has())).all(),
    "a subquery": lambda session: session.execute(
        select(Price).where(Price.id.in_(select(User.id)))
    ).all(),
    "a joined load": lambda session: session.scalars(
        select(Order).options(joinedload(Order.user))
    ).all(),
    "a load after it": lambda session: session.scalars(
        select(Order).options(selectinload(Order.user))
    ).all(),
    "text": lambda session: session.execute(text("SELECT 1")).all(),
    "text within": lambda session: session.execute(select(Price.id).where(text("1 = 1"))).all(),
    "a literal column": lambda session: session.execute(
        select(Price.id, literal_column("(SELECT count(*) FROM user_account)"))
    ).all(),
    "a custom element": lambda session: session.execute(select(Price.id, Surcharge())).all(),
    "refresh": lambda session: session.refresh(session.get(Price, 1)),
    "merge": lambda session: session.merge(Price(id=1, amount=6)),
    "an update": lambda session: session.query(Price).update({"amount": 7}),
    "the query's own word": lambda session: session.execute(
        select(Price), execution_options={"autoflush": True}
    ).all(),
    "a column that has expired": lambda session: session.scalar(
        select(User.name).where(User.id == 1)
    ),
}


def updates(engine, session, ask):
    """How many UPDATEs of users are sent while *ask* runs, with a changed user pending."""
    user = session.get(User, 1)
    if ask is CONCERNED["refresh"]:
        session.get(Price, 1)
    user.name = "eve"
    with statements(engine) as sent:
        ask(session)
    return sum(each.startswith("UPDATE user_account") for each in sent)


@pytest.mark.parametrize("name", NOT_CONCERNED)
def test_what_is_not_read_stays_pending(engine, session, name):
    assert updates(engine, session, NOT_CONCERNED[name]) == 0
    session.commit()
    with Session(engine) as other:
        assert other.get(User, 1).name == "eve"


@pytest.mark.parametrize("name", CONCERNED)
def test_what_may_be_read_is_flushed(engine, session, name):
    assert updates(engine, session, CONCERNED[name]) == 1


@pytest.mark.parametrize("name", ["entities", "get", "text", "the query's own word"])
def test_no_query_flushes_where_the_session_does_not(engine, name):
    with Session(engine, autoflush=False) as session:
        assert updates(engine, session, CONCERNED[name]) == 0


def test_a_new_instance_is_found(session):
    session.add(User(id=2, name="bob"))
    assert session.scalars(select(Price)).one().amount == 5
    assert session.new
    assert session.scalars(select(User.name).order_by(User.id)).all() == ["ada", "bob"]
    assert not session.new


def test_rows_that_go_are_gone_for_every_query(session):
    session.delete(session.get(Order, 1))
    session.scalars(select(Price)).all()
    assert not session.deleted


def test_a_parameter_that_waits_for_its_row_brings_the_flush(session):
    user = User(name="bob")
    session.add(user)
    query = select(Order).where(with_parent(user, User.orders))
    assert session.scalars(query).all() == []
    assert user.id == 2


def test_listeners_may_write_what_they_like(engine, session):
    event.listen(session, "before_flush", lambda session, context, instances: None)
    assert updates(engine, session, NOT_CONCERNED["entities"]) == 1


def test_a_hundred_instances_do_not_pile_up(session):
    session.add_all(User(name=str(number)) for number in range(100))
    session.scalars(select(Price)).all()
    assert len(session.new) == 100
    session.add(User(name="one more"))
    session.scalars(select(Price)).all()
    assert not session.new


def test_a_query_may_ask_for_it_alone(engine):
    with Session(engine) as session:
        user = session.get(User, 1)
        user.name = "eve"
        with statements(engine) as sent:
            session.execute(select(Price), execution_options={"autoflush": "overlap"}).all()
            session.query(Price).autoflush("overlap").all()
        assert not [each for each in sent if each.startswith("UPDATE")]
        session.execute(select(Price)).all()
        assert not session.dirty


def test_the_error_names_the_query(engine, session):
    session.add(User(id=1, name="twice"))
    session.scalars(select(Price)).all()
    with pytest.raises(Exception, match="raised by the autoflush before SELECT user_account"):
        session.scalars(select(User).where(User.name == "x")).all()


def test_another_word_is_refused(engine):
    for make in (
        lambda: Session(engine, autoflush="sometimes"),
        sessionmaker(engine, autoflush="sometimes"),
        lambda: setattr(Session(engine), "autoflush", "sometimes"),
    ):
        with pytest.raises(ArgumentError, match="autoflush='sometimes' is not known"):
            make()
    with Session(engine) as session, pytest.raises(ArgumentError, match="autoflush='often'"):
        session.add(Price(id=3, amount=1))
        session.execute(select(Price), execution_options={"autoflush": "often"})


def test_factories_and_awaiting_sessions_have_it(engine, tmp_path):
    assert sessionmaker(engine, autoflush="overlap")().autoflush == "overlap"

    async def work():
        other = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'awaiting.db'}")
        async with other.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        make = async_sessionmaker(other, autoflush="overlap")
        async with make() as session:
            assert isinstance(session, AsyncSession)
            session.add(User(name="ada"))
            assert (await session.scalars(select(Price))).all() == []
            assert session.new
            assert (await session.scalars(select(User.name))).all() == ["ada"]
            assert not session.new
        await other.dispose()

    asyncio.run(work())


# What a flush brings with it ------------------------------------------------------------------


class Further(DeclarativeBase):
    pass


class Entry(Further):
    __tablename__ = "entry"
    id: Mapped[int] = mapped_column(primary_key=True)


class Depot(Further):
    __tablename__ = "depot"
    id: Mapped[int] = mapped_column(primary_key=True)
    crates: Mapped[list["Crate"]] = relationship()


class Crate(Further):
    __tablename__ = "crate"
    id: Mapped[int] = mapped_column(primary_key=True)
    depot_id: Mapped[int | None] = mapped_column(ForeignKey("depot.id"))
    seal_id: Mapped[int | None] = mapped_column(ForeignKey("seal.id"))
    depot: Mapped[Depot | None] = relationship(overlaps="crates")
    place: Mapped[Depot | None] = relationship(viewonly=True)
    district: Mapped["District | None"] = relationship(
        primaryjoin="foreign(Crate.depot_id) == District.depot_number", viewonly=True
    )
    seal: Mapped["Seal | None"] = relationship(cascade="all, delete-orphan", single_parent=True)
    note: Mapped[str | None]
    entries: Mapped[int] = column_property(
        select(func.count(Entry.id)).scalar_subquery(), deferred=True
    )


class District(Further):
    __tablename__ = "district"
    id: Mapped[int] = mapped_column(primary_key=True)
    depot_number: Mapped[int]


class Seal(Further):
    __tablename__ = "seal"
    id: Mapped[int] = mapped_column(primary_key=True)


class Mark(Further):
    __tablename__ = "mark"
    id: Mapped[int] = mapped_column(primary_key=True)
    depot_id: Mapped[int] = mapped_column(ForeignKey("depot.id"))
    entries: Mapped[int] = column_property(select(func.count(Entry.id)).scalar_subquery())
    depot: Mapped[Depot] = relationship()


class EntriesCounted(ColumnElement[int]):
    inherit_cache = True


@compiles(EntriesCounted)
def _entries_counted(element, compiler, **keywords):
    return "(SELECT count(*) FROM entry)"


Depot.crates_if_entered = relationship(
    Crate, primaryjoin=(Depot.id == Crate.depot_id) & (EntriesCounted() > 0), viewonly=True
)


@pytest.fixture
def further():
    engine = create_engine("sqlite://")
    Further.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Depot(id=1), Depot(id=2), Seal(id=1), Seal(id=2)])
        session.add_all([District(id=1, depot_number=1), District(id=2, depot_number=2)])
        session.flush()
        session.add_all([Mark(id=1, depot_id=1), Mark(id=2, depot_id=2)])
        session.add(Crate(id=1, depot_id=1, seal_id=1))
        session.commit()
    with Session(engine, autoflush="overlap") as session:
        yield session
    engine.dispose()


@pytest.mark.parametrize("put", ["crate.depot = depot", "depot.crates.append(crate)"])
@pytest.mark.parametrize("name", ["district", "place"])
def test_a_reference_is_loaded_by_the_key_that_another_relationship_sets(further, put, name):
    crate, depot = further.get(Crate, 1), further.get(Depot, 2)
    exec(put, {"crate": crate, "depot": depot})
    assert getattr(crate, name).id == 2


def test_a_reference_alone_in_its_columns_is_loaded_beside_changes_of_its_row(further):
    crate = further.get(Crate, 1)
    crate.note = "fragile"
    assert crate.seal.id == 1
    assert crate in further.dirty


@pytest.mark.parametrize("other", [None, 2])
def test_what_leaves_a_reference_and_is_deleted_for_that_is_gone(further, other):
    crate = further.get(Crate, 1)
    assert crate.seal.id == 1
    crate.seal = None if other is None else further.get(Seal, other)
    assert further.scalars(select(Seal.id).where(Seal.id == 1)).all() == []


def test_listeners_to_the_rows_of_members_write_what_they_like(further):
    def note(mapper, connection, crate):
        connection.execute(Entry.__table__.insert())

    crate, depot = further.get(Crate, 1), further.get(Depot, 2)
    event.listen(Crate, "before_update", note)
    try:
        depot.crates.append(crate)
        assert further.scalar(select(func.count(Entry.id))) == 1
    finally:
        event.remove(Crate, "before_update", note)


def test_a_deferred_expression_finds_what_is_pending(further):
    crate = further.get(Crate, 1)
    further.add(Entry())
    assert crate.entries == 1
    further.expire(crate)
    further.add(Entry())
    assert crate.note is None
    assert crate.entries == 2


def test_what_has_expired_is_read_with_its_expressions_when_a_reference_is_loaded(further):
    mark = further.get(Mark, 1)
    further.expire(mark)
    further.add(Entry())
    assert mark.depot.id == 1
    assert mark.entries == 1


def test_peers_that_have_expired_are_read_with_their_expressions(further):
    further.lazy_policy = "peers"
    marks = further.scalars(select(Mark).order_by(Mark.id)).all()
    further.expire(marks[1])
    further.add(Entry())
    assert marks[0].depot.id == 1
    assert marks[1].entries == 1


def test_a_condition_of_a_relationship_may_name_what_nobody_knows(further):
    depot = further.get(Depot, 1)
    further.add(Entry())
    assert [crate.id for crate in depot.crates_if_entered] == [1]


def test_a_table_may_be_named_in_other_letters(session):
    session.add(Price(id=2, amount=7))
    capital = table("PRICE", column("id"))
    assert session.scalars(select(capital.c.id).order_by(capital.c.id)).all() == [1, 2]


def test_a_class_that_is_mapped_to_an_alias_is_written_to_its_table(session):
    class Cost(Base):
        __table__ = Price.__table__.alias()
        __mapper_args__ = {"primary_key": [__table__.c.id]}

    session.add(Cost(id=2, amount=7))
    assert session.scalars(select(Price.id).order_by(Price.id)).all() == [1, 2]
