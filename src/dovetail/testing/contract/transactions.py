"""Transactions, savepoints, isolation."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from ...dialects.features import Features
from ...engine.engine import Engine
from ...sql.metadata import MetaData
from ...sql.schema import Table
from ..features import meaning_of
from ..plugin import Package


def ids(sa: Package, engine: Engine, thing: Table) -> list[int]:
    with engine.connect() as connection:
        return list(connection.scalars(sa.select(thing.c.id).order_by(thing.c.id)))


Shared = tuple[Engine, Table, Callable[[], int]]
LEVELS = ("READ UNCOMMITTED", "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE")


class TransactionsContract:
    """Transactions, savepoints and isolation."""

    @pytest.fixture
    def thing(self, sa: Package, engine: Engine, metadata: MetaData) -> Table:
        thing: Table = sa.Table("thing", metadata, sa.Column("id", sa.Integer, primary_key=True))
        metadata.create_all(engine)
        return thing

    def test_commit_and_rollback(self, sa: Package, engine: Engine, thing: Table) -> None:
        with engine.connect() as connection:
            connection.execute(sa.insert(thing).values(id=1))
            connection.commit()
            connection.execute(sa.insert(thing).values(id=2))
            connection.rollback()
        with pytest.raises(ZeroDivisionError), engine.begin() as connection:
            connection.execute(sa.insert(thing).values(id=3))
            raise ZeroDivisionError
        with engine.begin() as connection:
            connection.execute(sa.insert(thing).values(id=4))

        assert ids(sa, engine, thing) == [1, 4]

    @pytest.mark.needs("supports_concurrent_writers")
    def test_what_is_not_committed_is_not_seen(
        self, sa: Package, engine: Engine, thing: Table
    ) -> None:
        with engine.connect() as one, engine.connect() as other:
            one.execute(sa.insert(thing).values(id=1))
            assert other.scalar(sa.select(sa.func.count()).select_from(thing)) == 0
            one.commit()
            other.rollback()
            assert other.scalar(sa.select(sa.func.count()).select_from(thing)) == 1

    @pytest.mark.needs("supports_savepoints")
    def test_savepoints_nest(self, sa: Package, engine: Engine, thing: Table) -> None:
        with engine.begin() as connection:
            connection.execute(sa.insert(thing).values(id=1))
            outer = connection.begin_nested()
            connection.execute(sa.insert(thing).values(id=2))
            inner = connection.begin_nested()
            connection.execute(sa.insert(thing).values(id=3))
            inner.rollback()
            connection.execute(sa.insert(thing).values(id=4))
            outer.commit()
            with connection.begin_nested():
                connection.execute(sa.insert(thing).values(id=5))

        assert ids(sa, engine, thing) == [1, 2, 4, 5]

    def test_autocommit(
        self, sa: Package, engine: Engine, features: Features, thing: Table
    ) -> None:
        if "AUTOCOMMIT" not in features.isolation_levels:
            pytest.skip(meaning_of("isolation_levels"))
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.insert(thing).values(id=1))
            connection.rollback()
        assert ids(sa, engine, thing) == [1]
        with engine.connect() as connection:
            connection.execute(sa.insert(thing).values(id=2))
        assert ids(sa, engine, thing) == [1]

    @pytest.mark.parametrize("level", LEVELS)
    def test_isolation_levels(
        self, level: str, sa: Package, engine: Engine, features: Features, thing: Table
    ) -> None:
        if level not in features.isolation_levels:
            with pytest.raises(sa.exc.ArgumentError, match=features.isolation_levels[0]):
                engine.connect().execution_options(isolation_level=level)
            return
        with engine.connect() as connection:
            usual = connection.get_isolation_level()
        with engine.connect().execution_options(isolation_level=level) as connection:
            assert connection.get_isolation_level() == level
            connection.execute(sa.insert(thing).values(id=1))
            connection.commit()
        with engine.connect() as connection:
            assert connection.get_isolation_level() == usual

    @pytest.mark.needs("supports_concurrent_writers")
    def test_repeatable_reads_repeat(
        self, sa: Package, engine: Engine, features: Features, thing: Table
    ) -> None:
        if "REPEATABLE READ" not in features.isolation_levels:
            pytest.skip(meaning_of("isolation_levels"))
        count = sa.select(sa.func.count()).select_from(thing)
        with engine.connect().execution_options(isolation_level="REPEATABLE READ") as one:
            assert one.scalar(count) == 0
            with engine.begin() as other:
                other.execute(sa.insert(thing).values(id=1))
            assert one.scalar(count) == 0
            one.rollback()
            assert one.scalar(count) == 1

    @pytest.fixture
    def shared(
        self, sa: Package, make_engine: Callable[..., Engine], metadata: MetaData
    ) -> Iterator[Shared]:
        """An engine whose only connection is lent to all who ask; a table; how many rows it has."""
        engine = make_engine(poolclass=sa.pool.StaticPool)
        thing = sa.Table("thing", metadata, sa.Column("id", sa.Integer, primary_key=True))
        metadata.create_all(engine)

        def count() -> int:
            with engine.connect() as connection:
                return int(connection.scalar(sa.select(sa.func.count()).select_from(thing)))

        yield engine, thing, count
        engine.dispose()

    @pytest.mark.parametrize("end", ["commit", "rollback", "close"])
    def test_the_end_of_one_who_shares_a_connection_lets_others_roll_back(
        self, end: str, sa: Package, shared: Shared
    ) -> None:
        engine, thing, count = shared
        with engine.connect() as one, engine.connect() as other:
            one.execute(sa.select(thing)).all()
            other.execute(sa.select(thing)).all()
            getattr(other, end)()

            one.execute(sa.insert(thing).values(id=1))
            one.execute(sa.insert(thing).values(id=2))
            one.rollback()

        assert count() == 0

    def test_one_who_begins_on_a_shared_connection_takes_nothing_away(
        self, sa: Package, shared: Shared
    ) -> None:
        engine, thing, count = shared
        with engine.connect() as one, engine.connect() as other:
            one.execute(sa.insert(thing).values(id=1))
            other.execute(sa.select(thing)).all()
            one.commit()
            other.execute(sa.insert(thing).values(id=2))
            other.commit()

        assert count() == 2
