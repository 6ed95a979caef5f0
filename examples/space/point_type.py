"""Places on a plane, as a type of one's own: one mapping for three servers.

PostgreSQL and MariaDB have a POINT and reckon with it; SQLite is given a function in Python.
The type says how a value goes in and comes out, two elements how each server spells that.

python -m examples.space.point_type [database URL]
"""

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from math import hypot
from typing import Any, ClassVar

from dovetail import ColumnElement, Float, Select, String, create_engine, event, literal, select
from dovetail.engine import Engine
from dovetail.ext.compiler import compiles
from dovetail.orm import DeclarativeBase, Mapped, Session, mapped_column
from dovetail.sql.functions import FunctionElement
from dovetail.types import UserDefinedType


@dataclass(frozen=True)
class Point:
    """A point on a plane."""

    x: float
    y: float

    def distance(self, other: "Point") -> float:
        return hypot(self.x - other.x, self.y - other.y)

    @classmethod
    def parse(cls, text: str) -> "Point":
        """The point in ``POINT(1 2)``, ``(1,2)`` or whatever has two numbers."""
        x, y = re.findall(r"-?[\d.]+(?:e[-+]?\d+)?", text)
        return cls(float(x), float(y))


# What statements are made of ------------------------------------------------------------------


class point_in(FunctionElement[Any]):
    """A parameter, as the point that it means."""

    inherit_cache = True


class point_out(FunctionElement[Any]):
    """A point, as text."""

    type = String()
    inherit_cache = True


class distance(FunctionElement[float]):
    """How far two points are apart."""

    type = Float()
    name = "distance"
    inherit_cache = True


def spelled(element: type, **by_server: str) -> None:
    """Let *element* be written by a template for each server; elsewhere as its arguments."""

    def writer(template: str) -> Callable[..., str]:
        def write(node: Any, compiler: Any, **options: Any) -> str:
            return template.format(*[compiler.process(part, **options) for part in node.clauses])

        return write

    compiles(element)(writer(by_server.pop("elsewhere", "{0}")))
    for server, template in by_server.items():
        compiles(element, server)(writer(template))


spelled(point_in, postgresql="CAST({0} AS POINT)", mariadb="ST_GeomFromText({0})")
spelled(point_out, postgresql="CAST({0} AS TEXT)", mariadb="ST_AsText({0})")
spelled(
    distance,
    postgresql="({0} <-> {1})",
    mariadb="ST_Distance({0}, {1})",
    elsewhere="distance({0}, {1})",
)


class PointType(UserDefinedType[Point]):
    """A column of points."""

    cache_ok = True

    class comparator_factory(UserDefinedType.Comparator):  # type: ignore[misc]
        """What a statement can ask of a point: ``Place.at.distance(Point(0, 0))``."""

        def distance(self, point: Point | ColumnElement[Point]) -> ColumnElement[float]:
            """How far it is from *point*, a value or another column."""
            if isinstance(point, Point):
                point = literal(point, self.type)
            return distance(self.expr, point)

    def get_col_spec(self, **options: Any) -> str:
        return "POINT"

    def bind_processor(self, dialect: Any) -> Callable[[Any], Any]:
        form = "({},{})" if dialect.name == "postgresql" else "POINT({} {})"
        return lambda point: None if point is None else form.format(point.x, point.y)

    def result_processor(self, dialect: Any, coltype: Any = None) -> Callable[[Any], Any]:
        return lambda text: None if text is None else Point.parse(text)

    def bind_expression(self, bindvalue: Any) -> Any:
        return point_in(bindvalue)

    def column_expression(self, column: Any) -> Any:
        return point_out(column)


# A mapping --------------------------------------------------------------------------------------


class Base(DeclarativeBase):
    """All tables of the example."""

    type_annotation_map: ClassVar = {Point: PointType}


class Place(Base):
    """A place, and where it is."""

    __tablename__ = "place"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50), unique=True)
    at: Mapped[Point]


def make_engine(url: str = "sqlite://") -> Engine:
    """An engine whose database can reckon with points: SQLite is told how."""
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def add_function(connection: Any, record: Any) -> None:
            def apart(one: str | None, other: str | None) -> float | None:
                if one is None or other is None:
                    return None
                return Point.parse(one).distance(Point.parse(other))

            connection.create_function("distance", 2, apart, deterministic=True)

    return engine


def nearest(point: Point, number: int) -> Select[Place]:
    """The *number* places nearest to *point*."""
    at: Any = Place.at
    return select(Place).order_by(at.distance(point)).limit(number)


def within(centre: Point, radius: float) -> Select[Place]:
    """The places in a circle, by name."""
    at: Any = Place.at
    return select(Place).where(at.distance(centre) <= radius).order_by(Place.name)


def settle(session: Session) -> None:
    """Places to look at."""
    points = {"mill": (0, 0), "bridge": (3, 4), "inn": (6, 0), "farm": (-5, 12), "tower": (4, 4)}
    session.add_all([Place(name=name, at=Point(x, y)) for name, (x, y) in points.items()])


def main(url: str = "sqlite://") -> None:
    engine = make_engine(url)
    Base.metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        settle(session)

    with Session(engine) as session, session.begin():
        mill = session.scalars(select(Place).where(Place.name == "mill")).one()
        for place in session.scalars(nearest(mill.at, 3)):
            print(f"{place.name}: {mill.at.distance(place.at):.2f} from the {mill.name}")
        found = [place.name for place in session.scalars(within(Point(0, 0), 5))]
        print("at most 5 away:", found)
    engine.dispose()


if __name__ == "__main__":
    main(*sys.argv[1:])
