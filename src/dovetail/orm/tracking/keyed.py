"""Dictionaries of related instances, whose keys come of the instances."""

from collections.abc import Callable, Iterable
from typing import Any, ClassVar, SupportsIndex
from warnings import warn

from dovetail.exc import ArgumentError, DovetailWarning, InvalidRequestError
from dovetail.orm.tracking.collections import InstrumentedDict
from dovetail.orm.tracking.state import NO_VALUE, state_of
from dovetail.sql.expression.column_element import ColumnElement

KeyFunction = Callable[[Any], Any]


class KeyFuncDict(InstrumentedDict):
    """A dictionary of related instances; ``keyfunc`` gives the key of each.

    A class derived from it calls ``super().__init__(keyfunc)`` and may have an ``__init__``
    without parameters to serve as ``collection_class``.
    """

    __slots__ = ("ignore_unpopulated_attribute", "keyfunc")

    is_local: ClassVar[bool] = False
    """True for a class that was made by a function, and is not found by its name."""

    def __init__(
        self, keyfunc: KeyFunction, *items: Any, ignore_unpopulated_attribute: bool = False
    ) -> None:
        self.keyfunc = keyfunc
        self.ignore_unpopulated_attribute = ignore_unpopulated_attribute
        super().__init__(*items)

    def key_of(self, item: object) -> Any:
        """The key of *item*; NO_VALUE where it has none and is to be left out."""
        key = self.keyfunc(item)
        if self.ignore_unpopulated_attribute:
            return NO_VALUE if key is None else key
        if key is NO_VALUE:
            name = type(item).__name__
            raise InvalidRequestError(
                f"{item!r} can't be put into the dictionary: what makes its key has no value yet",
                hint=f"give the {name} its key first, or use ignore_unpopulated_attribute=True",
            )
        return key

    def set(self, value: object) -> None:
        """Put *value* in, under its key."""
        key = self.key_of(value)
        if key is not NO_VALUE:
            _look_at(key, value)
            self[key] = value

    def remove(self, value: object) -> None:
        """Take *value* out; InvalidRequestError where another one is under its key."""
        key = self.key_of(value)
        if key is NO_VALUE:
            return
        if self[key] != value:
            raise InvalidRequestError(
                f"{value!r} can't be taken out: under its key, {key!r}, is {self[key]!r}",
                hint="if its key has changed, delete it by the key that it had: del items[key]",
            )
        del self[key]

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        made: tuple[Any, ...] = (KeyFuncDict, self.keyfunc, self.ignore_unpopulated_attribute)
        if type(self) is not KeyFuncDict and not type(self).is_local:
            made = (type(self),)
        return _rebuild, made, None, None, iter(self.items())


MappedCollection = KeyFuncDict


def _rebuild(kind: type[Any], *arguments: object) -> Any:
    if not arguments:
        return kind()
    keyfunc, ignores = arguments
    return kind(keyfunc, ignore_unpopulated_attribute=ignores)


def _look_at(key: object, item: object) -> None:
    """Warn where *key* is None: whatever else has no key is put into the same place."""
    if key is None:
        name = type(item).__name__
        warn(
            f"a {name} is put into a dictionary under None, where the next {name} without a key "
            "takes its place: ignore_unpopulated_attribute=True leaves them out",
            DovetailWarning,
            stacklevel=3,
        )


def store(collection: Any, item: object) -> None:
    """Put *item* into *collection* under its key, without telling anybody."""
    key = collection.key_of(item)
    if key is NO_VALUE:
        return
    _look_at(key, item)
    dict.__setitem__(collection, key, item)


def drop(collection: Any, item: object) -> None:
    """Take *item* out of *collection*, whatever its key is by now, without telling anybody."""
    for key, held in collection.items():
        if held is item:
            dict.__delitem__(collection, key)
            return


def displaced(collection: Any, item: object) -> Any:
    """The member whose place *item* will take, or None."""
    return dict.get(collection, collection.key_of(item))


# What makes the keys ------------------------------------------------------------------------


class AttributeKey:
    """The key is the value of one attribute."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, item: object) -> Any:
        return _value(item, self.name)


class ColumnKey:
    """The key is the value of a column, or a tuple of the values of several."""

    __slots__ = ("columns",)

    def __init__(self, columns: Iterable[Any]) -> None:
        self.columns = tuple(columns)
        for column in self.columns:
            if isinstance(column, str) or getattr(column, "is_text", False):
                raise ArgumentError(
                    f"column_keyed_dict() takes columns, not {column!r}",
                    hint="attribute_keyed_dict() takes the name of an attribute",
                )

    def __call__(self, item: object) -> Any:
        names = state_of(item).load.mapper.column_keys
        values = tuple([_value(item, names[_column(column)]) for column in self.columns])
        if NO_VALUE in values:
            return NO_VALUE
        return values[0] if len(values) == 1 else values

    def __reduce__(self) -> Any:
        columns = [_column(column) for column in self.columns]
        return _keys_by_name, tuple([(_table_name(column), column.key) for column in columns])


class ColumnNames:
    """The key of a dictionary that was pickled: its columns by the names they had."""

    def __init__(self, names: tuple[tuple[str | None, str], ...]) -> None:
        self.names = names

    def __call__(self, item: object) -> Any:
        mapper = state_of(item).load.mapper
        tables = {table.name: table for table in mapper.tables}
        return ColumnKey(
            tables.get(table, mapper.local_table).c[name] for table, name in self.names
        )(item)


def _keys_by_name(*names: tuple[str | None, str]) -> ColumnNames:
    return ColumnNames(names)


def _table_name(column: ColumnElement[Any]) -> str | None:
    """The name of the table of *column*; None for one whose name is made up when it is written."""
    name = column.table.name
    return name if isinstance(name, str) else None


def _column(declared: Any) -> Any:
    """The column that is meant by a column, a mapped attribute, or a declared column."""
    if hasattr(declared, "__clause_element__"):
        declared = declared.__clause_element__()
    return declared


def _value(item: object, name: str) -> Any:
    value = getattr(item, name)
    if value is None and name not in item.__dict__ and _is_kept(item, name):
        return NO_VALUE
    return value


def _is_kept(item: object, name: str) -> bool:
    """Whether *name* is an attribute whose value lies in the instance, or another name for one."""
    mapper = getattr(type(item), "__mapper__", None)
    return mapper is None or name in mapper.named_attrs or name in mapper.synonyms


def keyfunc_mapping(
    keyfunc: KeyFunction, *, ignore_unpopulated_attribute: bool = False
) -> type[KeyFuncDict]:
    """Return a class of dictionaries: *keyfunc* gives the key of each member.

    It serves as ``collection_class``.  What has no key yet is refused, or, with
    *ignore_unpopulated_attribute*, left out.
    """

    class KeyedDict(KeyFuncDict):
        __slots__ = ()
        is_local = True

        def __init__(self, *items: object) -> None:
            super().__init__(
                keyfunc, *items, ignore_unpopulated_attribute=ignore_unpopulated_attribute
            )

    return KeyedDict


def attribute_keyed_dict(
    attr_name: str, *, ignore_unpopulated_attribute: bool = False
) -> type[KeyFuncDict]:
    """Return a class of dictionaries whose keys are the values of attribute *attr_name*::

        notes: Mapped[dict[str, "Note"]] = relationship(
            collection_class=attribute_keyed_dict("keyword")
        )

    The key is read when a member is put in; one that changes later moves nothing.
    """
    return keyfunc_mapping(
        AttributeKey(attr_name), ignore_unpopulated_attribute=ignore_unpopulated_attribute
    )


def column_keyed_dict(
    mapping_spec: object, *, ignore_unpopulated_attribute: bool = False
) -> type[KeyFuncDict]:
    """Return a class of dictionaries whose keys are the values of a column.

    With a list or tuple of columns, the keys are tuples.
    """
    columns = mapping_spec if isinstance(mapping_spec, (list, tuple)) else (mapping_spec,)
    return keyfunc_mapping(
        ColumnKey(columns), ignore_unpopulated_attribute=ignore_unpopulated_attribute
    )
