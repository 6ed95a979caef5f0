"""Options of engines: bad values are refused at once; pools, creators and plugins are taken."""

import sqlite3

import pytest

from dovetail import create_engine, create_pool_from_url, event
from dovetail.engine import CreateEnginePlugin, engine_from_config, register_plugin
from dovetail.exc import ArgumentError, InvalidOption, InvalidRequestError, NoSuchModuleError
from dovetail.ext.asyncio import create_async_pool_from_url
from dovetail.pool import NullPool, QueuePool, StaticPool

FILE = "sqlite:///x.db"


@pytest.mark.parametrize(
    "bad",
    [
        {"pool_size": "5"},
        {"pool_size": -1},
        {"pool_min_size": 1.5},
        {"pool_min_size": 9},
        {"max_overflow": -2},
        {"pool_timeout": "soon"},
        {"pool_timeout": -0.1},
        {"pool_recycle": -5},
        {"pool_recycle": None},
        {"pool_max_age": "1h"},
        {"pool_jitter": -1},
        {"pool_pre_ping": "yes"},
        {"pool_ping_after": -1},
        {"pool_hold_warn": "5"},
        {"pool_queue_target": -1},
        {"pool_use_lifo": 1},
        {"pool_reset_on_return": "maybe"},
        {"pool_logging_name": 5},
        {"echo": "loud"},
        {"echo_pool": 7},
        {"hide_parameters": "true"},
        {"logging_name": 1},
        {"query_cache_size": -1},
        {"query_cache_size": "500"},
        {"insertmanyvalues_page_size": 0},
        {"isolation_level": "SNAPSHOT"},
        {"isolation_level": 5},
        {"execution_options": [1]},
        {"execution_options": {"isolation_level": "nope"}},
        {"connect_args": "timeout=5"},
        {"creator": "connect"},
        {"async_creator": 5},
        {"poolclass": "QueuePool"},
        {"poolclass": dict},
        {"pool": QueuePool},
        {"plugins": "one"},
        {"json_serializer": "dumps"},
        {"label_length": "long"},
        {"max_identifier_length": 0},
        {"paramstyle": "dollar"},
    ],
    ids=str,
)
def test_a_bad_value_is_refused_at_once(bad):
    with pytest.raises(ArgumentError) as caught:
        create_engine(FILE, **bad)

    assert caught.value.message
    name = next(iter(bad))
    shown = str(caught.value)
    assert any(
        part in shown
        for part in (name, name.removeprefix("pool_"), "parameter style", "isolation level")
    )


def test_numbers_that_are_text_are_pointed_to_the_function_that_reads_them():
    with pytest.raises(ArgumentError) as caught:
        create_engine(FILE, pool_size="5")
    assert "pool_size=5, without quotes" in caught.value.hint


def test_all_options_are_read_from_text():
    engine = engine_from_config(
        {
            "db.url": FILE,
            "db.pool_size": "7",
            "db.pool_min_size": " 2 ",
            "db.max_overflow": "-1",
            "db.pool_timeout": "none",
            "db.pool_recycle": "3600",
            "db.pool_max_age": "60.5",
            "db.pool_jitter": "5",
            "db.pool_pre_ping": "on",
            "db.pool_ping_after": "0.1",
            "db.pool_hold_warn": "2",
            "db.pool_use_lifo": "T",
            "db.pool_reset_on_return": "none",
            "db.echo": "False",
            "db.echo_pool": "0",
            "db.hide_parameters": "yes",
            "db.query_cache_size": "10",
            "db.insertmanyvalues_page_size": "3",
            "db.isolation_level": "AUTOCOMMIT",
            "db.label_length": "20",
            "db.logging_name": "shop",
            "db.future": "true",
        },
        "db.",
    )
    pool = engine.pool

    assert (pool.size(), pool._min_size, pool._limit, pool.timeout()) == (7, 2, None, None)
    assert (pool._recycle, pool._max_age, pool._jitter) == (3600, 60.5, 5)
    assert (pool._pre_ping, pool._ping_after, pool._hold_warn) == (True, 0.1, 2)
    assert (engine.hide_parameters, engine.plans.capacity, engine.rows_per_insert) == (True, 10, 3)
    assert engine.default_isolation == "AUTOCOMMIT"
    assert engine.dialect.label_length == 20


@pytest.mark.parametrize(
    ("name", "text"), [("pool_size", "five"), ("pool_timeout", "1s"), ("echo", "perhaps")]
)
def test_text_that_is_no_value_is_refused(name, text):
    with pytest.raises(ArgumentError, match=name):
        engine_from_config({"sqlalchemy.url": FILE, f"sqlalchemy.{name}": text})


# Pools and creators.


def test_a_pool_that_is_there_serves_an_engine(tmp_path):
    opened = []

    def creator():
        opened.append(sqlite3.connect(tmp_path / "x.db", check_same_thread=False))
        return opened[-1]

    engine = create_engine("sqlite://", pool=QueuePool(creator, pool_size=2))
    heard = []
    event.listen(engine, "do_connect", lambda *_: heard.append(1))
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (id INTEGER)")
    with engine.connect() as connection:
        connection.exec_driver_sql("INSERT INTO t VALUES (1)")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM t").scalar() == 0
        # The driver's own transaction control is off, as on any connection of an engine.
        assert [raw.isolation_level for raw in opened] == [None]
    engine.dispose()

    assert engine.pool.size() == 2
    # Who opens connections himself is not asked how they are to be opened.
    assert heard == []


def test_options_of_a_pool_do_nothing_beside_one(tmp_path):
    with pytest.raises(InvalidOption, match="'pool_size' has no effect beside pool="):
        create_engine("sqlite://", pool=NullPool(sqlite3.connect), pool_size=5)


def test_a_pooler_is_refused_where_none_stands_before_the_database():
    for url in ("sqlite://", "mariadb://root@127.0.0.1/test"):
        with pytest.raises(InvalidOption, match="'pooler' has no effect with"):
            create_engine(url, pooler="transaction")
        with pytest.raises(InvalidOption, match="'pooler' has no effect with"):
            create_pool_from_url(url, pooler="transaction")


def test_a_pool_is_made_from_a_url(tmp_path):
    pool = create_pool_from_url(f"sqlite:///{tmp_path}/x.db", pool_size=3, pool_max_age=60)
    assert (type(pool), pool.size(), pool._max_age) == (QueuePool, 3, 60)
    with pool.connect() as raw:
        assert raw.cursor().execute("SELECT 1").fetchone() == (1,)

    engine = create_engine(f"sqlite:///{tmp_path}/x.db", pool=pool)
    heard = []
    event.listen(engine, "do_connect", lambda *_: heard.append(1))
    engine.dispose()
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1
    engine.dispose()
    assert heard == [1]
    with pytest.raises(InvalidOption):
        create_pool_from_url(FILE, sise=3)
    assert type(create_async_pool_from_url("sqlite+aiosqlite://")) is StaticPool
    with pytest.raises(InvalidRequestError, match="does not await"):
        create_async_pool_from_url(FILE.replace("sqlite:", "sqlite+pysqlite:"))


def test_a_creator_may_be_told_the_place_in_the_pool(tmp_path):
    places = []

    def creator(entry):
        places.append(entry)
        return sqlite3.connect(tmp_path / "x.db", check_same_thread=False)

    engine = create_engine("sqlite://", creator=creator)
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
    engine.dispose()
    pool = QueuePool(creator)
    pool.connect().close()
    pool.dispose()

    assert [type(place).__name__ for place in places] == ["ConnectionRecord"] * 2


# Plugins.


def test_a_plugin_takes_part():
    told = []

    class Loud(CreateEnginePlugin):
        def __init__(self, url, kwargs):
            super().__init__(url, kwargs)
            told.append((url.query["volume"], kwargs.pop("loud")))

        def update_url(self, url):
            return url.difference_update_query(["volume"])

        def handle_dialect_kwargs(self, dialect_cls, dialect_args):
            dialect_args["label_length"] = 30

        def handle_pool_kwargs(self, pool_cls, pool_args):
            told.append(pool_cls)
            pool_args["pool_size"] = 2

        def engine_created(self, engine):
            told.append(engine)

    register_plugin("loud", Loud)
    for url, plugins in (
        ("sqlite:///x.db?plugin=loud&volume=11", {}),
        ("sqlite:///x.db?volume=11", {"plugins": ["loud"]}),
        ("sqlite:///x.db?volume=11", {"plugins": [Loud]}),
    ):
        told.clear()
        engine = create_engine(url, loud=True, **plugins)
        assert told == [("11", True), QueuePool, engine]
        assert str(engine.url) == "sqlite:///x.db"
        assert (engine.pool.size(), engine.dialect.label_length) == (2, 30)
    with pytest.raises(NoSuchModuleError) as caught:
        create_engine("sqlite://", plugins=["lou"])
    assert caught.value.hint == "did you mean 'loud'?"
