"""A collection too large to load: written, asked, streamed and deleted without ever being read.

python -m examples.large_collections [database URL]
"""

import sys
from collections.abc import Iterator

from dovetail import ForeignKey, String, create_engine, event, func, select
from dovetail.engine import Engine
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    WriteOnlyMapped,
    mapped_column,
    relationship,
)


class Base(DeclarativeBase):
    """All tables of the example."""


class Sensor(Base):
    """A thermometer that reports every minute, for years."""

    __tablename__ = "sensor"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50), unique=True)

    # Write-only: nothing loads the whole by accident. With passive_deletes the database deletes
    # the readings of a sensor that goes (ON DELETE CASCADE): none of them is loaded for it.
    readings: WriteOnlyMapped["Reading"] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by="Reading.minute"
    )

    def hottest(self, session: Session, number: int) -> list["Reading"]:
        """The *number* hottest readings: a collection is asked by a statement."""
        hottest = self.readings.select().order_by(None).order_by(Reading.value.desc())
        return list(session.scalars(hottest.limit(number)))

    def mean(self, session: Session) -> float:
        """The mean of all values, which the database takes."""
        values = self.readings.select().with_only_columns(func.avg(Reading.value))
        return float(session.scalar(values.order_by(None)) or 0)

    def record(self, session: Session, values: list[int], first_minute: int = 0) -> None:
        """Add a reading for each minute: one INSERT of many rows, and no objects."""
        rows = [
            {"minute": minute, "value": value} for minute, value in enumerate(values, first_minute)
        ]
        session.execute(self.readings.insert(), rows)

    def calibrate(self, session: Session, error: int) -> int:
        """Correct all values by one UPDATE; return how many."""
        corrected = self.readings.update().values(value=Reading.value - error)
        changed: int = session.execute(corrected).rowcount
        return changed

    def stream(self, session: Session, size: int = 1000) -> Iterator["Reading"]:
        """All readings in order, *size* of them in memory at a time."""
        readings = self.readings.select().execution_options(yield_per=size)
        yield from session.scalars(readings)


class Reading(Base):
    """The temperature at a minute, in hundredths of a degree."""

    __tablename__ = "reading"

    id: Mapped[int] = mapped_column(primary_key=True)
    sensor_id: Mapped[int] = mapped_column(ForeignKey("sensor.id", ondelete="CASCADE"), index=True)
    minute: Mapped[int]
    value: Mapped[int]


def make_engine(url: str = "sqlite://") -> Engine:
    """An engine whose database minds foreign keys: SQLite does where it is told to."""
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def mind_foreign_keys(connection, record):  # type: ignore[no-untyped-def]
            connection.execute("PRAGMA foreign_keys = ON")

    return engine


def main(url: str = "sqlite://") -> None:
    engine = make_engine(url)
    Base.metadata.create_all(engine)

    with Session(engine) as session, session.begin():
        cellar, roof = Sensor(name="cellar"), Sensor(name="roof")
        session.add_all([cellar, roof])
        session.flush()
        cellar.record(session, [1200 + minute % 7 for minute in range(20_000)])
        roof.record(session, [1500 + minute % 1440 for minute in range(20_000)])
        roof.readings.add(Reading(minute=20_000, value=9999))

    with Session(engine) as session, session.begin():
        for sensor in session.scalars(select(Sensor).order_by(Sensor.name)):
            hottest = [reading.value for reading in sensor.hottest(session, 3)]
            print(f"{sensor.name}: {sensor.mean(session):.1f} on average, at most {hottest}")

        print("calibrated:", sensor.calibrate(session, error=25), "readings by one UPDATE")
        risen = sum(reading.value > 2000 for reading in sensor.stream(session))
        print("streamed:", risen, "of them above 20 degrees")

        session.delete(sensor)
        session.flush()
        print("left after the sensor went:", session.scalar(select(func.count(Reading.id))))
    engine.dispose()


if __name__ == "__main__":
    main(*sys.argv[1:])
