"""What a child process must leave alone: the connections that its parent opened.

The sockets of a forked process are its parent's.  A statement or a farewell sent over them by the
child would end up in the middle of what the parent says, so the child forgets them unclosed.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any, Protocol
from weakref import WeakSet


class Heir(Protocol):
    """What holds connections, or knows who does."""

    def after_fork(self) -> None:
        """Forget what belongs to the parent: this is the child."""
        ...


_heirs: WeakSet[Any] = WeakSet()
_leaked: list[Any] = []


def watch_forks(heir: Heir) -> None:
    """Let *heir* know, in each process that is forked from this one, that it is a child."""
    _heirs.add(heir)


def leak(connection: Any) -> None:
    """Keep *connection* for as long as the process lives, so that nothing ever closes it."""
    if connection is None:
        return
    _leaked.append(connection)
    try:
        # Some drivers say goodbye when their object goes, which at the end of a process it does,
        # whoever refers to it: one reference more than there are keeps it even then.
        ctypes = import_module("ctypes")
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(connection))
    except (ImportError, AttributeError):
        return


def _tell_heirs() -> None:
    for heir in list(_heirs):
        heir.after_fork()


if hasattr(os, "register_at_fork"):  # not on Windows, where nothing forks
    os.register_at_fork(after_in_child=_tell_heirs)
