"""Read locks that are kept for some milliseconds, and the thread that lets them go.

A read outside a transaction makes SQLite take its shared lock, look for a journal, and let the
lock go again, which takes longer than a small query.  In a transaction the lock stays; but then
nobody else can commit for as long as the transaction is left open.  So a connection that reads
keeps its lock for a moment: until its transaction ends or writes, until another connection of
this process wants to write, or until a thread has seen it hold the lock for one tick.
"""

from __future__ import annotations

import _thread
import os
import sqlite3
from contextlib import suppress
from threading import Event, Lock
from typing import Protocol

TICK = 0.01
"""Seconds between two looks: a lock is held for one to two of them, where nothing ends it.

A look takes the interpreter's lock from the program, for 20 to 200 us: at 4 ms it cost small
transactions 6 %.
"""

ROW = 0.004
"""Seconds within which a read has to follow another to be one of a row, which keeps its lock."""

_IDLE_TICKS = 10
"""Ticks without any lock after which the thread rests until there is one again."""

REST = 1.0
"""Seconds that the thread rests before it ends; the next lock starts another one."""

IS_SAFE = sqlite3.threadsafety == 3
"""Whether two threads may use one connection: not where SQLite was built without mutexes."""


class Holder(Protocol):
    """A connection that may hold a read lock."""

    def let_go(self) -> None:
        """Let the lock go, from any thread; do nothing without one."""


class Holds:
    """The connections of this process that hold a read lock."""

    def __init__(self) -> None:
        self._reset()

    def _reset(self) -> None:
        """Know of no lock and no thread: those of the parent are not there after a fork."""
        self._holders: set[Holder] = set()
        self._is_running = False
        self._is_awake = False
        self._wakes = Event()
        self._starting = Lock()
        self._never = _thread.allocate_lock()
        self._never.acquire()

    def add(self, holder: Holder) -> bool:
        """Let *holder* keep its lock for a moment; return false where no thread can be started."""
        self._holders.add(holder)
        return self._is_awake or self._wake()

    def discard(self, holder: Holder) -> None:
        """Forget *holder*, which has let go."""
        self._holders.discard(holder)

    def let_go(self) -> None:
        """Let all locks go: somebody wants to write."""
        for holder in tuple(self._holders):
            # In this order: one that takes its lock anew meanwhile stays known.
            self._end(holder)

    def _end(self, holder: Holder) -> None:
        self._holders.discard(holder)
        # Its own program hears of it: what it writes is refused.
        with suppress(Exception):
            holder.let_go()

    def _wake(self) -> bool:
        with self._starting:
            if not self._is_running:
                try:
                    # Not one of those that the program started, and finds by threading.enumerate():
                    # a program that waits for all of them to end would wait for this one too.
                    _thread.start_new_thread(self._run, ())
                except RuntimeError:
                    # The interpreter is about to end, or allows no such threads.
                    return False
                self._is_running = True
            self._is_awake = True
            self._wakes.set()
        return True

    def _run(self) -> None:
        try:
            self._end_in_time()
        except BaseException:
            self._is_running = self._is_awake = False  # whoever adds a lock starts another
            raise

    def _end_in_time(self) -> None:
        old: set[Holder] = set()
        idle = 0
        while True:
            # Not sleep(): tests of programs put another one in its place, in all modules.
            self._never.acquire(timeout=TICK)
            now = set(self._holders)
            for holder in old & now:
                self._end(holder)
            old, idle = now, 0 if now else idle + 1
            if idle > _IDLE_TICKS:
                if not self._rest():
                    return
                idle = 0

    def _rest(self) -> bool:
        """Wait for a lock, and return whether there is one: the thread ends otherwise.

        Whoever adds one looks whether this thread is awake afterwards.
        """
        self._wakes.clear()
        self._is_awake = False
        if self._holders:
            self._is_awake = True
            return True
        if self._wakes.wait(REST):
            return True
        with self._starting:
            self._is_running = self._wakes.is_set()
            return self._is_running


holds = Holds()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=holds._reset)
