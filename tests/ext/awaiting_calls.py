"""A program that counts the Python functions that are entered for what awaiting programs do most.

python -m tests.ext.awaiting_calls    prints a JSON object: the functions of each act
"""

import asyncio
import gc
import json
import sys
from dis import get_instructions
from functools import cache
from os.path import dirname

import dovetail
from dovetail import Integer, String
from dovetail.ext.asyncio import AsyncSession, create_async_engine
from dovetail.orm import DeclarativeBase, mapped_column

OWN = (dirname(dovetail.__file__), "<dovetail ")
"""How the names of the library's files start, and of what it generates."""


class Base(DeclarativeBase):
    pass


class Pebble(Base):
    __tablename__ = "pebble"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String)
    count = mapped_column(Integer)


class Wire:
    """A driver's connection whose answers are there at once: what is counted is not its own."""

    raw = None
    rowcount = 1
    description = None
    lastrowid = None

    def __init__(self):
        self.is_open = False

    async def fetch(self, sql, parameters=()):
        return [(*parameters, "pebble", 1)]

    async def execute(self, sql, parameters=()):
        return self

    async def begin(self):
        self.is_open = True

    async def commit(self):
        self.is_open = False

    rollback = close = commit

    def in_transaction(self):
        return self.is_open

    def has_failed(self):
        return False

    def terminate(self):
        self.is_open = False

    def listener_view(self):
        return self


def no_facts(connection):
    yield from ()


async def connected(arguments, options):
    return Wire()


def fake_engine(**options):
    """An engine of PostgreSQL by asyncpg whose connections are wires to nothing."""
    engine = create_async_engine("postgresql+asyncpg://nobody@nowhere/none", **options)
    backend = engine.sync_engine.backend
    backend.connect, backend.server_steps = connected, no_facts
    return engine


@cache
def beginning(code):
    """Where in *code* a function, a generator or a coroutine begins: what goes on is further."""
    return next(each.offset for each in get_instructions(code) if each.opname == "RESUME")


async def entered(act):
    """The functions that the coroutine function *act* enters once it has run before."""
    for _ in range(3):
        await act()
    found = []

    def note(frame, what, argument):
        code = frame.f_code
        if what == "call" and frame.f_lasti <= beginning(code):
            if code.co_filename.startswith(OWN):
                found.append(f"{code.co_filename.rpartition('dovetail/')[2]} {code.co_qualname}")

    gc.collect()
    gc.disable()
    sys.setprofile(note)
    try:
        await act()
    finally:
        sys.setprofile(None)
        gc.enable()
    return found


async def counted():
    engine = fake_engine(pool_size=1, max_overflow=0)
    found = {}

    async def unused():
        async with AsyncSession(engine):
            pass

    found["a session that is not used"] = await entered(unused)

    async def change():
        async with AsyncSession(engine) as session:
            pebble = await session.get(Pebble, 3)
            pebble.count += 1
            await session.commit()

    found["a get, a change and a commit"] = await entered(change)
    async with AsyncSession(engine) as session:
        kept = await session.get(Pebble, 3)
        found["a get of what is in memory"] = await entered(lambda: session.get(Pebble, 3))

        async def load():
            session.expunge_all()
            await session.get(Pebble, 3)

        found["a get that loads"] = await entered(load)
        assert kept
    async with AsyncSession(engine) as session:
        found["a commit of nothing"] = await entered(session.commit)
        found["a flush of nothing"] = await entered(session.flush)
    taken = await engine.connect()

    async def wait():
        nonlocal taken
        waiting = asyncio.ensure_future(engine.connect().start())
        await asyncio.sleep(0)
        await taken.close()
        taken = await waiting

    found["a connection that is waited for"] = await entered(wait)
    await taken.close()
    await engine.dispose()
    return found


if __name__ == "__main__":
    print(json.dumps(asyncio.run(counted())))
