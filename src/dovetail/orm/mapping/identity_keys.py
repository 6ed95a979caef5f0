"""Keys of instances: what a mapper makes of primary key values."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID
from warnings import warn

from dovetail.dialects.dialect import Dialect
from dovetail.exc import DovetailWarning, InvalidRequestError
from dovetail.types.settling import Settling


class IdentityKeys:
    """What a mapper knows of the keys of its instances.

    ``primary_keys``   the attributes that tell instances apart
    ``single_key``     the attribute, where it is one; None otherwise
    """

    class_: type
    base: Any
    primary_keys: tuple[str, ...]
    single_key: str | None
    composites: Any
    synonyms: Any
    columns: Any
    memo: dict[Any, Any]

    def key_of(self, instance: object) -> Any:
        """The key that *instance* carries in its attributes; None when a part is missing."""
        values = instance.__dict__
        if self.single_key is not None:
            return values.get(self.single_key)
        key = tuple([values.get(name) for name in self.primary_keys])
        return None if None in key else key

    def settlings(self, dialect: Dialect) -> tuple[tuple[str, Settling], ...]:
        """(attribute, what its values become in the database) of each part of the key."""
        kept: dict[Any, tuple[tuple[str, Settling], ...]] = self.memo.setdefault("settlings", {})
        found = kept.get(dialect)
        if found is None:
            types = [self.columns[name].type.dialect_impl(dialect) for name in self.primary_keys]
            each = [type_.settling(dialect) for type_ in types]
            pairs = zip(self.primary_keys, each, strict=True)
            found = kept[dialect] = tuple((name, one) for name, one in pairs if one is not None)
        return found

    def settled_key_of(self, instance: object, dialect: Dialect) -> Any:
        """The key of *instance*, whose row has been written: what is read of it from now on."""
        values = instance.__dict__
        for name, (kind, function) in self.settlings(dialect):
            value = values.get(name)
            if value.__class__ is not kind:
                values[name] = function(value)
        return self.key_of(instance)

    def key_tuple(self, key: Any) -> tuple[Any, ...]:
        """The primary key values of *key*."""
        return key if self.single_key is None else (key,)

    def key_from_tuple(self, values: Iterable[Any]) -> Any:
        """The key for primary key *values*."""
        key = tuple(values)
        return key if self.single_key is None else key[0]

    def primary_key_from_instance(self, instance: object) -> tuple[Any, ...]:
        """The primary key values of *instance*, in the order of the columns."""
        return tuple([getattr(instance, name) for name in self.primary_keys])

    def identity_key_from_primary_key(
        self, values: Iterable[Any], token: object = None
    ) -> tuple[Any, ...]:
        """The identity key of the row with primary key *values*."""
        return self.base.class_, tuple(values), token

    def identity_key_from_row(self, row: object, identity_token: object = None) -> tuple[Any, ...]:
        """The identity key of *row*, one with the columns of the primary key, of any statement."""
        mapping: Any = getattr(row, "_mapping", row)
        values = [mapping[self.columns[name]] for name in self.primary_keys]
        return self.identity_key_from_primary_key(values, identity_token)

    def identity_key_from_instance(self, instance: object) -> tuple[Any, ...]:
        """The identity key of *instance*."""
        return self.identity_key_from_primary_key(self.primary_key_from_instance(instance))

    def key_from_identity(self, identity: object) -> Any:
        """The key for what a user gives to ``get()``: a value, a tuple, or a dictionary."""
        names = self.primary_keys
        if self.single_key is not None and identity.__class__ in _SCALARS:
            return identity
        if isinstance(identity, dict):
            identity = {self._unwrapped(name): value for name, value in identity.items()}
            if set(identity) != set(names):
                raise InvalidRequestError(
                    f"the primary key of {self.class_.__name__} is {', '.join(names)}; "
                    f"the dictionary has {', '.join(map(str, identity)) or 'nothing'}",
                    hint="give a value for each: {"
                    + ", ".join(f"{name!r}: ..." for name in names)
                    + "}",
                )
            values = tuple(identity[name] for name in names)
        elif isinstance(identity, (tuple, list)):
            values = tuple(identity)
        else:
            values = self._of_composite(identity) or (identity,)
        if len(values) != len(names):
            raise InvalidRequestError(
                f"the primary key of {self.class_.__name__} has {len(names)} "
                f"column{'s' if len(names) > 1 else ''} ({', '.join(names)}); "
                f"{len(values)} value{'s were' if len(values) != 1 else ' was'} given",
                hint=f"session.get({self.class_.__name__}, {_shape(names)})",
            )
        if not any(value is not None for value in values):
            warn(
                f"get() of {self.class_.__name__} with a primary key of nothing but None: no row "
                "has it",
                DovetailWarning,
                stacklevel=3,
            )
        return self.key_from_tuple(values)

    def _unwrapped(self, name: str) -> Any:
        """The attribute that *name* is, or is a synonym of."""
        while name in self.synonyms:
            name = self.synonyms[name].name
        return name

    def _of_composite(self, identity: object) -> tuple[Any, ...] | None:
        """The primary key values that *identity*, a value of a composite, is made of; or None."""
        for prop in self.composites:
            if isinstance(identity, prop.composite_class) and set(prop.keys) == set(
                self.primary_keys
            ):
                values = dict(zip(prop.keys, prop.values_of(identity), strict=True))
                return tuple(values[name] for name in self.primary_keys)
        return None


_SCALARS = frozenset({int, str, bytes, UUID})


def _shape(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"({', '.join(names)})"
