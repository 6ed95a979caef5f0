"""Bundle: several columns as one item of a row."""

from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from typing import Any, ClassVar, Generic, Self

from typing_extensions import TypeVar

from dovetail.engine.rows import Shape
from dovetail.exc import ArgumentError
from dovetail.orm.mapping.attribute import QueryableAttribute
from dovetail.orm.mapping.by_name import ByName
from dovetail.orm.mapping.mapper import Mapper
from dovetail.orm.tracking.inspection_attr import InspectionAttr
from dovetail.sql.expression.column_element import ColumnElement
from dovetail.sql.expression.columns import columns_of
from dovetail.sql.node import Node, Walk
from dovetail.sql.traversal import iterate

T = TypeVar("T", default=Any)


class Bundle(Node, InspectionAttr, Generic[T]):
    """Columns that make one item of a row, under one name::

        name = Bundle("name", User.first, User.last)
        for row in session.execute(select(name, User.age).where(name.c.first == "Ada")):
            row.name.last

    ``single_entity``  a Query of this alone gives the items, and not rows of one item

    A class derived from it may say what an item is: see :meth:`create_row_processor`.
    """

    __visit_name__: ClassVar[str] = "bundle"
    parts: ClassVar[tuple[str, ...]] = ("exprs",)
    is_promise: ClassVar[bool] = True
    is_bundle: ClassVar[bool] = True
    single_entity = False

    def __init__(self, name: str, *exprs: object, single_entity: bool = False) -> None:
        if not isinstance(name, str):
            raise ArgumentError(
                f"a Bundle has a name before its columns; got {name!r}",
                hint='Bundle("name", User.first, User.last)',
            )
        self.name = self.key = name
        made = columns_of(exprs)
        for one in made:
            if not isinstance(one, (ColumnElement, Bundle)):
                raise ArgumentError(
                    f"a Bundle is made of columns and other bundles; got {one!r}",
                    hint="name the columns of the class that are wanted",
                )
        self.exprs = made
        self.single_entity = bool(single_entity) or type(self).single_entity

    def __repr__(self) -> str:
        return f"<bundle {self.name} of {', '.join(self.labels)}>"

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(
            str(getattr(one, "key", None) or getattr(one, "name", None) or f"anon_{place}")
            for place, one in enumerate(self.exprs, 1)
        )

    @property
    def c(self) -> ByName[Any]:
        """The columns, and bundles, by name."""
        return ByName(dict(zip(self.labels, self.exprs, strict=True)))

    @property
    def columns(self) -> ByName[Any]:
        """The columns, and bundles, by name."""
        return self.c

    @property
    def clauses(self) -> tuple[Any, ...]:
        """The columns, and bundles, in order."""
        return self.exprs

    def label(self, name: str) -> Self:
        """A copy under another name."""
        return self._twin(name=name, key=name)

    def collect(self, walk: Walk) -> None:
        walk.planner = self.planner
        # What a class of the user's own makes of a row may depend on the bundle itself.
        is_plain = type(self).create_row_processor in _PLAIN
        walk.key += ("bundle", type(self) if is_plain else self, self.name, len(self.exprs))
        for one in self.exprs:
            one.collect(walk)

    @property
    def planner(self) -> Any:
        """Who resolves statements with this bundle."""
        return Mapper.planner

    @property
    def entity_namespace(self) -> Any:
        """Where ``filter_by()`` looks names up: the class of the first column."""
        for node in iterate(self):
            if isinstance(node, QueryableAttribute):
                return node.owner.entity_namespace
        return None

    @property
    def row_objects(self) -> tuple[Any, ...]:
        """What this is found by in a row."""
        return (self,)

    def describe_column(self) -> dict[str, Any]:
        """What this is as an item of a row."""
        return {
            "name": self.name,
            "type": type(self),
            "aliased": False,
            "expr": self,
            "entity": self.entity_namespace,
        }

    def flat(self) -> Iterator[Any]:
        """The columns, those of bundles within in their places."""
        for one in self.exprs:
            if isinstance(one, Bundle):
                yield from one.flat()
            else:
                yield one

    def create_row_processor(
        self, query: object, procs: Sequence[Callable[[Any], Any]], labels: Sequence[str]
    ) -> Callable[[Any], Any]:
        """The function that makes an item of a row; made to be overridden.

        *procs* has a function for each column, which reads its value from the row, and
        *labels* the names of the columns.  *query* is the statement.
        """
        make = Shape(tuple(labels)).row
        return lambda row: make([read(row) for read in procs])

    def processor(self, statement: Any) -> Callable[[tuple[Any, ...]], Any]:
        """The function that makes an item of the values of the columns and bundles."""
        readers = [itemgetter(place) for place in range(len(self.exprs))]
        return self.create_row_processor(statement, readers, list(self.labels))


class DictBundle(Bundle):
    """Columns that make one item of a row: a dictionary of their values by name::

    name = DictBundle("name", User.first, User.last)
    session.scalars(select(name)).first()  # {"first": "Ada", "last": "Byron"}

    ArgumentError is raised where two columns have the same name: one would be lost.
    """

    def __init__(self, name: str, *exprs: object, single_entity: bool = False) -> None:
        super().__init__(name, *exprs, single_entity=single_entity)
        labels = self.labels
        if len({*labels}) < len(labels):
            raise ArgumentError(
                f"DictBundle {name!r} has several columns of one name: {', '.join(labels)}",
                hint='call one of them otherwise: column.label("name")',
            )

    def create_row_processor(
        self, query: object, procs: Sequence[Callable[[Any], Any]], labels: Sequence[str]
    ) -> Callable[[Any], Any]:
        """The function that makes a dictionary of a row."""
        readers = list(zip(labels, procs, strict=True))
        return lambda row: {label: read(row) for label, read in readers}


_PLAIN = (Bundle.create_row_processor, DictBundle.create_row_processor)
"""What makes the same items of equal rows, whichever bundle it belongs to."""
