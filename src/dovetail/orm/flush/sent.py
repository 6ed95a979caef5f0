"""The order in which values are sent: that of the text, and no other."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from dovetail.codegen import Source
from dovetail.compiler.compiled import Compiled
from dovetail.compiler.default_context import DefaultContext
from dovetail.compiler.statements import DefaultParameter
from dovetail.dialects.dialect import Dialect
from dovetail.exc import CompileError
from dovetail.types.contract import TypeEngine

T = TypeVar("T")


def in_text_order(
    compiled: Compiled, own: Mapping[Any, T], constant: Callable[[int, Any], T] | None = None
) -> list[T]:
    """Return what *own* has for each parameter of *compiled*, in the order of its text.

    *constant* makes, of a place and a parameter, what is sent for parameters that are not among
    the keys of *own*: those of expressions.  CompileError is raised where the text and *own* do
    not have the same parameters: a row would get the values of other columns.
    """
    sent: list[T] = []
    found: set[int] = set()
    for place, bind in enumerate(compiled.binds):
        if bind in own:
            found.add(id(bind))
            sent.append(own[bind])
        elif constant is not None:
            sent.append(constant(place, bind))
        else:
            raise CompileError(f"nothing is known of the parameter {bind.key!r} of {compiled.sql}")
    lost = [bind.key for bind in own if id(bind) not in found]
    if lost:
        raise CompileError(f"no place for {', '.join(map(str, lost))} in {compiled.sql}")
    return sent


def check_returned(compiled: Compiled, columns: Sequence[Any]) -> None:
    """Raise CompileError where *compiled* does not return exactly *columns*, in their order."""
    returned: Sequence[Any] = compiled.columns or ()
    same = len(returned) == len(columns) and all(
        any(column is one for one in answer.expressions)
        for column, answer in zip(columns, returned, strict=True)
    )
    if not same:
        raise CompileError(f"other columns are returned than asked for: {compiled.sql}")


def sent_besides(
    source: Source, place: int | str, bind: Any, dialect: Any, values: str, type_: Any = None
) -> str:
    """Return the expression for a parameter that no attribute gives the value of.

    It is one of an expression, the same for every row, or one that the default of a column makes
    anew for each, like the columns of other classes that share a table; *values* reads the values
    of the row.  *type_* is that of the place it stands in, where the parameter has none itself.
    """
    if not isinstance(bind, DefaultParameter):
        type_ = bind.type if type_ is None else type_
        return source.use(f"constant{place}", converted(bind.effective_value, type_, dialect))
    default = bind.default
    if default.is_scalar:
        return source.use(f"constant{place}", converted(default.arg, bind.type, dialect))
    made = source.use(f"default_for{place}", default.given) + "()"
    if default.takes_context:
        source.use("RowContext", DefaultContext)
        made = f"{made[:-2]}(RowContext({values}))"
    return written(source, made, bind.type, dialect, f"_for{place}")


def written(source: Source, read: str, type_: TypeEngine[Any], dialect: Dialect, name: str) -> str:
    """Return the expression for what *read* gives as the driver takes it for *type_*."""
    conversion = type_.bind_conversion(dialect)
    if conversion is None:
        return read
    convert = source.use(f"convert{name}", conversion.function)
    if conversion.takes_none:
        return f"{convert}({read})"
    source.line(f"v{name} = {read}")
    return f"None if v{name} is None else {convert}(v{name})"


def converted(value: object, type_: TypeEngine[Any], dialect: Dialect) -> Any:
    """Return *value* as the driver takes it for *type_*."""
    conversion = type_.bind_conversion(dialect)
    if conversion is None or (value is None and not conversion.takes_none):
        return value
    return conversion.function(value)
