"""SQL as the user has written it, with named parameters."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ...exc import ArgumentError, did_you_mean
from ...types.contract import NULLTYPE, to_instance, value_types
from ..node import Executable, Walk
from .column_element import ColumnElement
from .columns import ColumnClause
from .elements import BindParameter, NamedParameter, bindparam
from .naming import SelectedColumn
from .select_base import SelectBase

if TYPE_CHECKING:
    from ...types.contract import TypeEngine
    from ..arguments import ColumnArgument

BIND_NAMES = re.compile(r"(?<![:\w\\]):(\w+)(?![:\w])")
"""A parameter in text: a colon and a name; ``::``, ``:name:`` and ``\\:`` are none."""

_NAME_AFTER_AS = re.compile(
    r"""\bas\s+(?:(?P<plain>\w+)|["`\[](?P<quoted>[^"`\]]+)["`\]])\s*$""", re.IGNORECASE
)


class TextClause(Executable, ColumnElement[Any]):
    """SQL as text: made by :func:`text`."""

    __visit_name__ = "textclause"
    parts = ("binds",)
    is_text = True
    returns_rows = True
    name: Any = None

    def __init__(self, text: str, binds: tuple[BindParameter[Any], ...] | None = None) -> None:
        self.text = text
        if binds is None:
            names = dict.fromkeys(BIND_NAMES.findall(text))
            binds = tuple(
                NamedParameter(name, None, NULLTYPE, False, True, False, None, False)
                for name in names
            )
        self.binds = binds

    @property
    def result_name(self) -> str:
        """What the text calls itself where it is a column: the name after AS, or all of it."""
        named = _NAME_AFTER_AS.search(self.text)
        return named["quoted"] or named["plain"] if named is not None else self.text.strip()

    def collect(self, walk: Walk) -> None:
        walk.key.append("text")
        walk.key.append(self.text)
        for bind in self.binds:
            bind.collect(walk)

    def as_core(self) -> TextClause:
        """Return this statement itself."""
        return self

    def bindparams(self, *binds: BindParameter[Any], **values: object) -> TextClause:
        """Return a copy with values, or types, for its parameters::

        text("… WHERE id = :id").bindparams(id=5)
        text("… WHERE id IN :ids").bindparams(bindparam("ids", expanding=True))
        """
        own = {bind.key: bind for bind in self.binds}
        for bind in binds:
            own[self._known(bind.key, own)] = bind
        for name, value in values.items():
            old = own[self._known(name, own)]
            type_ = old.type if old.type is not NULLTYPE else value_types.type_of(value)
            own[name] = bindparam(name, value, type_, expanding=old.expanding)
        return TextClause(self.text, tuple(own.values()))

    def _known(self, name: object, own: dict[Any, Any]) -> Any:
        if name not in own:
            raise ArgumentError(
                f"this text() has no parameter named {name!r}",
                hint=did_you_mean(str(name), [str(key) for key in own]),
            )
        return name

    def columns(
        self, *columns: ColumnArgument, **types: TypeEngine[Any] | type[TypeEngine[Any]]
    ) -> TextualSelect:
        """Return this as a SELECT of which the columns are known, by position or by name."""
        made = list(columns)
        made += [ColumnClause(name, to_instance(type_)) for name, type_ in types.items()]
        return TextualSelect(self, made, positional=bool(columns) and not types)

    def params(self, __values: dict[str, Any] | None = None, **values: object) -> TextClause:
        """Return a copy whose parameters of these names have these values."""
        return self.bindparams(**{**(__values or {}), **values})

    def scalar_subquery(self) -> TextClause:
        """Return this itself."""
        return self


def text(text: str) -> TextClause:
    """Return SQL as it is, with ``:name`` for parameters.

    It goes to the server unchanged: never put a user's values into it::

        session.execute(text("SELECT name FROM user_account WHERE id = :id"), {"id": 1}).scalar()
        # SELECT name FROM user_account WHERE id = ?
    """
    return TextClause(text)


def verbatim(sql: str) -> TextClause:
    """Return *sql* as it is, as a server tells it: its colons are no parameters."""
    return TextClause(sql.replace("\\:", "\\\\:"), ())


class TextualSelect(SelectBase):
    """Text that gives rows of known columns."""

    __slots__ = ()
    __visit_name__ = "textual_select"
    parts = ("element",)

    def __init__(self, element: TextClause, columns: list[Any], positional: bool) -> None:
        self.__dict__.update(element=element, column_args=tuple(columns), positional=positional)

    element: TextClause
    column_args: tuple[Any, ...]
    positional: bool

    def collect(self, walk: Walk) -> None:
        walk.writes = True
        walk.key.append("textual")
        walk.key.append(self.positional)
        walk.key.append(len(self.column_args))
        for column in self.column_args:
            column.collect(walk)
        self.element.collect(walk)
        for option in self.loader_options:
            option.collect(walk)
        walk.key.append("end")

    def bindparams(self, *binds: BindParameter[Any], **values: object) -> TextualSelect:
        """Return a copy with values for its parameters."""
        return self._with(element=self.element.bindparams(*binds, **values))

    def named_columns(self) -> list[SelectedColumn]:
        return [
            SelectedColumn(c, str(getattr(c, "name", c.key)), str(c.key or c.name), True)
            for c in self.column_args
        ]


TextAsFrom = TextualSelect
"""The former name."""
