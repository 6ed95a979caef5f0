"""A network that goes silent, drops connections, or cuts them in the middle of a reply."""

import time

import pytest

import dovetail as dv
from dovetail.exc import DBAPIError, Disconnected, OperationalError


def tokens(engine, token):
    with engine.connect() as connection:
        return connection.scalars(dv.select(token.c.id).order_by(token.c.id)).all()


def is_usable(engine, token):
    """Whether the pool works again: the first statement of a new connection does."""
    with engine.begin() as connection:
        connection.execute(dv.insert(token).values(id="after"))
    return "after" in tokens(engine, token)


def test_silence_ends_at_the_deadline(engine, proxy, direct, token):
    with engine.connect() as connection:
        connection.execute(dv.insert(token).values(id="one"))
        proxy.silence()
        start = time.monotonic()
        with pytest.raises(DBAPIError) as caught:
            connection.execute(dv.insert(token).values(id="two"))
        waited = time.monotonic() - start

        assert 0.5 < waited < 5
        assert caught.value.connection_invalidated
        assert caught.value.retry_scope == "new_connection"
        proxy.restore()
        connection.rollback()
    assert is_usable(engine, token)
    assert tokens(direct, token) == ["after"]


def test_a_dropped_connection_loses_its_transaction(engine, proxy, direct, token):
    with engine.connect() as connection:
        connection.execute(dv.insert(token).values(id="one"))
        proxy.cut()
        with pytest.raises(Disconnected) as caught:
            connection.execute(dv.insert(token).values(id="two"))
        assert caught.value.retry_scope == "new_connection"
        assert not caught.value.outcome_unknown
        connection.rollback()
        connection.execute(dv.insert(token).values(id="three"))
        connection.commit()
    assert tokens(direct, token) == ["three"]


def test_a_reply_that_is_cut_off(engine, proxy, direct, token):
    with direct.begin() as connection:
        connection.execute(dv.insert(token), [{"id": f"{n:036}"} for n in range(5000)])
    with engine.connect() as connection:
        connection.execute(dv.select(token.c.id).limit(1)).all()
        proxy.cut_reply(after=20_000)
        with pytest.raises(Disconnected):
            connection.execute(dv.select(token)).all()
    proxy.restore()
    assert is_usable(engine, token)


def test_a_stream_that_is_cut_off(engine, proxy, direct, token):
    with direct.begin() as connection:
        connection.execute(dv.insert(token), [{"id": f"{n:036}"} for n in range(20_000)])
    with engine.connect().execution_options(yield_per=100) as connection:
        # More than the buffers on the way hold.
        result = connection.execute(dv.select(token.c.id, dv.literal("x" * 2000)))
        assert len(result.fetchmany(10)) == 10
        proxy.cut()
        with pytest.raises(DBAPIError) as caught:
            for _ in result:
                pass
        assert caught.value.connection_invalidated
    proxy.restore()
    assert is_usable(engine, token)


@pytest.mark.parametrize("fault", ["mute_replies", "silence"])
def test_a_commit_without_an_answer_is_of_unknown_outcome(fault, engine, proxy, direct, token):
    with engine.connect() as connection:
        connection.execute(dv.insert(token).values(id="one"))
        getattr(proxy, fault)()
        with pytest.raises(DBAPIError) as caught:
            connection.commit()
    proxy.restore()

    assert caught.value.outcome_unknown
    # The request went through, or it did not: only the rows can tell.
    assert tokens(direct, token) == (["one"] if fault == "mute_replies" else [])
    assert is_usable(engine, token)


def test_a_server_that_refuses(engine, proxy, token):
    proxy.refuse()
    with pytest.raises(OperationalError):
        engine.connect()
    proxy.restore()
    assert is_usable(engine, token)


def test_all_idle_connections_are_replaced_after_one_failure(engine, proxy, token):
    held = [engine.connect() for _ in range(4)]
    for connection in held:
        connection.execute(dv.select(token)).all()
    for connection in held:
        connection.close()
    proxy.cut()

    failures = 0
    for _ in range(6):
        try:
            with engine.connect() as connection:
                connection.execute(dv.select(token)).all()
        except DBAPIError as error:
            assert error.connection_invalidated
            failures += 1

    assert failures <= 1
