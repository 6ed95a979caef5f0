"""Rows that hold from one time to another: a change ends the row and begins the next.

Nothing is overwritten, and every query is about some time: about now, unless the session or the
statement says as of when.  The condition comes by itself, whatever the statement joins or loads.

python -m examples.history.temporal_rows [database URL]
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from dovetail import Numeric, String, and_, create_engine, event, inspect, select, update
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    ORMExecuteState,
    Session,
    make_transient,
    mapped_column,
    with_loader_criteria,
)
from dovetail.orm.exc import StaleDataError

# Times are UTC, in columns without a zone.
FOREVER = datetime(9999, 12, 31, tzinfo=UTC).replace(tzinfo=None)


class Base(DeclarativeBase):
    """All tables of the example."""


class Temporal:
    """A class whose rows hold for a time."""

    id: Mapped[int] = mapped_column(primary_key=True)
    since: Mapped[datetime] = mapped_column(index=True)
    until: Mapped[datetime] = mapped_column(default=FOREVER)


class TemporalSession(Session):
    """A session whose changes end rows, and whose queries are about one time."""

    as_of: datetime | None = None

    def now(self) -> datetime:
        """The time of the changes that are written."""
        return datetime.now(UTC).replace(tzinfo=None)

    @contextmanager
    def back_in(self, time: datetime) -> Iterator[None]:
        """Let the queries of a block be about *time*."""
        before, self.as_of = self.as_of, time
        try:
            yield
        finally:
            self.as_of = before


@event.listens_for(TemporalSession, "do_orm_execute")
def as_of(state: ORMExecuteState) -> None:
    """Restrict what is selected to the rows that hold at the time of the session."""
    if not state.is_select or state.is_column_load:
        return
    session: Any = state.session
    time = state.execution_options.get("as_of", session.as_of)

    def holds(class_: Any) -> Any:
        if time is None:
            return class_.until == FOREVER
        return and_(class_.since <= time, class_.until > time)

    restriction = with_loader_criteria(Temporal, holds, include_aliases=True)
    state.statement = state.statement.options(restriction)


@event.listens_for(TemporalSession, "before_flush")
def end_rows(session: TemporalSession, flush_context: Any, instances: Any) -> None:
    """Let new rows begin; end those that are changed or deleted, and begin what comes after."""
    now = session.now()
    for instance in session.new:
        if isinstance(instance, Temporal) and getattr(instance, "since", None) is None:
            instance.since = now
    for instance in list(session.deleted):
        if isinstance(instance, Temporal):
            # Kept after all: its row ends.
            session.add(instance)
            instance.until = now
    changed: dict[type[Temporal], list[Temporal]] = {}
    for instance in session.dirty:
        if isinstance(instance, Temporal) and instance.until != now:
            if session.is_modified(instance):
                changed.setdefault(type(instance), []).append(instance)
    for class_, succeeded in changed.items():
        succeed(session, class_, succeeded, now)


def succeed(
    session: Session, class_: type[Temporal], instances: list[Temporal], now: datetime
) -> None:
    """End the rows of *instances*, by one UPDATE, and make them new ones that begin now."""
    keys = [instance.id for instance in instances]
    holding = update(class_).where(class_.id.in_(keys), class_.until == FOREVER)
    ended = session.connection().execute(holding.values(until=now)).rowcount
    if ended != len(keys):
        raise StaleDataError(f"{len(keys) - ended} of the {class_.__name__}s have ended meanwhile")
    for instance in instances:
        for name in inspect(instance).unloaded:
            # A new row needs all values.
            getattr(instance, name)
        make_transient(instance)
        del instance.id
        instance.since = now
        session.add(instance)


class Fare(Temporal, Base):
    """What a journey costs."""

    __tablename__ = "fare"

    journey: Mapped[str] = mapped_column(String(50), index=True)
    price: Mapped[float] = mapped_column(Numeric(8, 2, asdecimal=False))


class Yearly(TemporalSession):
    """A session for show: each of its flushes is a year after the one before."""

    year = 2020

    def now(self) -> datetime:
        self.year += 1
        return new_year(self.year)


def new_year(year: int) -> datetime:
    """The first moment of *year*."""
    return datetime(year, 1, 1, tzinfo=UTC).replace(tzinfo=None)


def main(url: str = "sqlite://") -> None:
    engine = create_engine(url)
    Base.metadata.create_all(engine)

    with Yearly(engine) as session:
        lakeside, summit = Fare(journey="lakeside", price=4.5), Fare(journey="summit", price=20)
        session.add_all([lakeside, summit])
        session.commit()  # in 2021
        lakeside.price = 4.8
        session.commit()  # in 2022
        lakeside.price = 5.2
        session.delete(summit)
        session.commit()  # in 2023

        fares = select(Fare).order_by(Fare.journey)
        for year in (2021, 2022, 2023):
            with session.back_in(new_year(year) + timedelta(days=100)):
                found = {fare.journey: fare.price for fare in session.scalars(fares)}
            print(f"in {year}: {found}")
        print("now:", {fare.journey: fare.price for fare in session.scalars(fares)})
    engine.dispose()


if __name__ == "__main__":
    main(*sys.argv[1:])
