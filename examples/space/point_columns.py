"""Places on a plane, as two columns: distances in plain SQL, on every database.

A composite makes one attribute of the columns, and its comparator says what can be asked of it.
A circle is looked for in a box first, so that indexes are of use.

python -m examples.space.point_columns [database URL]
"""

import sys
from dataclasses import dataclass
from math import hypot
from typing import Any

from dovetail import ColumnElement, Double, Index, Select, String, and_, create_engine, select
from dovetail.orm import (
    CompositeProperty,
    DeclarativeBase,
    Mapped,
    Session,
    composite,
    mapped_column,
)


class Base(DeclarativeBase):
    """All tables of the example."""


@dataclass(frozen=True)
class Point:
    """A point on a plane."""

    x: float
    y: float

    def distance(self, other: "Point") -> float:
        return hypot(self.x - other.x, self.y - other.y)


class PointComparator(CompositeProperty.Comparator):
    """What a statement can ask of a point: ``Place.at.is_within(Point(0, 0), 5)``."""

    def columns(self) -> tuple[ColumnElement[float], ColumnElement[float]]:
        x, y = self.__clause_element__().clauses
        return x, y

    def distance_squared(self, point: Point) -> ColumnElement[float]:
        """To sort and compare by; its root would be the distance, which not all databases take."""
        x, y = self.columns()
        return (x - point.x) * (x - point.x) + (y - point.y) * (y - point.y)

    def is_in_box(self, low: Point, high: Point) -> ColumnElement[bool]:
        x, y = self.columns()
        return and_(x.between(low.x, high.x), y.between(low.y, high.y))

    def is_within(self, centre: Point, radius: float) -> ColumnElement[bool]:
        """Whether it lies in a circle; the box around that is for the index."""
        low = Point(centre.x - radius, centre.y - radius)
        high = Point(centre.x + radius, centre.y + radius)
        return and_(self.is_in_box(low, high), self.distance_squared(centre) <= radius * radius)


class Place(Base):
    """A place, and where it is."""

    __tablename__ = "place"
    __table_args__ = (Index("place_at", "x", "y"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50), unique=True)
    at: Mapped[Point] = composite(
        mapped_column("x", Double), mapped_column("y", Double), comparator_factory=PointComparator
    )


def nearest(point: Point, number: int) -> Select[Place]:
    """The *number* places nearest to *point*."""
    at: Any = Place.at
    return select(Place).order_by(at.distance_squared(point)).limit(number)


def within(centre: Point, radius: float) -> Select[Place]:
    """The places in a circle, by name."""
    at: Any = Place.at
    return select(Place).where(at.is_within(centre, radius)).order_by(Place.name)


def settle(session: Session) -> None:
    """Places to look at."""
    points = {"mill": (0, 0), "bridge": (3, 4), "inn": (6, 0), "farm": (-5, 12), "tower": (4, 4)}
    session.add_all([Place(name=name, at=Point(x, y)) for name, (x, y) in points.items()])


def main(url: str = "sqlite://") -> None:
    engine = create_engine(url)
    Base.metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        settle(session)

    with Session(engine) as session, session.begin():
        mill = session.scalars(select(Place).where(Place.at == Point(0, 0))).one()
        for place in session.scalars(nearest(mill.at, 3)):
            print(f"{place.name}: {mill.at.distance(place.at):.2f} from the {mill.name}")
        found = [place.name for place in session.scalars(within(Point(0, 0), 5))]
        print("at most 5 away:", found)
    engine.dispose()


if __name__ == "__main__":
    main(*sys.argv[1:])
