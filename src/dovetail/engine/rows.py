"""Rows: tuples with names, of a class made for each shape of result."""

from __future__ import annotations

import builtins
from collections.abc import Iterator, KeysView, Mapping
from operator import itemgetter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, TypeVarTuple
from weakref import WeakValueDictionary, ref

from ..exc import InvalidRequestError, NoSuchColumnError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

Ts = TypeVarTuple("Ts")
NO_NAMES: Mapping[str, int] = MappingProxyType({})


class Shape:
    """The columns of a result: their names, and what they can be found by.

    ``keys``     names, in order; a name may stand more than once
    ``columns``  for each position, the objects (columns, labels) that stand for it
    ``others``   names that are not among the keys, and the positions that they mean as well
    ``row``      the class of the rows
    """

    __slots__ = ("__weakref__", "_by_object", "_later", "_others", "keys", "row")

    def __init__(
        self,
        keys: tuple[str, ...],
        columns: Sequence[Iterable[Hashable]] = (),
        others: Mapping[str, int] = NO_NAMES,
    ) -> None:
        self.keys = keys
        self._others = others
        self.row: type[Row[*tuple[Any, ...]]] = row_class(keys)
        self._by_object: dict[Any, int] = {}
        self._later: dict[int, tuple[ref[Any], int]] = {}
        for position, objects in enumerate(columns):
            for each in objects:
                self._by_object.setdefault(each, position)
        if self._by_object:
            members: dict[str, Any] = {"__slots__": (), "_shape": self}
            if others:
                members["_names"] = {**others, **self.row._names}
                members.update(_readers(others))
            self.row = type("Row", (self.row,), members)

    def __reduce__(self) -> Any:
        # By name: what else rows are known by belongs to a statement of the process that wrote.
        return Shape, (self.keys,)

    def known_by(self, columns: Sequence[Iterable[Hashable]]) -> Shape:
        """Return the shape whose rows are known by *columns*, those of another statement, too.

        The statement has the same structure as that of this shape: a label, a function, an alias
        made anew stands for the same column as long as it lives.  Where one of them
        stands for another column here, the rows need a shape of their own.
        """
        later = self._later
        own: dict[int, int] = {}
        for position, objects in enumerate(columns):
            for each in objects:
                known = self.position(each)
                first = own.setdefault(id(each), position)
                if known is None:
                    number = id(each)
                    later[number] = (ref(each, _forgetting(later, number)), position)
                elif known != first:
                    return Shape(self.keys, columns, self._others)
        return self

    def narrowed(self, positions: Sequence[int]) -> Shape:
        """Return the shape of rows of the columns at *positions*, known by the same objects."""
        objects: dict[int, list[Any]] = {position: [] for position in positions}
        for each, position in self._by_object.items():
            if position in objects:
                objects[position].append(each)
        for reference, position in self._later.values():
            each = reference()
            if each is not None and position in objects:
                objects[position].append(each)
        keys = tuple(self.keys[position] for position in positions)
        others = {
            name: positions.index(position)
            for name, position in self._others.items()
            if position in objects
        }
        return Shape(keys, [objects[position] for position in positions], others)

    def position(self, column: object) -> int | None:
        """Return where the *column* itself stands, whatever it is called; None if it does not."""
        found = self._by_object.get(column)
        if found is None and self._later:
            kept = self._later.get(id(column))
            if kept is not None and kept[0]() is column:
                return kept[1]
        return found

    def row_list(self, raw: Iterable[Any]) -> list[Any]:
        """Return the tuples *raw* as rows."""
        return list(map(self.row, raw))

    def index(self, key: object) -> int:
        """Return the position of the column that *key* (a name, number or column) stands for.

        NoSuchColumnError is raised if there is none, InvalidRequestError if a name stands
        for several.
        """
        if isinstance(key, int):
            if -len(self.keys) <= key < len(self.keys):
                return key % len(self.keys)
            raise NoSuchColumnError(f"the row has {len(self.keys)} columns, none at {key}")
        if isinstance(key, str):
            return self.row._index_of(key)
        position = self.position(key)
        if position is not None:
            return position
        # A label made anew for each statement, or a column of a statement that was text, is
        # known by its name; a column of another table is not.
        name = getattr(key, "name", None)
        foreign = self._by_object and getattr(key, "table", None) is not None
        if isinstance(name, str) and self.keys.count(name) == 1 and not foreign:
            return self.keys.index(name)
        raise NoSuchColumnError(f"the row has no column for {key!s}; it has {', '.join(self.keys)}")


def _forgetting(later: dict[int, Any], number: int) -> Callable[[Any], None]:
    """Return what takes the object with this *number* out of *later* when it is gone."""

    def forget(_: object) -> None:
        later.pop(number, None)

    return forget


class Row(tuple[*Ts]):
    """A row of a result: a tuple whose values can be read by name too.

    ::

        row = connection.execute(select(user.c.id, user.c.name)).first()
        row.name, row[1], row._mapping[user.c.name]
        number, name = row
    """

    __slots__ = ()
    _fields: ClassVar[tuple[str, ...]] = ()
    _names: ClassVar[dict[str, int]] = {}
    _shape: ClassVar[Shape | None] = None

    @classmethod
    def _index_of(cls, name: str) -> int:
        position = cls._names.get(name)
        if position is None:
            raise NoSuchColumnError(
                f"the row has no column {name!r}; it has {', '.join(cls._fields)}",
                hint=did_you_mean(name, cls._fields),
            )
        if position < 0:
            _ambiguous(name)
        return position

    def _asdict(self) -> dict[str, Any]:
        """Return the row as a dictionary."""
        values: Any = self
        return dict(zip(self._fields, values, strict=True))

    @property
    def _mapping(self) -> RowMapping:
        """The row as a mapping from names (or columns) to values."""
        return RowMapping(self)

    def _tuple(self) -> builtins.tuple[*Ts]:
        """Return the row itself, for type checkers a plain tuple."""
        return self

    @property
    def _t(self) -> builtins.tuple[*Ts]:
        return self

    @property
    def t(self) -> builtins.tuple[*Ts]:
        """The row itself, for type checkers a plain tuple."""
        return self

    def tuple(self) -> builtins.tuple[*Ts]:
        """Return the row itself, for type checkers a plain tuple."""
        return self

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> NoReturn:
            raise _no_column(self._fields, name)

    else:

        def __getattr__(self, name: str) -> Any: ...

    def __reduce__(self) -> Any:
        return restore_row, (self._fields, (*self,))


def _no_column(fields: Sequence[str], name: str) -> AttributeError:
    """Return the error for a row without a column *name*."""
    hint = did_you_mean(name, fields)
    return AttributeError(
        f"the row has no column {name!r}; it has {', '.join(fields)}"
        + (f" ({hint})" if hint else "")
    )


class RowMapping(Mapping[Any, Any]):
    """A row seen as a mapping: keys are names, and columns serve as keys too.

    As those of a row, values are attributes as well, unless a method has the name.
    """

    __slots__ = ("_row",)

    def __init__(self, row: Row[*tuple[Any, ...]]) -> None:
        self._row = row

    def __getattr__(self, name: str) -> Any:
        # What unpickles and copies may ask before there is a row.
        if name == "_row" or name not in self._row._names:
            raise _no_column(() if name == "_row" else self._row._fields, name)
        return self[name]

    def __getitem__(self, key: object) -> Any:
        if type(key) is str:
            return self._row[self._row._index_of(key)]
        shape = self._row._shape or Shape(self._row._fields)
        return self._row[shape.index(key)]

    def __iter__(self) -> Iterator[str]:
        return iter(self._row._fields)

    def __len__(self) -> int:
        return len(self._row)

    def keys(self) -> RMKeyView:
        """The names, in order."""
        return RMKeyView(self._row._fields, self)

    def __contains__(self, key: object) -> bool:
        try:
            self[key]
        except KeyError:
            return False
        return True

    def __eq__(self, other: object) -> bool:
        if isinstance(other, RowMapping):
            return self._row == other._row and self._row._fields == other._row._fields
        return dict(self) == other

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(self._row._asdict())

    def __reduce__(self) -> Any:
        return restore_mapping, (self._row,)


class RMKeyView(KeysView[str]):
    """The names of a result, in order; columns are found in that of a row too."""

    __slots__ = ("_keys", "_row")

    def __init__(self, keys: Sequence[str], row: RowMapping | None = None) -> None:
        self._keys = keys
        self._row = row

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __contains__(self, key: object) -> bool:
        return key in self._keys if isinstance(key, str) or self._row is None else key in self._row

    def __getitem__(self, position: int) -> str:
        return self._keys[position]

    def __eq__(self, other: object) -> bool:
        return (
            list(self._keys) == list(other)
            if isinstance(other, list | tuple)
            else (super().__eq__(other))
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"RMKeyView({list(self._keys)!r})"


_classes: WeakValueDictionary[tuple[str, ...], type[Row[*tuple[Any, ...]]]] = WeakValueDictionary()
_KEPT = frozenset(name for name in vars(Row) if name.startswith("_"))
"""Names that mean the same on every row, whatever its columns are called."""


def row_class(keys: tuple[str, ...]) -> type[Row[*tuple[Any, ...]]]:
    """Return the class of rows whose columns are called *keys*; one for each such tuple."""
    found = _classes.get(keys)
    if found is not None:
        return found
    names: dict[str, int] = {}
    for position, key in enumerate(keys):
        names[key] = position if key not in names else -1
    members: dict[str, Any] = {"__slots__": (), "_fields": keys, "_names": names}
    made: type[Row[*tuple[Any, ...]]] = type("Row", (Row,), {**members, **_readers(names)})
    return _classes.setdefault(keys, made)


def _readers(names: Mapping[str, int]) -> dict[str, property]:
    """Return the attributes that read a row by *names*, at their positions; -1 for several."""
    return {
        name: property(_ambiguity(name) if position < 0 else itemgetter(position))
        for name, position in names.items()
        if name not in _KEPT and not (name.startswith("__") and name.endswith("__"))
    }


def _ambiguity(name: str) -> Callable[[Any], NoReturn]:
    def read(row: tuple[Any, ...]) -> NoReturn:
        _ambiguous(name)

    return read


def _ambiguous(name: str) -> NoReturn:
    raise InvalidRequestError(
        f"ambiguous column name {name!r}: the row has more than one",
        hint="label the columns, or read them by position or by column object",
    )


def restore_row(keys: tuple[str, ...], values: tuple[Any, ...]) -> Row[*tuple[Any, ...]]:
    """Return the row that was pickled."""
    return row_class(keys)(values)


def restore_mapping(row: Row[*tuple[Any, ...]]) -> RowMapping:
    """Return the mapping that was pickled."""
    return RowMapping(row)
