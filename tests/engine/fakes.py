"""A server that exists only in the test: connections that can be counted, broken and slow."""

import asyncio
import random
import threading
import time

from dovetail.engine.pool import Opener


class FakeError(Exception):
    """What the fake driver raises."""


class FakeConnection:
    """A connection that knows whether two have it at once."""

    def __init__(self, server, number):
        self.server = server
        self.number = number
        self.closed = False
        self.dead = False
        self.user = None
        self.log = []

    def _say(self, word):
        if self.closed:
            raise FakeError(f"{word} on a closed connection")
        self.log.append(word)
        if self.dead:
            raise FakeError("the connection is dead")

    def cursor(self):
        self._say("cursor")
        return FakeCursor(self)

    def commit(self):
        self._say("commit")

    def rollback(self):
        self.server.maybe_fail("rollback")
        self._say("rollback")

    def close(self):
        self.server.forget(self)
        self.server.maybe_fail("close")


class FakeCursor:
    description = None
    rowcount = -1
    lastrowid = None

    def __init__(self, connection):
        self.connection = connection

    def execute(self, sql, parameters=()):
        self.connection._say(sql)

    def fetchall(self):
        return []

    def close(self):
        pass


class FakeServer:
    """Opens connections, as the ``creator`` of a pool; fails and dawdles as often as it is told."""

    def __init__(self, seed=0, slow=0.0, **chances):
        self.random = random.Random(seed)
        self.slow = slow
        self.chances = chances
        self.lock = threading.Lock()
        self.opened = []
        self.open = set()

    def __call__(self):
        self.maybe_fail("connect")
        with self.lock:
            connection = FakeConnection(self, len(self.opened))
            self.opened.append(connection)
            self.open.add(connection)
        return connection

    def forget(self, connection):
        with self.lock:
            connection.closed = True
            self.open.discard(connection)

    def _draw(self, what):
        with self.lock:
            fails = self.random.random() < self.chances.get(what, 0)
            return fails, self.random.random() * self.slow

    def maybe_fail(self, what):
        fails, seconds = self._draw(what)
        if seconds:
            time.sleep(seconds)
        if fails:
            raise FakeError(f"{what} failed")

    def restart(self):
        """Let all connections be dead."""
        with self.lock:
            for connection in self.open:
                connection.dead = True


class AwaitedConnection:
    """The contract of an awaiting driver, around a fake connection."""

    def __init__(self, raw):
        self.raw = raw

    async def rollback(self):
        await self.raw.server.dawdle("rollback")
        self.raw._say("rollback")

    async def close(self):
        self.raw.server.forget(self.raw)
        await self.raw.server.dawdle("close")

    async def ping(self):
        await self.raw.server.dawdle("ping")
        self.raw._say("ping")

    def in_transaction(self):
        return True

    def terminate(self):
        self.raw.server.forget(self.raw)

    def listener_view(self):
        return self.raw


class AwaitedServer(FakeServer, Opener):
    """An opener for pools of an awaiting driver."""

    is_async = True

    async def dawdle(self, what):
        fails, seconds = self._draw(what)
        await asyncio.sleep(seconds)
        if fails:
            raise FakeError(f"{what} failed")

    async def connect(self):
        await self.dawdle("connect")
        return AwaitedConnection(super().__call__())

    def open_steps(self, record):
        return (yield (self.connect,))
