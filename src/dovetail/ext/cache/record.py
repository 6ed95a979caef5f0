"""What a cache notes of a transaction."""

from dataclasses import dataclass, field
from typing import Any

from ...orm.loading.source import SourceTransaction
from .request import FromCache


@dataclass(slots=True)
class Record:
    """What a transaction has written, and what it may ask of the cache.

    ``request``  what the statement that is being run asks for
    ``tables``   names of tables written to
    ``emptied``  of these, the tables of which it is not known which rows
    ``rows``     names of tokens of single rows that were changed or deleted
    ``unknown``  something was written, nobody knows what
    ``exposed``  the connection was given to the user, who may have written anything
    ``epochs``   by connection of the session's own, tokens from before its first statement
    """

    request: FromCache | None = None
    tables: set[str] = field(default_factory=set)
    emptied: set[str] = field(default_factory=set)
    rows: set[str] = field(default_factory=set)
    unknown: bool = False
    exposed: bool = False
    epochs: dict[Any, dict[str, str]] = field(default_factory=dict)

    @property
    def has_written(self) -> bool:
        """True where a commit makes something stale."""
        return self.unknown or bool(self.tables)


def record_of(transaction: SourceTransaction) -> Record:
    """The record of the outermost transaction around *transaction*, made at first use."""
    while transaction.parent is not None:
        transaction = transaction.parent
    record: Record | None = transaction.source_record
    if record is None:
        record = transaction.source_record = Record()
    return record
