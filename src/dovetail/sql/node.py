"""The base of all parts of statements, and the walk that finds a statement's plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copyreg import __newobj__ as new_object  # type: ignore[attr-defined]
from types import MemberDescriptorType
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, Self, TypeVarTuple

from ..exc import ArgumentError, CompileError, InvalidRequestError
from .promise import Planner, Standing

Ts = TypeVarTuple("Ts")

_NO_MAPPING: Mapping[str, Any] = {}


class Walk:
    """What one pass over a statement collects.

    ``key``      the structure, flat: statements of equal keys have the same SQL
    ``binds``    the bound parameters in the order met; their values are not in the key
    ``planner``  who resolves the entities met, or None
    ``numbers``  canonical numbers of what is known by identity within the statement alone
    ``writes``   whether it may do more than reading, at any depth: an INSERT in a CTE, or text
    ``locks``    whether it locks rows, at any depth
    """

    __slots__ = ("binds", "key", "locks", "numbers", "planner", "writes")

    def __init__(self) -> None:
        self.key: list[Any] = []
        self.binds: list[Any] = []
        self.planner: Planner | None = None
        self.numbers: dict[Any, int] = {}
        self.writes = self.locks = False


class NodeCompiler(Protocol):
    """Compiles statements: installed by the compiler's floor in :data:`compilation`."""

    def __call__(
        self,
        node: Node,
        dialect: Any,
        *,
        column_keys: Sequence[str] | None = None,
        compile_kwargs: Mapping[str, Any] = _NO_MAPPING,
        schema_translate_map: Mapping[str | None, str | None] | None = None,
    ) -> Any: ...


class _Compilation:
    """Holds the function that compiles, which lives on a higher floor."""

    compiler: NodeCompiler | None = None


compilation = _Compilation()


class Node:
    """One part of a SQL statement.

    A node is never changed after it is built; every method that seems to change one returns
    a copy.  ``__visit_name__`` picks the compiler method that writes it; ``parts`` names the
    attributes that hold other nodes, alone or in tuples, lists and dictionaries.
    """

    __slots__ = ("__weakref__",)

    __visit_name__: ClassVar[str] = "node"
    parts: ClassVar[tuple[str, ...]] = ()
    is_promise: ClassVar[bool] = False
    supports_execution: ClassVar[bool] = False

    def collect(self, walk: Walk) -> None:
        """Append the structure of this node to *walk*.

        A node that says nothing else is known by identity: its plan serves it alone.
        """
        walk.key.append(self)

    def walk(self) -> Walk:
        """Return what a pass over this node collects."""
        walk = Walk()
        self.collect(walk)
        return walk

    def compile(
        self,
        bind: Any = None,
        dialect: Any = None,
        *,
        column_keys: Sequence[str] | None = None,
        compile_kwargs: Mapping[str, Any] | None = None,
        schema_translate_map: Mapping[str | None, str | None] | None = None,
    ) -> Any:
        """Return this node as SQL for *dialect*, or for that of *bind*, or as the standard has it.

        ``compile_kwargs={"literal_binds": True}`` writes the values into the text: for
        reading, never for running.  *schema_translate_map* has other names for schemas, None for
        that of tables without one.
        """
        if dialect is None and bind is not None:
            dialect = getattr(bind, "dialect", bind)
        if compilation.compiler is None:
            raise CompileError("no compiler is loaded: import dovetail first")
        return compilation.compiler(
            self.as_sent(),
            dialect,
            column_keys=column_keys,
            compile_kwargs=compile_kwargs if compile_kwargs is not None else _NO_MAPPING,
            schema_translate_map=schema_translate_map,
        )

    def as_sent(self) -> Node:
        """Return what a session sends for this node: a SELECT of classes has loader options."""
        return self

    def __str__(self) -> str:
        return str(self.compile())

    def __repr__(self) -> str:
        return f"<{type(self).__module__}.{type(self).__qualname__} object at {id(self):#x}>"

    def _twin(self, **changes: object) -> Self:
        """Return a copy that differs in *changes* alone."""
        copy = object.__new__(type(self))
        for name in slot_names(type(self)):
            if hasattr(self, name):
                object.__setattr__(copy, name, getattr(self, name))
        state = getattr(self, "__dict__", None)
        if state:
            copy.__dict__.update(state)
        for name, value in changes.items():
            object.__setattr__(copy, name, value)
        copy._forget()
        return copy

    def _forget(self) -> None:
        """Drop what was computed from attributes that a copy may have changed."""

    def compare(self, other: Node) -> bool:
        """Return whether *other* has the same structure as this node, and the same values.

        A mapped attribute is the column that it stands for.
        """
        own, others = self.walk(), other.walk()
        if own.planner is not None or others.planner is not None:
            own, others = _resolved(self, own), _resolved(other, others)
        return own.key == others.key and _values_of(own) == _values_of(others)


def _resolved(node: Node, walk: Walk) -> Walk:
    """What a pass over *node* collects when it is of tables; *walk* has what it collects now."""
    core: Node = node if walk.planner is None else walk.planner.to_core(node)
    return core.walk()


def _values_of(walk: Walk) -> list[Any]:
    return [bind.value for bind in walk.binds]


_slot_names: dict[type[Any], tuple[str, ...]] = {}


def slot_names(cls: type[Any]) -> tuple[str, ...]:
    """Return the slots of *cls* and of its bases."""
    names = _slot_names.get(cls)
    if names is None:
        found: list[str] = []
        for base in cls.__mro__:
            slots = vars(base).get("__slots__", ())
            found += [slots] if isinstance(slots, str) else list(slots)
        # A property that stands in front of a slot is computed, not kept.
        names = _slot_names[cls] = tuple(
            name
            for name in dict.fromkeys(found)
            if isinstance(getattr(cls, name, None), MemberDescriptorType)
        )
    return names


class ReturnsRows(Generic[*Ts]):
    """What gives rows of values of the types *Ts*: for type checkers, a SELECT or a RETURNING."""

    __slots__ = ()


if TYPE_CHECKING:
    _Sendable = Node
else:
    # Users write ``class X(Executable, ClauseElement)``, and the two the other way round.
    _Sendable = object


class Executable(_Sendable):
    """What makes a node one that can be sent to the server by itself."""

    __slots__ = ()

    supports_execution: ClassVar[bool] = True
    is_select: ClassVar[bool] = False
    is_insert: ClassVar[bool] = False
    is_update: ClassVar[bool] = False
    is_delete: ClassVar[bool] = False
    is_text: ClassVar[bool] = False
    is_ddl: ClassVar[bool] = False
    is_dml: ClassVar[bool] = False
    returns_rows: bool = False

    execution_options_dict: Mapping[str, Any] = _NO_MAPPING
    loader_options: tuple[Any, ...] = ()
    standing: tuple[Standing, ...] = ()

    def __init_subclass__(cls, **keywords: object) -> None:
        super().__init_subclass__(**keywords)
        if "supports_execution" not in vars(cls) and not cls.supports_execution:
            # A base before this one is a node that can't be sent.
            cls.supports_execution = True

    def _with(self, **changes: object) -> Self:
        copy: Any = object.__new__(type(self))
        copy.__dict__ = {**self.__dict__, **changes}
        made: Self = copy
        return made

    def reduce_plain(self) -> Any:
        """Return what ``pickle`` is told of this statement: what was computed of it is not."""
        return new_object, (type(self),), dict(self.__dict__)

    def execution_options(self, **options: object) -> Self:
        """Return a copy with *options* for those who run it; they are not part of its SQL."""
        if "isolation_level" in options:
            raise ArgumentError(
                "a statement has no isolation level of its own: its transaction has",
                hint="connection.execution_options(isolation_level=...), or that of the engine",
            )
        return self._with(execution_options_dict={**self.execution_options_dict, **options})

    def get_execution_options(self) -> Mapping[str, Any]:
        """Return the options set by :meth:`execution_options`."""
        return self.execution_options_dict

    def options(self, *options: object) -> Self:
        """Return a copy with loader options, such as ``selectinload(User.addresses)``.

        With the SQL that it sends::

            session.scalars(select(User).options(selectinload(User.orders))).all()
            # SELECT user_account.id, user_account.name FROM user_account
            # SELECT orders.user_id, orders.id, orders.total FROM orders WHERE orders.user_id IN (?,
            #     ?)
        """
        for option in options:
            if isinstance(option, Node) or not hasattr(option, "collect"):
                raise InvalidRequestError(
                    f"{option!r} is not a loader option",
                    hint="options come from dovetail.orm: selectinload(User.addresses)",
                )
        return self._with(loader_options=self.loader_options + options)


ClauseElement = Node
