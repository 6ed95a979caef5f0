"""A pooler that lends connections for a transaction each stands before the server."""

import threading

import pytest

from dovetail import (
    Column,
    Integer,
    MetaData,
    String,
    Table,
    create_pool_from_url,
    exc,
    insert,
    make_url,
    select,
    text,
)
from tests.private_servers import private_pgbouncer

EVERY_DRIVER = True

metadata = MetaData()
item = Table("item", metadata, Column("id", Integer, primary_key=True), Column("name", String(50)))


def _work(engine, number):
    for _ in range(12):
        with engine.begin() as connection:
            connection.execute(insert(item), [{"name": f"n{number}"}, {"name": "x"}])
        with engine.connect() as connection:
            connection.execute(select(item.c.name).where(item.c.name == f"n{number}")).all()
            connection.execute(select(item.c.id).where(item.c.id.in_([1, 2, 3]))).all()


def test_statements_run_through_pgbouncer(url, make_engine):
    with private_pgbouncer(url) as before:
        engine = make_engine(before, pooler="transaction", pool_size=8)
        metadata.create_all(engine)
        errors = []

        def work(number):
            try:
                _work(engine, number)
            except Exception as error:
                errors.append(error)

        threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        with engine.connect() as connection:
            assert len(connection.execute(select(item)).all()) == 4 * 12 * 2
            stream = connection.execution_options(yield_per=10).execute(select(item))
            assert len(stream.all()) == 96
            prepared = connection.execute(text("SELECT count(*) FROM pg_prepared_statements"))
            assert prepared.scalar() == 0
        engine.dispose()

    assert errors == []


def test_the_url_may_say_it(url, make_engine):
    with private_pgbouncer(url) as before:
        engine = make_engine(before.update_query_dict({"pooler": "transaction"}))
        assert engine.url.query["pooler"] == "transaction"
        metadata.create_all(engine)
        _work(engine, 1)
        with engine.connect() as connection:
            assert len(connection.execute(select(item)).all()) == 24
            prepared = connection.execute(text("SELECT count(*) FROM pg_prepared_statements"))
            assert prepared.scalar() == 0
        engine.dispose()


def test_there_is_one_kind_of_pooler(url, make_engine):
    with pytest.raises(exc.InvalidOption, match="session"):
        make_engine(pooler="session")
    place = make_url(url).update_query_dict({"pooler": "session"})
    with pytest.raises(exc.InvalidOption, match="session"):
        make_engine(place)
    with pytest.raises(exc.InvalidOption, match="'session', and create_engine"):
        make_engine(place, pooler="transaction")


def test_a_pool_without_an_engine_is_told_too(url):
    pool = create_pool_from_url(url, pooler="transaction")
    assert pool.opener.backend.pooler == "transaction"
    pool.dispose()
