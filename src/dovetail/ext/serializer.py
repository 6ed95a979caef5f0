"""Statements and queries as bytes, read again for the tables and the session that are there.

``pickle`` alone keeps the tables of a statement with it; here they are named, and found in the
MetaData of the program that reads::

    kept = dumps(select(User).where(User.name == "ada"))
    session.execute(loads(kept, Base.metadata, session))

As with ``pickle``, bytes from a stranger can run code: read what you have written yourself.
"""

from __future__ import annotations

import pickle
from io import BytesIO
from typing import IO, TYPE_CHECKING, Any

from ..engine.engine import Engine
from ..exc import InvalidRequestError
from ..orm.session.session import Session
from ..sql.schema import Table
from ..sql.table_column import Column

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..sql.metadata import MetaData

__all__ = ["Deserializer", "Serializer", "dumps", "loads"]


class Serializer(pickle.Pickler):
    """A pickler that names tables, columns, sessions and engines in place of writing them."""

    def persistent_id(self, obj: object) -> tuple[str, ...] | None:
        """Return the name of *obj*, or None for what is written itself."""
        if isinstance(obj, Table):
            return "table", str(obj.key)
        if isinstance(obj, Column) and isinstance(obj.table, Table):
            return "column", str(obj.table.key), str(obj.key)
        if isinstance(obj, Session):
            return ("session",)
        if isinstance(obj, Engine):
            return ("engine",)
        return None


class Deserializer(pickle.Unpickler):
    """An unpickler that finds tables in *metadata*, and has a session and an engine.

    *scoped_session* gives the session when it is called, or is the session; *engine* is that of
    the session where none is given.
    """

    def __init__(
        self,
        file: IO[bytes],
        metadata: MetaData | None = None,
        scoped_session: Session | Callable[[], Session] | None = None,
        engine: Engine | None = None,
    ) -> None:
        super().__init__(file)
        self.metadata = metadata
        self.scoped_session = scoped_session
        self.engine = engine

    def persistent_load(self, pid: tuple[str, ...]) -> object:
        """Return what *pid* names.

        :raises InvalidRequestError: there is nothing of the name
        """
        kind, *names = pid
        if kind == "session":
            return self._session()
        if kind == "engine":
            return self._engine()
        tables = {} if self.metadata is None else self.metadata.tables
        table: Any = tables.get(names[0])
        if table is None:
            raise InvalidRequestError(
                f"what is read speaks of the table {names[0]!r}, which the MetaData has not",
                hint="loads(data, metadata)",
            )
        return table if kind == "table" else table.c[names[1]]

    def _session(self) -> Session | None:
        given = self.scoped_session
        return given if given is None or isinstance(given, Session) else given()

    def _engine(self) -> Any:
        session = self._session()
        found = self.engine if session is None else self.engine or session.bind
        if found is None:
            raise InvalidRequestError(
                "what is read has an engine, and none was given",
                hint="loads(data, metadata, engine=engine)",
            )
        return found


def dumps(obj: object, protocol: int = pickle.HIGHEST_PROTOCOL) -> bytes:
    """Return *obj*, a statement, a query or what holds some, as bytes."""
    file = BytesIO()
    Serializer(file, protocol).dump(obj)
    return file.getvalue()


def loads(
    data: bytes,
    metadata: MetaData | None = None,
    scoped_session: Session | Callable[[], Session] | None = None,
    engine: Engine | None = None,
) -> Any:
    """Return what :func:`dumps` wrote, made of the tables of *metadata*.

    :raises InvalidRequestError: it speaks of a table, or an engine, that is not there
    """
    return Deserializer(BytesIO(data), metadata, scoped_session, engine).load()
