"""A program that counts the Python functions that are entered for what programs do most.

python -m tests.orm.calls    prints a JSON object: the functions of each act
"""

import gc
import json
import sys

from dovetail import Integer, String, create_engine, select
from dovetail.ext.asyncio import AsyncSession, create_async_engine
from dovetail.ext.mutable import MutableDict
from dovetail.orm import DeclarativeBase, Session, mapped_column, sessionmaker


class Base(DeclarativeBase):
    pass


class Pebble(Base):
    __tablename__ = "pebble"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String)


class Rock(Base):
    __tablename__ = "rock"
    id = mapped_column(Integer, primary_key=True)
    kind = mapped_column(String)
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_abstract": True}


class Granite(Rock):
    __mapper_args__ = {"polymorphic_identity": "granite"}


assert MutableDict  # it listens to all mappings, which is to cost nothing


def entered(act, prepare=lambda: None):
    """The functions that *act* enters once it has run before; *prepare* is called before each."""
    for _ in range(3):
        prepare()
        act()
    prepare()
    found = []

    def note(frame, what, argument):
        if what == "call":
            code = frame.f_code
            found.append(f"{code.co_filename.rpartition('dovetail/')[2]} {code.co_qualname}")

    gc.collect()
    gc.disable()
    sys.setprofile(note)
    try:
        act()
    finally:
        sys.setprofile(None)
        gc.enable()
    return found


def counted():
    engine = create_engine("sqlite://")
    awaiting = create_async_engine("sqlite+aiosqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Pebble(id=n, name=f"{n}") for n in range(1, 5)])
        session.commit()

    yield "an instance", entered(lambda: Pebble(id=1, name="a"))
    yield "an instance of a class below an abstract one", entered(lambda: Granite(id=1))
    yield "a session", entered(lambda: Session(engine))
    make = sessionmaker(engine, expire_on_commit=False)
    yield "a session of a factory", entered(make)
    yield "an awaiting session", entered(lambda: AsyncSession(awaiting))

    def block():
        with Session(engine):
            pass

    yield "a session in a block", entered(block)

    def block_with_get():
        with Session(engine) as session:
            session.get(Pebble, 1)

    yield "a session in a block for one get", entered(block_with_get)

    def one_get():
        session = Session(engine)
        session.get(Pebble, 1)
        session.close()

    yield "a session for one get", entered(one_get)
    with Session(engine) as session:
        query = lambda: session.scalars(select(Pebble).where(Pebble.id == 3)).one()  # noqa: E731
        yield "a query in a transaction", entered(query)
        get = lambda: session.get(Pebble, 2)  # noqa: E731
        yield "a get that loads", entered(get, session.expunge_all)
        kept = get()
        yield "a get of what is in memory", entered(get)
        lock = lambda: session.get(Pebble, 2, with_for_update=True)  # noqa: E731
        yield "a get that locks", entered(lock)
        numbers = iter(range(100))

        def change():
            kept.name = f"{next(numbers)}"

        yield "a flush of one change", entered(session.flush, change)

        def add():
            session.expunge_all()
            session.add_all([Pebble(name=f"{next(numbers)}") for _ in range(3)])

        yield "a flush of three new rows", entered(session.flush, add)
        stones = iter([Pebble(name="one of many") for _ in range(10)])
        session.add(next(stones))
        yield "adding one of many", entered(lambda: session.add(next(stones)))
    engine.dispose()


if __name__ == "__main__":
    print(json.dumps(dict(counted())))
