"""Statements and loader options through ``pickle``: mapped classes, and their tables, by name.

What is read back speaks of the classes, tables and columns of the program that reads it.
"""

import pickle
from collections.abc import Mapping
from copyreg import __newobj__ as new_object  # type: ignore[attr-defined]
from io import BytesIO
from typing import Any, SupportsIndex

from dovetail.orm.mapping.events import known_mappers
from dovetail.sql.expression.from_clause import FromClause
from dovetail.sql.schema import Table


class Packed:
    """Base of what is pickled whole, with mapped classes and tables by name."""

    __slots__ = ()

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        return packed(self)

    def reduce_plain(self) -> Any:
        """What ``pickle`` is told of this within something else that is packed."""
        return new_object, (type(self),), self.state_to_pickle()

    def state_to_pickle(self) -> Any:
        """The state of this: of one with slots alone, a pair as ``pickle`` has it."""
        return dict(self.__dict__)


def packed(subject: object) -> Any:
    """How ``pickle`` writes *subject*: as bytes in which mapped tables stand by name."""
    buffer = BytesIO()
    _EntityPickler(buffer, pickle.HIGHEST_PROTOCOL).dump(subject)
    return pickle.loads, (buffer.getvalue(),)


class _EntityPickler(pickle.Pickler):
    """Writes a part of a program that maps classes; the program itself is not copied."""

    def __init__(self, buffer: BytesIO, protocol: int) -> None:
        super().__init__(buffer, protocol)
        self.schemas: dict[int, type] = {}
        self.mapped: dict[int, type] = {}
        for mapper in known_mappers():
            self.mapped.setdefault(id(mapper.local_table), mapper.class_)
            metadata = getattr(mapper.local_table, "metadata", None)
            if metadata is not None:
                self.schemas.setdefault(id(metadata), mapper.class_)

    def reducer_override(self, subject: Any) -> Any:
        if isinstance(subject, type):
            return NotImplemented
        visit = getattr(subject, "__visit_name__", None)
        if visit == "column" and self._is_known(subject.table):
            return _column_of, (subject.table, subject.key)
        if visit is not None and self._is_known(subject):
            class_ = self.mapped.get(id(subject))
            if class_ is not None:
                return _local_table_of, (class_,)
            return _table_of, (self.schemas[id(subject.metadata)], subject.key)
        plain = getattr(subject, "reduce_plain", None)
        return NotImplemented if plain is None else plain()

    def _is_known(self, table: Table) -> bool:
        """True for what a class is mapped to, and for other tables beside it."""
        if id(table) in self.mapped:
            return True
        metadata: Any = getattr(table, "metadata", None)
        return id(metadata) in self.schemas and metadata.tables.get(table.key) is table


def _local_table_of(class_: Any) -> Any:
    return class_.__mapper__.local_table


def _table_of(class_: Any, key: str) -> Any:
    """A table of the schema to which *class_* is mapped."""
    return class_.__mapper__.local_table.metadata.tables[key]


def _column_of(table: FromClause, key: str) -> Any:
    return table.c[key]


def slots_of(subject: Any, left_out: Mapping[str, Any]) -> Any:
    """The state of *subject*, which has slots alone; *left_out* are begun anew."""
    kept = {name: getattr(subject, name) for name in type(subject).__slots__}
    return None, {**kept, **left_out}
