"""Deferred reflection: classes whose tables are read when there is an engine.

::

    class Base(DeferredReflection, DeclarativeBase):
        pass


    class User(Base):
        __tablename__ = "user_account"
        orders: Mapped[list["Order"]] = relationship(back_populates="user")


    Base.prepare(engine)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...inspection import inspect
from ...orm.relationships import RelationshipProperty
from ...sql.schema import Table
from .postponed import MappedLater, Postponed, in_levels, read_table, refuse_options, waiting_below

if TYPE_CHECKING:
    from ...engine.inspector import Inspector

__all__ = ["DeferredReflection"]

_OPTIONS = ("resolve_fks", "views")


class DeferredReflection(MappedLater):
    """A mixin: the classes below it are mapped by :meth:`prepare`, to tables that it reads.

    A base for the classes of one database among several is an ``__abstract__`` class::

        class Reflected(DeferredReflection, Base):
            __abstract__ = True
    """

    __slots__ = ()

    @classmethod
    def prepare(cls, bind: Any, **reflect_kw: Any) -> None:
        """Read the tables of all classes below that wait, over *bind*, and map them.

        *bind* is an Engine or a Connection.  Columns that a class declares stay as they are
        declared; the third tables of its relationships are read too.  It may be called again,
        for classes that came later.
        """
        refuse_options("prepare()", reflect_kw, _OPTIONS)
        resolve_fks = reflect_kw.get("resolve_fks", True)
        waiting = waiting_below(cls)
        if not waiting:
            return
        inspector = inspect(bind)
        read: set[Table] = set()
        for level in in_levels(waiting):
            for postponed in level:
                postponed.begin()
            tables = [table for postponed in level for table in _tables(inspector, postponed)]
            for schema in dict.fromkeys(table.schema for table in tables if table not in read):
                inspector.read_all(schema)
            for table in tables:
                if table not in read:
                    read_table(inspector, table, resolve_fks)
                    read.add(table)
            for postponed in level:
                postponed.map()


def _tables(inspector: Inspector, postponed: Postponed) -> list[Table]:
    """The table of a class, and those that its relationships go through."""
    assert postponed.table is not None
    tables = [postponed.table]
    for prop in postponed.declared.values():
        secondary = prop.declared_secondary if isinstance(prop, RelationshipProperty) else None
        if isinstance(secondary, str) and secondary.replace(".", "").replace("_", "").isalnum():
            schema, _, name = secondary.rpartition(".")
            metadata = postponed.table.metadata
            if secondary not in metadata.tables:
                Table(name, metadata, schema=schema or None)
            secondary = metadata.tables[secondary]
        if isinstance(secondary, Table):
            tables.append(secondary)
    return tables
