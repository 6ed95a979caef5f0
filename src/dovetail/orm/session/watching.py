"""Watching a session: its connections are listened to, one by one, as it takes them."""

from collections.abc import Callable
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from dovetail.engine.connection import Connection
from dovetail.engine.watched import WatchOptions, attach_to, begin_watch
from dovetail.event import listen, remove
from dovetail.orm.session.contents import SessionContents

if TYPE_CHECKING:
    from dovetail.engine.watching.watch import Watch


def watch_session(session: SessionContents, options: WatchOptions) -> "Watch":
    """Return a watch of what *session* sends."""
    return begin_watch(lambda watch: _attach(session, watch), options)


def _attach(session: SessionContents, watch: "Watch") -> Callable[[], None]:
    """Let *watch* listen to the connections of *session*; return what ends that."""
    detachers: WeakKeyDictionary[Connection, Callable[[], None]] = WeakKeyDictionary()

    def listen_to(connection: Connection) -> None:
        if connection not in detachers:
            detachers[connection] = attach_to(connection, watch)

    def after_begin(_session: object, _transaction: object, connection: Connection) -> None:
        listen_to(connection)

    def detach() -> None:
        remove(session, "after_begin", after_begin)
        for end in detachers.values():
            end()

    # Nothing is sent by it, so that an AsyncSession needs no greenlet for it.
    listen(session, "after_begin", after_begin, sends=False)
    transaction = session._core.transaction
    while transaction is not None:
        for participant in transaction.participants.values():
            listen_to(participant.connection)
        transaction = transaction.parent
    return detach
