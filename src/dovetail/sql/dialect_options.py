"""What the parts of a schema are given for one dialect: ``postgresql_where=…``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar


class DialectArguments(dict[str, Any]):
    """Options of dialects by their whole names, ``<dialect>_<option>``."""


class OptionsOfDialect(Mapping[str, Any]):
    """The options of one dialect among the *arguments* of a part of a schema, by short names."""

    def __init__(
        self, dialect: str, arguments: Mapping[str, Any], usual: Mapping[str, Any]
    ) -> None:
        self._prefix = f"{dialect}_"
        self._arguments = arguments
        self._usual = usual

    def __getitem__(self, name: str) -> Any:
        """Return what was given for *name*, or what it usually is."""
        whole = self._prefix + name
        return self._arguments[whole] if whole in self._arguments else self._usual[name]

    def __iter__(self) -> Iterator[str]:
        given = [
            name.removeprefix(self._prefix)
            for name in self._arguments
            if name.startswith(self._prefix)
        ]
        return iter(dict.fromkeys((*self._usual, *given)))

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __repr__(self) -> str:
        return repr(dict(self))


class DialectOptions(Mapping[str, OptionsOfDialect]):
    """The options that a part of a schema was given, dialect by dialect."""

    def __init__(
        self, arguments: Mapping[str, Any], usual: Mapping[str, Mapping[str, Any]]
    ) -> None:
        self._arguments = arguments
        self._usual = usual

    def __getitem__(self, dialect: str) -> OptionsOfDialect:
        """Return the options for *dialect*: there may be none."""
        return OptionsOfDialect(dialect, self._arguments, self._usual.get(dialect, {}))

    def __contains__(self, dialect: object) -> bool:
        return dialect in list(self)

    def __iter__(self) -> Iterator[str]:
        given = [name.partition("_")[0] for name in self._arguments]
        return iter(dict.fromkeys((*self._usual, *given)))

    def __len__(self) -> int:
        return len(list(iter(self)))


class DialectKWArgs:
    """Base of the parts of a schema that take options of dialects as keywords."""

    dialect_kwargs: dict[str, Any]
    """The options that were given, each named ``<dialect>_<option>``."""
    _usual: ClassVar[dict[str, dict[str, Any]]] = {}

    @classmethod
    def argument_for(cls, dialect_name: str, argument_name: str, default: object) -> None:
        """Let *argument_name* be *default* for *dialect_name* where it is not given.

        It is what :attr:`dialect_options` has then; the name of the dialect stands before that
        of the option where it is given::

            Index.argument_for("mydialect", "length", None)
            Index("a", "b", mydialect_length=5).dialect_options["mydialect"]["length"]
        """
        if "_usual" not in cls.__dict__:
            cls._usual = {name: dict(options) for name, options in cls._usual.items()}
        cls._usual.setdefault(dialect_name, {})[argument_name] = default

    @property
    def kwargs(self) -> dict[str, Any]:
        """The options that were given, as :attr:`dialect_kwargs` has them."""
        return self.dialect_kwargs

    @property
    def dialect_options(self) -> DialectOptions:
        """The options by dialect and by name: ``index.dialect_options["postgresql"]["where"]``."""
        return DialectOptions(self.dialect_kwargs, type(self)._usual)
