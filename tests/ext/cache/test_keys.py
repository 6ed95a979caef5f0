"""Names that are the same in every process."""

import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from uuid import UUID

import pytest
from hypothesis import given, strategies

from dovetail import create_engine
from dovetail.ext.cache.keys import UnstableError, database_name, digest


class Colour(Enum):
    RED = 1


class Size(IntEnum):
    ONE = 1


class Word(StrEnum):
    A = "a"


VALUES = [
    None, True, 1, 1.0, "1", "None", b"1", Decimal(1), Decimal("1.0"), date(2026, 1, 1),
    datetime(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC), time(1), timedelta(1),
    UUID(int=1), Colour.RED, Size.ONE, [1], ["1"], [[1]], [1, 1], {}, {"a": 1}, {"a": "1"},
    {1}, {1, 2}, "", b"", [], [""],
]  # fmt: skip


def test_different_values_have_different_names():
    assert len({digest(value) for value in VALUES}) == len(VALUES)


def test_names_do_not_run_into_each_other():
    assert digest("ab", "c") != digest("a", "bc")
    assert digest(["a", "b"]) != digest("a", "b")
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})


def test_kinds_of_the_same_value_are_one():
    assert digest((1, 2)) == digest([1, 2])
    assert digest(bytearray(b"x")) == digest(b"x") == digest(memoryview(b"x"))


@given(strategies.lists(strategies.text()), strategies.lists(strategies.text()))
def test_lists_of_texts_are_told_apart(one, other):
    assert (digest(one) == digest(other)) == (one == other)


def test_a_value_without_a_lasting_name_is_refused():
    with pytest.raises(UnstableError):
        digest("x", [object()])


def test_another_process_gives_the_same_names():
    program = (
        "from dovetail.ext.cache.keys import digest\n"
        "print(digest('SELECT 1', {'b', 'a', 'c'}, {'x': 1.5, 'y': None}, (1, b'2')))"
    )
    names = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }

    assert names == {digest("SELECT 1", {"c", "a", "b"}, {"y": None, "x": 1.5}, [1, b"2"]) + "\n"}


def test_databases_are_told_apart(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.db").touch()
    engines = {
        name: create_engine(url)
        for name, url in {
            "memory": "sqlite://",
            "other memory": "sqlite://",
            "file": "sqlite:///a.db",
            "same file": f"sqlite:///{tmp_path}/a.db",
            "server": "postgresql://ada:one@host/db",
            "other password": "postgresql://ada:two@host/db",
            "other user": "postgresql://bob@host/db",
        }.items()
    }
    names = {name: database_name(engine) for name, engine in engines.items()}

    assert names["file"] == names["same file"]
    assert names["server"] == names["other password"]
    assert len(set(names.values())) == len(names) - 2
    assert names["memory"] == database_name(engines["memory"])
