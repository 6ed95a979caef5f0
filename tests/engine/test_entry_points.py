"""Dialects and drivers of other packages are found by the entry points that these declare."""

import asyncio
import sys

import pytest

from dovetail import create_engine, create_pool_from_url, text
from dovetail.dialects import driver, registry
from dovetail.engine.url import make_url
from dovetail.exc import NoSuchModuleError
from dovetail.ext.asyncio import create_async_engine

PACKAGE = """
from dovetail.dialects.sqlite.dialect import SqliteDialect
from dovetail.dialects.sqlite.drivers import AioSqliteDriver, SqliteDriver


class PebbleDialect(SqliteDialect):
    name = "pebble"


class StoneDriver(SqliteDriver):
    dialect_name = "pebble"
    name = "stone"
    awaiting = "aiostone"


class AioStoneDriver(AioSqliteDriver):
    dialect_name = "pebble"
    name = "aiostone"
"""
ENTRY_POINTS = """
[dovetail.dialects]
pebble = dovetail_pebble:PebbleDialect
sand = dovetail_sand:SandDialect

[dovetail.drivers]
pebble+stone = dovetail_pebble:StoneDriver
pebble+aiostone = dovetail_pebble:AioStoneDriver
sqlite+stone = dovetail_pebble:StoneDriver
sand+grain = dovetail_sand:GrainDriver
"""


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A package is installed that has a dialect with two drivers, and one whose module is gone."""
    (tmp_path / "dovetail_pebble.py").write_text(PACKAGE)
    info = tmp_path / "dovetail_pebble-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: dovetail-pebble\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(registry, "_homes", dict(registry._homes))
    known = {dialect: dict(drivers) for dialect, drivers in driver._drivers.items()}
    monkeypatch.setattr(driver, "_drivers", known)
    yield
    sys.modules.pop("dovetail_pebble", None)


@pytest.mark.parametrize("url", ["pebble://", "pebble+stone://", "sqlite+stone://"])
def test_an_engine_is_made_of_what_a_package_brings(installed, url):
    engine = create_engine(url)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT 1")) == 1

    assert engine.driver == "stone"
    assert engine.dialect.name == url.partition(":")[0].partition("+")[0]
    engine.dispose()


def test_a_pool_is_made_of_what_a_package_brings(installed):
    pool = create_pool_from_url("pebble+stone://")
    connection = pool.connect()

    assert connection.cursor().execute("SELECT 1").fetchone() == (1,)
    connection.close()
    pool.dispose()


@pytest.mark.parametrize("url", ["pebble://", "pebble+stone://", "pebble+aiostone://"])
def test_an_awaiting_engine_finds_the_driver_that_awaits(installed, url):
    pytest.importorskip("aiosqlite")

    async def work():
        engine = create_async_engine(url)
        async with engine.connect() as connection:
            answer = await connection.scalar(text("SELECT 1"))
        await engine.dispose()
        return engine.driver, answer

    assert asyncio.run(work()) == ("aiostone", 1)


def test_the_drivers_of_this_package_come_first(installed):
    assert make_url("sqlite://").get_driver_class().name == "pysqlite"


def test_an_unknown_driver_is_told_of_those_that_packages_bring(installed):
    with pytest.raises(NoSuchModuleError, match="pebble has no driver 'brick'") as caught:
        create_engine("pebble+brick://")

    assert caught.value.hint == "known drivers: pebble+stone, pebble+aiostone"


@pytest.mark.parametrize("url", ["sand://", "sand+grain://"])
def test_what_cannot_be_imported_is_named(installed, url):
    with pytest.raises(NoSuchModuleError, match="dovetail_sand") as caught:
        create_engine(url)

    assert caught.value.hint == "is the package that brings it installed?"


def test_a_dialect_and_a_driver_are_registered_by_module_and_class(installed):
    registry.register("gravel", "dovetail_pebble", "PebbleDialect")
    registry.register("gravel.stone", "dovetail_pebble", "StoneDriver")

    engine = create_engine("gravel://")

    assert (engine.dialect.name, engine.driver) == ("pebble", "stone")
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT 1")) == 1
    engine.dispose()
