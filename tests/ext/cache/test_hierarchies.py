"""Rows of classes in several tables: a change of any of them makes what depends on it stale."""

import pytest
from dogpile.cache import make_region

from dovetail import ForeignKey, create_engine, delete, select, update
from dovetail.ext.cache import Cache, FromCache
from dovetail.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker, with_polymorphic


class Base(DeclarativeBase):
    pass


class Person(Base):
    __tablename__ = "person"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "person"}


class Engineer(Person):
    __tablename__ = "engineer"
    id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    tool: Mapped[str]
    __mapper_args__ = {"polymorphic_identity": "engineer"}


@pytest.fixture
def engine(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path / 'people.db'}")
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def Session(engine):
    cache = Cache(make_region().configure("dogpile.cache.memory"))
    cache.entities(Engineer)
    factory = sessionmaker(engine)
    cache.attach(factory)
    with factory.begin() as session:
        session.add_all([Engineer(name="eve", tool="saw"), Person(name="paul")])
    return factory


def by_key(Session):
    with Session() as session:
        found = session.get(Engineer, 1)
        return found and (found.name, found.tool)


def by_query(Session):
    everybody = with_polymorphic(Person, "*")
    with Session() as session:
        found = session.scalars(select(everybody).order_by(everybody.id).options(FromCache()))
        return [(one.name, getattr(one, "tool", None)) for one in found]


def flushed(session, **values):
    engineer = session.get(Engineer, 1)
    for name, value in values.items():
        setattr(engineer, name, value)


def told(session, **values):
    session.execute(update(Engineer).where(Engineer.name == "eve").values(values))


@pytest.mark.parametrize("read", [by_key, by_query])
@pytest.mark.parametrize("change", [flushed, told])
@pytest.mark.parametrize("values", [{"tool": "axe"}, {"name": "eva"}], ids=["below", "above"])
def test_a_change_of_either_table_is_seen(Session, sent, read, change, values):
    first = read(Session)
    with sent(0):
        assert read(Session) == first
    with Session.begin() as session:
        change(session, **values)
    new = (values.get("name", "eve"), values.get("tool", "saw"))
    assert read(Session) in (new, [new, ("paul", None)])


def test_a_delete_of_the_class_above_reaches_the_rows_below(Session):
    assert by_key(Session) == ("eve", "saw")
    with Session() as session:
        session.scalars(select(Engineer.tool).options(FromCache())).all()
    with Session.begin() as session:
        session.execute(delete(Person))
    assert by_key(Session) is None
    with Session() as session:
        assert session.scalars(select(Engineer.tool).options(FromCache())).all() == []
