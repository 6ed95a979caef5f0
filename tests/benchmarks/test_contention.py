"""The comparison of ways to share a SQLite file counts what went wrong."""

import pytest

from benchmarks import contention


@pytest.fixture(autouse=True)
def _smaller(monkeypatch):
    monkeypatch.setattr(contention, "THREADS", 3)
    monkeypatch.setattr(contention, "TRANSACTIONS", 4)


@pytest.mark.parametrize("journal", ["delete", "wal"])
@pytest.mark.parametrize("name", [name for name in contention.WAYS if name != "SQLAlchemy"])
def test_nothing_is_given_up_and_nothing_is_lost(name, journal):
    outcome = contention.compete(contention.WAYS[name], journal)

    assert (outcome.acknowledged, outcome.given_up, outcome.lost) == (12, 0, 0)
    if name != "dovetail":
        assert outcome.errors == 0
