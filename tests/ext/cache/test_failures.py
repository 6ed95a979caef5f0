"""A region that fails: the database is asked, and what was to be forgotten is forgotten later."""

import logging
import socket
import threading
import time
from types import SimpleNamespace

import pytest
from dogpile.cache import make_region
from dogpile.cache.proxy import ProxyBackend

from dovetail import select
from dovetail.ext.cache import Cache, FromCache, store
from dovetail.orm import sessionmaker
from tests.ext.cache.conftest import BACKENDS, redis_region
from tests.ext.cache.models import User

CACHED = select(User).where(User.id == 1).options(FromCache())


@pytest.fixture(params=BACKENDS[:1], ids=str)
def backend(request):
    return request.param


@pytest.fixture
def warnings(caplog):
    """The warnings of the cache so far, as texts."""
    caplog.set_level(logging.WARNING, "dovetail.ext.cache")
    return lambda: [record.getMessage() for record in caplog.records]


def read(Session):
    with Session() as session:
        names = session.scalars(CACHED).one().name, session.get(User, 1).name
    assert names[0] == names[1]
    return names[0]


def write(Session, name):
    with Session.begin() as session:
        session.get(User, 1, populate_existing=True).name = name


def served(engine, region, prefix, **options):
    cache = Cache(region, prefix=prefix, **options)
    cache.entities(User)
    Session = sessionmaker(engine)
    cache.attach(Session)
    return cache, Session


class Failing(ProxyBackend):
    """Raises OSError while ``down``, or for the verbs in ``refused``."""

    down = False
    refused = ()
    calls = 0

    def _check(self, verb):
        type(self).calls += 1
        if self.down or verb in self.refused:
            raise OSError("the region is down")

    def get_serialized(self, key):
        self._check("get")
        return self.proxied.get_serialized(key)

    def get(self, key):
        self._check("get")
        return self.proxied.get(key)

    def get_multi(self, keys):
        self._check("get")
        return self.proxied.get_multi(keys)

    def set(self, key, value):
        self._check("set")
        self.proxied.set(key, value)

    def set_multi(self, mapping):
        self._check("set")
        self.proxied.set_multi(mapping)


@pytest.fixture
def failing():
    return Failing()


@pytest.fixture
def memory(failing):
    return make_region().configure("dogpile.cache.memory", wrap=[failing])


def test_a_redis_that_refuses_connections_hurts_nobody(engine, prefix, warnings):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    region = redis_region(url=f"redis://127.0.0.1:{port}/0")
    cache, Session = served(engine, region, prefix, retry_after=60)

    for name in ("eve", "fay"):
        write(Session, name)
        assert read(Session) == name

    assert len(warnings()) == 1
    assert "cache region 'default' failed, the database is asked instead for 60" in warnings()[0]
    assert cache.stats.hits == 0


def test_a_redis_that_does_not_answer_costs_its_timeout_once(engine, prefix, warnings):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        region = redis_region(url=url, socket_timeout=0.2)
        _, Session = served(engine, region, prefix, retry_after=60)
        started = time.monotonic()

        for name in ("eve", "fay", "gil"):
            write(Session, name)
            assert read(Session) == name

        assert time.monotonic() - started < 2.5
        assert len(warnings()) == 1


def test_there_is_one_warning_for_each_interval(
    engine, prefix, memory, failing, warnings, monkeypatch
):
    now = time.monotonic()
    monkeypatch.setattr(store, "time", SimpleNamespace(monotonic=lambda: now))
    cache, Session = served(engine, memory, prefix, retry_after=60)
    failing.down = True
    for _ in range(2):
        for _ in range(5):
            assert read(Session) == "ada"
        now += 61

    assert len(warnings()) == 2
    assert cache.stats.failures == 2


def test_many_threads_that_fail_warn_once(engine, prefix, memory, failing, warnings):
    _, Session = served(engine, memory, prefix, retry_after=60)
    failing.down = True
    threads = [threading.Thread(target=read, args=(Session,)) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(warnings()) == 1


def test_a_region_that_works_again_is_used_again(engine, prefix, memory, failing, sent):
    _, Session = served(engine, memory, prefix, retry_after=0.05)
    failing.down = True
    read(Session)
    failing.down = False
    time.sleep(0.06)
    read(Session)

    with sent(0):
        read(Session)


@pytest.mark.parametrize("refused", [("get", "set"), ("set",)])
def test_what_could_not_be_forgotten_is_not_read(engine, prefix, memory, failing, sent, refused):
    _, Session = served(engine, memory, prefix, retry_after=0.05)
    assert read(Session) == "ada"
    failing.refused = refused
    write(Session, "eve")
    for _ in range(3):
        # The old row is in the region, and the region can be read, perhaps.
        assert read(Session) == "eve"
        time.sleep(0.06)
    failing.refused = ()
    time.sleep(0.06)

    assert read(Session) == "eve"
    with sent(0):
        assert read(Session) == "eve"


def test_a_failure_while_rows_are_stored_hurts_nobody(engine, prefix, memory, failing, sent):
    _, Session = served(engine, memory, prefix, retry_after=0.0)
    read(Session)
    failing.refused = ("set",)
    for number in (2, 3):
        with Session() as session:
            assert session.scalars(select(User).where(User.id == number).options(FromCache())).one()
    failing.refused = ()
    assert read(Session) == "ada"


def test_a_commit_that_fails_makes_stale_what_it_may_have_written(engine, prefix, memory, sent):
    _, Session = served(engine, memory, prefix)
    assert read(Session) == "ada"
    with Session() as session:
        session.get(User, 1, populate_existing=True).name = "eve"
        session.flush()
        connection = session.get_transaction().participants[engine].transaction
        commit = connection.commit_steps

        def commit_and_lose_the_answer():
            yield from commit()
            raise OSError("the answer was lost")

        connection.commit_steps = commit_and_lose_the_answer
        with pytest.raises(OSError, match="lost"):
            session.commit()

    assert read(Session) == "eve"


def test_rows_that_cannot_be_pickled_are_not_stored(engine, prefix, memory, monkeypatch, sent):
    cache, Session = served(engine, memory, prefix)
    monkeypatch.setattr("dovetail.ext.cache.reading.pickle.dumps", lambda *_, **__: 1 / 0)
    for _ in range(2):
        with sent(2):
            assert read(Session) == "ada"
    assert cache.stats.stored == 0
