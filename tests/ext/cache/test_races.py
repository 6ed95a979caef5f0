"""Readers and writers at the same time: no stale row is left behind."""

import random
import threading
import time

import pytest
from dogpile.cache.proxy import ProxyBackend

from dovetail import select
from dovetail.exc import OperationalError
from dovetail.ext.cache import Cache, FromCache
from dovetail.orm import sessionmaker
from tests.ext.cache.conftest import forget, redis_region, require_redis
from tests.ext.cache.models import Tag, Team, User

THREADS = 64
CACHED = select(User).where(User.id == 1).options(FromCache())


class Interrupting(ProxyBackend):
    """Calls ``before(mapping)`` once, before rows are put into the region."""

    before = None

    def set_serialized_multi(self, mapping):
        self._interrupt(mapping)
        self.proxied.set_serialized_multi(mapping)

    def set_multi(self, mapping):
        self._interrupt(mapping)
        self.proxied.set_multi(mapping)

    def _interrupt(self, mapping):
        before = self.before
        if before is not None and any(":query:" in str(k) or ":entity:" in str(k) for k in mapping):
            self.before = None
            before()


@pytest.fixture
def interrupting(region):
    proxy = Interrupting()
    region.wrap(proxy)
    return proxy


def write(Session, name):
    with Session.begin() as session:
        session.get(User, 1, populate_existing=True).name = name


def read(Session):
    with Session() as session:
        return session.scalars(CACHED).one().name


def get(Session):
    with Session() as session:
        return session.get(User, 1).name


@pytest.mark.parametrize("look", [read, get], ids=["query", "entity"])
def test_a_reader_that_stores_after_a_commit_what_it_read_before(
    Session, interrupting, cache, look
):
    cache.entities(User)
    interrupting.before = lambda: write(Session, "eve")

    assert look(Session) == "ada"
    assert interrupting.before is None
    assert look(Session) == "eve"


@pytest.mark.parametrize("look", [read, get], ids=["query", "entity"])
def test_a_reader_whose_transaction_is_older_than_a_commit(Session, cache, engine, look):
    cache.entities(User)
    levels = engine.dialect.features.isolation_levels
    level = "REPEATABLE READ" if "REPEATABLE READ" in levels else "SERIALIZABLE"
    Old = sessionmaker(engine.execution_options(isolation_level=level))
    cache.attach(Old)
    with Old() as old:
        old.scalars(select(Team)).all()
        write(Session, "eve")
        seen = old.scalars(CACHED).one().name if look is read else old.get(User, 1).name
        # It sees what its transaction sees, or what the cache has; it must not store the former.
        assert seen == "ada"

    assert look(Session) == "eve"


def test_a_reader_whose_transaction_is_older_than_no_commit_may_store(Session, sent):
    with Session() as session:
        session.scalars(select(Team)).all()
        session.scalars(CACHED).one()

    with sent(0):
        assert read(Session) == "ada"


def in_threads(work, count=THREADS):
    barrier, errors = threading.Barrier(count), []

    def run(number):
        try:
            barrier.wait()
            work(number)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


@pytest.mark.parametrize("look", [read, get], ids=["query", "entity"])
def test_of_many_threads_one_asks_the_database(Session, cache, sent, look):
    cache.entities(User)
    with sent(1):
        in_threads(lambda number: look(Session))
    with sent(0):
        in_threads(lambda number: look(Session))


def test_of_several_processes_one_asks_the_database(engine, prefix, sent):
    require_redis()
    # Two caches know nothing of each other, as in two processes; what they share is a lock.
    caches = [
        Cache(redis_region(distributed_lock=True, lock_timeout=10), prefix=prefix) for _ in range(2)
    ]
    factories = [sessionmaker(engine) for _ in caches]
    for cache, factory in zip(caches, factories, strict=True):
        cache.attach(factory)

    with sent(1):
        in_threads(lambda number: read(factories[number % 2]), 8)
    forget(caches[0].regions.stores["default"].region, prefix)


def test_who_waits_too_long_asks_for_itself(engine, region, prefix, sent):
    cache = Cache(region, prefix=prefix, patience=0.05)
    Session = sessionmaker(engine)
    cache.attach(Session)
    leading, following = threading.Event(), threading.Event()
    shared = cache.regions.flights.join

    def join(key):
        future, leads = shared(key)
        if leads:
            leading.set()
            following.wait()
        return future, leads

    cache.regions.flights.join = join
    leader = threading.Thread(target=read, args=(Session,))
    leader.start()
    leading.wait()
    with sent(1):
        assert read(Session) == "ada"
    following.set()
    leader.join()


def test_a_leader_that_fails_leaves_the_others_to_themselves(Session, cache, sent):
    fetch = cache.regions.stores["default"].lock_steps
    failed = []

    def fail(*arguments):
        if not failed:
            failed.append(1)
            time.sleep(0.1)
            raise ZeroDivisionError
        return fetch(*arguments)

    cache.regions.stores["default"].lock_steps = fail
    outcomes = []

    def look(number):
        try:
            outcomes.append(read(Session))
        except ZeroDivisionError:
            outcomes.append("failed")

    in_threads(look, 8)

    assert sorted(outcomes) == ["ada"] * 7 + ["failed"]


class World:
    """Two sessions, a cache, and what was committed, in the order of the commits."""

    def __init__(self, Session, seed):
        self.Session = Session
        self.random = random.Random(seed)
        self.sessions = [Session(), Session()]
        self.committed = ["ada"]
        self.pending = [None, None]
        self.locks = [False, False]
        self.began = [0, 0]
        self.number = 0

    def step(self):
        who = self.random.randrange(2)
        verb = self.random.choice(
            ["write", "write", "commit", "rollback", "read", "read", "get", "fresh", "savepoint"]
        )
        getattr(self, verb)(who)

    def _begin(self, who):
        if not self.sessions[who].in_transaction():
            self.began[who] = len(self.committed) - 1

    def write(self, who, *, nested=False):
        if self.locks[1 - who]:
            return
        self.locks[who] = True
        self._begin(who)
        session = self.sessions[who]
        self.number += 1
        name = f"name {self.number}"
        try:
            block = session.begin_nested() if nested else None
            session.get(User, 1).name = name
            session.flush()
            if block is not None and self.random.random() < 0.5:
                block.rollback()
                return
            if block is not None:
                block.commit()
        except OperationalError:
            # The transaction is older than what it wants to change.
            self.rollback(who)
            return
        self.pending[who] = name

    def savepoint(self, who):
        self.write(who, nested=True)

    def commit(self, who):
        self.sessions[who].commit()
        if self.pending[who] is not None:
            self.committed.append(self.pending[who])
        self.pending[who] = None
        self.locks[who] = False

    def rollback(self, who):
        self.sessions[who].rollback()
        self.pending[who] = None
        self.locks[who] = False

    def _check(self, who, name):
        if self.pending[who] is not None:
            assert name == self.pending[who]
        else:
            assert name in self.committed[self.began[who] :]

    def read(self, who):
        self._begin(who)
        self.sessions[who].expire_all()
        self._check(who, self.sessions[who].scalars(CACHED).one().name)

    def get(self, who):
        self._begin(who)
        self.sessions[who].expunge_all() if self.pending[who] is None else None
        self._check(who, self.sessions[who].get(User, 1).name)

    def fresh(self, who):
        with self.Session() as session:
            assert session.scalars(CACHED).one().name == self.committed[-1]
        with self.Session() as session:
            assert session.get(User, 1).name == self.committed[-1]
        with self.Session() as session:
            session.scalars(select(Tag)).all()
            assert session.scalars(CACHED).one().name == self.committed[-1]

    def close(self):
        for session in self.sessions:
            session.close()


@pytest.mark.parametrize("keeps", [False, True], ids=["queries", "queries and entities"])
def test_what_the_cache_gives_was_committed_and_is_not_too_old(Session, cache, keeps):
    if keeps:
        cache.entities(User)
    for seed in range(12):
        with Session.begin() as session:
            session.get(User, 1).name = "ada"
        world = World(Session, seed)
        try:
            for _ in range(60):
                world.step()
        finally:
            world.close()
    assert cache.stats.hits > 100


def test_threads_that_read_and_write_see_what_was_committed(Session, cache):
    cache.entities(User)
    committed = [0]
    lock = threading.Lock()

    def work(number):
        for turn in range(10):
            if number == 0:
                with lock, Session.begin() as session:
                    session.get(User, 1, populate_existing=True).name = str(turn + 1)
                committed[0] = turn + 1
            else:
                before = committed[0]
                name = (read if turn % 2 else get)(Session)
                assert name == "ada" or int(name) >= before

    in_threads(work, 12)

    assert read(Session) == get(Session) == "10"
