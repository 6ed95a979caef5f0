"""What programs written for SQLAlchemy take for granted and dovetail has otherwise.

The rooms ask the record; the alias (``dovetail.as_sqlalchemy``) sets it, before anything is
mapped or connected.  Nothing else differs while the alias is on.
"""

from __future__ import annotations

from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Conventions:
    """How dovetail goes about what the other package does otherwise."""

    engine_logger: str = "dovetail.engine"
    pool_logger: str = "dovetail.pool"
    """The loggers of engines and pools; those that are named have theirs below."""
    log_is_before: bool = False
    """Whether the log has two lines for each statement, before it runs, and not one after it."""
    instances_are_shown: bool = True
    """Whether classes without a ``__repr__`` of their own get one that shows what is loaded."""
    state_in_dictionary: bool = False
    """Whether the ``__dict__`` of each instance has its state, as ``_sa_instance_state``."""
    keys_expire: bool = False
    """Whether primary keys are read again too, after a commit or ``expire()``."""
    comparisons_have_truth: bool = False
    """Whether ``column == value`` is false to Python, and ``column != value`` true."""
    unknown_values_are_refused: bool = True
    """Whether an INSERT or UPDATE refuses a parameter that none of its columns is for."""
    enum_texts_are_checked: bool = True
    """Whether an Enum of a class refuses a text that is the name of none of its members."""
    expression_indexes_are_told: bool = True
    """Whether the inspector tells of indexes with expressions in them, on SQLite."""
    wrapped_instances_stay: bool = False
    """Whether a TypeDecorator whose ``impl`` is an instance passes over its arguments."""
    unions_are_of_lists: bool = False
    """Whether the SELECTs of a UNION are a list, in which programs put others in their place."""
    errors_are_copies: bool = False
    """Whether ``orig`` is a copy of an error of asyncpg, with the error itself as its cause."""
    first_drivers: Mapping[str, str] = MappingProxyType({})
    """The drivers of URLs that name none, by dialect, where they are installed."""
    entry_point_prefixes: tuple[str, ...] = ("dovetail",)
    """What the entry points of other packages begin with."""

    def follow_the_other_package(self, version: str) -> None:
        """Go about things as *version* of the other package does, from here on."""
        if version.startswith("2.0."):
            # Programs of that time read its errors, and rely on values that become literals.
            self.first_drivers = MappingProxyType({"postgresql": "psycopg2"})
        self.engine_logger = "sqlalchemy.engine.Engine"
        self.pool_logger = "sqlalchemy.pool.impl"
        self.log_is_before = True
        self.instances_are_shown = False
        self.state_in_dictionary = True
        self.keys_expire = True
        self.comparisons_have_truth = True
        self.unknown_values_are_refused = False
        self.enum_texts_are_checked = False
        self.expression_indexes_are_told = False
        self.wrapped_instances_stay = True
        self.unions_are_of_lists = True
        self.errors_are_copies = True
        self.entry_point_prefixes = ("dovetail", "sqlalchemy")


conventions = Conventions()


class ClassReference(NamedTuple):
    """A class by the module that has it: in pickles, where its ``__module__`` says otherwise."""

    module: str
    qualname: str

    def find(self) -> Any:
        """Return the class."""
        found: Any = import_module(self.module)
        for name in self.qualname.split("."):
            found = getattr(found, name)
        return found

    def __reduce__(self) -> tuple[Any, ...]:
        return class_at, (self.module, self.qualname)


def class_at(module: str, qualname: str) -> Any:
    """Return the class that a pickle names."""
    return ClassReference(module, qualname).find()


def call_anew(kind: Any, *arguments: object) -> Any:
    """Return what *kind* makes of *arguments*."""
    return kind(*arguments)


def made_anew(kind: Any, make: Any, *arguments: object) -> Any:
    """Return what *make* gives for a class, or for what refers to it, and *arguments*."""
    return make(kind.find() if isinstance(kind, ClassReference) else kind, *arguments)
