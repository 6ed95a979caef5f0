"""Rows kept between sessions, in a region of dogpile.cache: of queries, and of instances by key.

A commit makes stale what it has changed, so nobody has to remember which keys to delete.

python -m examples.dogpile_cache [database URL]
"""

import sys
from collections import Counter
from typing import Any

from dogpile.cache import make_region

from dovetail import ForeignKey, Select, String, create_engine, event, func, select
from dovetail.engine import Engine
from dovetail.ext.cache import Cache, FromCache
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    mapped_column,
    relationship,
    selectinload,
    sessionmaker,
)


class Base(DeclarativeBase):
    """All tables of the example."""


class Country(Base):
    """Read by every request, and changed once in a year."""

    __tablename__ = "country"

    code: Mapped[str] = mapped_column(String(2), primary_key=True)
    name: Mapped[str] = mapped_column(String(50))


class City(Base):
    """A city, with its sights."""

    __tablename__ = "city"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50), unique=True)
    country_code: Mapped[str] = mapped_column(ForeignKey("country.code"))
    country: Mapped[Country] = relationship()
    sights: Mapped[list["Sight"]] = relationship(order_by="Sight.name", back_populates="city")


class Sight(Base):
    """What people come to see."""

    __tablename__ = "sight"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50))
    city_id: Mapped[int] = mapped_column(ForeignKey("city.id"))
    city: Mapped[City] = relationship(back_populates="sights")


def make_sessions(engine: Engine) -> tuple[sessionmaker[Session], Cache]:
    """A factory of sessions, and the cache that they share.

    Say ``make_region().configure("dogpile.cache.redis", arguments={"url": …})`` for a cache
    that all processes share.
    """
    cache = Cache(make_region().configure("dogpile.cache.memory", expiration_time=3600))
    factory = sessionmaker(engine)
    cache.attach(factory)
    # Countries are found by their key, by session.get() and by city.country, without a query.
    cache.entities(Country)
    return factory, cache


def guide() -> Select[City]:
    """All cities with their sights, from the cache where it has them."""
    cities = select(City).order_by(City.name).options(selectinload(City.sights))
    return cities.options(FromCache())


def pages(session: Session) -> list[str]:
    """What the guide says, a line for each city."""
    return [
        f"{city.name}, {city.country.name}: {', '.join(sight.name for sight in city.sights)}"
        for city in session.scalars(guide())
    ]


def number_of_sights() -> Select[tuple[int]]:
    """Queries of columns are kept too; this one for a minute."""
    return select(func.count(Sight.id)).options(FromCache(expiration_time=60))


def write_guide(session: Session) -> None:
    """Cities to look at."""
    italy, portugal = Country(code="IT", name="Italy"), Country(code="PT", name="Portugal")
    turin = City(name="Turin", country=italy, sights=[Sight(name="Mole"), Sight(name="Lingotto")])
    porto = City(name="Porto", country=portugal, sights=[Sight(name="Ribeira")])
    session.add_all([turin, porto])


def main(url: str = "sqlite://") -> None:
    engine = create_engine(url)
    Base.metadata.create_all(engine)
    make_session, cache = make_sessions(engine)
    with make_session.begin() as session:
        write_guide(session)

    sent: Counter[str] = Counter()

    @event.listens_for(engine, "before_cursor_execute")
    def count(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        sent[statement.partition(" ")[0]] += 1

    def read(when: str) -> None:
        sent.clear()
        with make_session() as session:
            lines, sights = pages(session), session.scalar(number_of_sights())
        print(f"{when}: {sent['SELECT']} statements, {sights} sights, {lines}")

    read("at first")
    read("again")
    with make_session.begin() as session:
        city = session.scalars(select(City).where(City.name == "Porto")).one()
        city.sights.append(Sight(name="Serralves"))
    read("after a commit")
    read("again")
    print(cache.stats)
    engine.dispose()


if __name__ == "__main__":
    main(*sys.argv[1:])
