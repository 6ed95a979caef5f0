"""Transactions that are run again, over a network that swallows the answer to their COMMIT."""

import pytest

import dovetail as dv
from dovetail.exc import CommitOutcomeUnknown
from tests.servers import BACKENDS


class Work:
    """Adds a row, and lets the network fail before the first COMMIT."""

    def __init__(self, token, fault):
        self.token = token
        self.fault = fault
        self.runs = 0

    def __call__(self, connection):
        self.runs += 1
        connection.execute(dv.insert(self.token).values(id="one"))
        if self.runs == 1:
            self.fault()
        return self.runs


def times(direct, token):
    with direct.connect() as connection:
        return len(connection.scalars(dv.select(token.c.id)).all())


pytestmark = pytest.mark.parametrize(
    "backend", [b for b in BACKENDS if b.module in {"psycopg", "pymysql"}], ids=str, indirect=True
)


@pytest.mark.parametrize("fault", ["mute_replies", "silence"])
def test_nobody_runs_it_again_blindly(fault, engine, proxy, direct, token):
    work = Work(token, getattr(proxy, fault))
    with pytest.raises(CommitOutcomeUnknown):
        engine.run(work)
    proxy.restore()

    assert work.runs == 1
    assert times(direct, token) == (fault == "mute_replies")


@pytest.mark.parametrize("fault", ["mute_replies", "silence"])
def test_the_rows_tell(fault, engine, proxy, direct, token):
    work = Work(token, getattr(proxy, fault))

    # The network is back when the connection is given up.
    dv.event.listen(engine, "handle_error", lambda context: proxy.restore())

    def verify(_):
        return times(direct, token) == 1

    answer = engine.run(work, verify=verify)

    assert answer == work.runs == (1 if fault == "mute_replies" else 2)
    assert times(direct, token) == 1
