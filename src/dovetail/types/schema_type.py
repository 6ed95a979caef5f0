"""Types that have a part in the schema."""

from __future__ import annotations

from typing import Any, Protocol

from .quoted import named


class HoldsTypes(Protocol):
    """A MetaData, as far as a type that is made with its tables knows it."""

    types: list[Any]


class DefiningBind(Protocol):
    """An engine or a connection, as far as a type that is created there knows it."""

    @property
    def dialect(self) -> Any: ...


class SchemaType:
    """Base of types that have a part in the schema: a CHECK, or a type of their own there.

    A type of the user's own may have it beside its other base, for its *name* and *schema*; *quote*
    says whether the name stands in quotes::

        class Colour(SchemaType, UserDefinedType[str]): ...
    """

    name: str | None
    schema: str | None
    metadata: HoldsTypes | None
    inherit_schema: bool = False
    dispatch: Any
    """Who listens: the floor above, which knows what types are attached to, puts it here."""

    def __init__(
        self,
        name: str | None = None,
        schema: str | None = None,
        metadata: HoldsTypes | None = None,
        inherit_schema: bool = False,
        quote: bool | None = None,
    ) -> None:
        self.name = name if name is None else named(name, quote)
        self.schema = schema
        self.metadata = metadata
        self.inherit_schema = inherit_schema

    def _set_table(self, column: object, table: object) -> None:
        """Become the type of a *column* that joins *table*.

        A type of the user's own may add a CHECK to the table here.
        """

    def create(self, bind: DefiningBind, checkfirst: bool = False) -> None:
        """Create the type on the server of *bind*, if that has such types of their own.

        Elsewhere nothing is done: what there is of it stands in the definitions of columns.
        """
        own = bind.dialect.named_type(self)
        if own is not None:
            own.create(bind, checkfirst=checkfirst)

    def drop(self, bind: DefiningBind, checkfirst: bool = False) -> None:
        """Drop the type on the server of *bind*, where :meth:`create` creates it."""
        own = bind.dialect.named_type(self)
        if own is not None:
            own.drop(bind, checkfirst=checkfirst)
