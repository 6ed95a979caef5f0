"""Workers that write while something fails, and what they were told of each row."""

import threading
from contextlib import contextmanager
from uuid import uuid4

import dovetail as dv
from dovetail.exc import DBAPIError

WORKERS = 6


def token_table():
    """A table whose rows prove what was committed."""
    return dv.Table(
        "token",
        dv.MetaData(),
        dv.Column("id", dv.String(40), primary_key=True),
        dv.Column("times", dv.Integer, nullable=False, server_default="1"),
    )


class Ledger:
    """What the workers were told."""

    def __init__(self):
        self.acknowledged = []
        self.unknown = []
        self.refused = []
        self.strange = []

    def note(self, name, error):
        if isinstance(error, DBAPIError) and error.outcome_unknown:
            self.unknown.append(name)
        elif isinstance(error, DBAPIError) and error.retry_scope in (
            "new_connection",
            "transaction",
        ):
            self.refused.append(name)
        else:
            self.strange.append(error)

    def check(self, stored):
        """Hold *stored*, the rows that are there now, against what was told."""
        assert not self.strange, self.strange[:3]
        assert self.acknowledged
        assert len(stored) == len(set(stored))
        assert set(self.acknowledged) <= set(stored)
        assert set(stored).isdisjoint(self.refused)
        assert set(stored) <= {*self.acknowledged, *self.unknown}


@contextmanager
def workers(engine, token):
    """Threads that write into *token* as long as the block runs, and their ledger."""
    ledger = Ledger()
    done = threading.Event()
    threads = [
        threading.Thread(target=_work, args=(engine, token, ledger, done), daemon=True)
        for _ in range(WORKERS)
    ]
    for thread in threads:
        thread.start()
    try:
        yield ledger
    finally:
        done.set()
        for thread in threads:
            thread.join(30)
    assert not any(thread.is_alive() for thread in threads)


def _work(engine, token, ledger, done):
    while not done.is_set():
        name = uuid4().hex
        try:
            with engine.begin() as connection:
                connection.execute(dv.insert(token).values(id=name))
                connection.execute(
                    dv.update(token).where(token.c.id == name).values(times=token.c.times)
                )
            ledger.acknowledged.append(name)
        except Exception as error:
            ledger.note(name, error)
            done.wait(0.01)  # a server that comes back needs the processor too
