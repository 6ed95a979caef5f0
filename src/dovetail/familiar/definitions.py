"""What programs that define schemas ask for by the other package's inner names."""

from __future__ import annotations

from copy import copy
from enum import Enum
from functools import wraps
from inspect import formatannotation
from typing import TYPE_CHECKING, Any, TypeVar

from ..engine.mock import MockConnection
from ..exc import InvalidRequestError
from ..sql.convention import conv, conventional_name
from ..sql.defaults import ColumnDefault, SchemaItem
from ..types.decorator import TypeDecorator
from ..types.schema_type import SchemaType
from ..types.structured import ARRAY
from .kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ..sql.constraints import Constraint
    from ..sql.schema import Table

F = TypeVar("F", bound="Callable[..., Any]")


class MockEngineStrategy:
    """How engines that connect to nothing were made: the class of their connections."""

    MockConnection = MockConnection


class NoneName(Enum):
    """The name of what has none, on purpose."""

    NONE_NAME = 0


class NullUnspecified(Enum):
    """The answer of a column that was not told whether it takes NULL."""

    NULL_UNSPECIFIED = 0


NONE_NAME = NoneName.NONE_NAME
NULL_UNSPECIFIED = NullUnspecified.NULL_UNSPECIFIED


class SchemaEventTarget(metaclass=Kind):
    """What is told that it becomes a part of a column or a table."""

    __members__ = (SchemaItem, SchemaType, ARRAY, TypeDecorator)


class InsertSentinelDefault(ColumnDefault):
    """The default of a column that tells returned rows apart: none, for none is needed."""

    def __init__(self) -> None:
        super().__init__(None)

    def _join(self, parent: object) -> None:
        # The column stays without a default: rows come back in order all the same.
        self.column = parent


def constraint_name_for_table(constraint: Constraint, table: Table) -> str | None:
    """Return the name that *constraint* has in *table*, if a convention says or it is final.

    :raises InvalidRequestError: the convention needs a name that the constraint has not
    """
    name: Any = constraint.name
    if isinstance(name, conv) or name is NONE_NAME:
        return None if name is NONE_NAME else name
    if name is None and constraint.type_bound:
        convention = table.metadata.naming_convention
        pattern = convention.get(type(constraint)) or convention.get("ck", "")
        if "constraint_name" in pattern:
            raise InvalidRequestError(
                "the naming convention asks for %(constraint_name)s, and the constraint has none",
                hint="give the constraint a name",
            )
    return conventional_name(constraint, table)


def generative(method: F) -> F:
    """Return *method* as one that changes a copy of its object, and returns that."""

    @wraps(method)
    def call(self: object, *arguments: object, **keywords: object) -> object:
        made = copy(self)
        method(made, *arguments, **keywords)
        return made

    return call  # type: ignore[return-value]


def get_table_key(name: str, schema: str | None) -> str:
    """Return the key of a table in its MetaData."""
    return name if schema is None else f"{schema}.{name}"


def inspect_formatargspec(
    args: Sequence[str],
    varargs: str | None = None,
    varkw: str | None = None,
    defaults: Sequence[Any] | None = None,
    kwonlyargs: Sequence[str] = (),
    kwonlydefaults: Mapping[str, Any] | None = None,
    annotations: Mapping[str, Any] | None = None,
    formatarg: Callable[[str], str] = str,
    formatvarargs: Callable[[str], str] = lambda name: f"*{name}",
    formatvarkw: Callable[[str], str] = lambda name: f"**{name}",
    formatvalue: Callable[[Any], str] = lambda value: f"={value!r}",
    formatreturns: Callable[[str], str] = lambda text: f" -> {text}",
    formatannotation: Callable[[Any], str] = formatannotation,
) -> str:
    """Return the parameters of a function as text, in parentheses: what getfullargspec() gives."""
    told = annotations or {}

    def annotated(name: str, text: str) -> str:
        return f"{text}: {formatannotation(told[name])}" if name in told else text

    values = [""] * (len(args) - len(defaults or ())) + [formatvalue(v) for v in defaults or ()]
    parts = [
        annotated(name, formatarg(name)) + value for name, value in zip(args, values, strict=True)
    ]
    if varargs is not None:
        parts.append(formatvarargs(annotated(varargs, formatarg(varargs))))
    elif kwonlyargs:
        parts.append("*")
    usual = kwonlydefaults or {}
    parts += [
        annotated(name, formatarg(name)) + (formatvalue(usual[name]) if name in usual else "")
        for name in kwonlyargs
    ]
    if varkw is not None:
        parts.append(formatvarkw(annotated(varkw, formatarg(varkw))))
    returns = formatreturns(formatannotation(told["return"])) if "return" in told else ""
    return f"({', '.join(parts)}){returns}"
