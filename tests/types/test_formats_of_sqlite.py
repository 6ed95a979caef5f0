"""Dates and times of SQLite as text of a form of one's own."""

import datetime as dt
import re

import pytest
from sqlalchemy.dialects import sqlite as peer

from dovetail import Column, Integer, MetaData, Table, create_engine, exc, inspect, select, text
from dovetail.dialects import sqlite
from dovetail.schema import CreateTable

MOMENT = dt.datetime(2020, 1, 2, 3, 4, 5, 6)
FORMATS = [
    ("DATETIME", {}, MOMENT),
    ("DATETIME", {"truncate_microseconds": True}, MOMENT),
    ("DATETIME", {"truncate_microseconds": True}, MOMENT.date()),
    (
        "DATETIME",
        {
            "storage_format": "%(year)04d/%(month)02d/%(day)02d %(hour)02d:%(minute)02d",
            "regexp": r"(\d+)/(\d+)/(\d+) (\d+):(\d+)",
        },
        MOMENT,
    ),
    (
        "DATE",
        {
            "storage_format": "%(month)02d/%(day)02d/%(year)04d",
            "regexp": re.compile(r"(?P<month>\d+)/(?P<day>\d+)/(?P<year>\d+)"),
        },
        MOMENT.date(),
    ),
    ("TIME", {"truncate_microseconds": True}, MOMENT.time()),
    (
        "TIME",
        {
            "storage_format": "%(hour)02d-%(minute)02d-%(second)02d-%(microsecond)06d",
            "regexp": r"(\d+)-(\d+)-(\d+)(?:-(\d+))?",
        },
        MOMENT.time(),
    ),
]


@pytest.mark.parametrize(("name", "options", "value"), FORMATS)
def test_values_are_written_and_read_as_sqlalchemy_does(name, options, value):
    ours, theirs = getattr(sqlite, name)(**options), getattr(peer, name)(**options)
    here, there = sqlite.dialect(), peer.dialect()
    kept = ours.bind_processor(here)(value)

    assert kept == theirs.bind_processor(there)(value)
    assert ours.result_processor(here)(kept) == theirs.result_processor(there, None)(kept)
    assert ours.literal_processor(here)(value) == theirs.literal_processor(there)(value)


def test_a_column_of_digits_is_one_of_text():
    digits = sqlite.DATETIME(
        storage_format="%(year)04d%(month)02d%(day)02d%(hour)02d", regexp=r"(\d{4})(..)(..)(..)"
    )
    table = Table("log", MetaData(), Column("id", Integer, primary_key=True), Column("at", digits))
    engine = create_engine("sqlite://")
    table.create(engine)

    assert "at DATETIME_CHAR" in str(CreateTable(table).compile(engine))
    with engine.begin() as connection:
        connection.execute(table.insert(), {"id": 1, "at": MOMENT})
        assert connection.scalar(text("SELECT typeof(at) || at FROM log")) == "text2020010203"
        assert connection.scalar(select(table.c.at)) == dt.datetime(2020, 1, 2, 3)
    assert isinstance(inspect(engine).get_columns("log")[1]["type"], sqlite.DATETIME)


def test_text_of_another_form_is_refused():
    read = sqlite.DATE(regexp=r"(\d+)/(\d+)/(\d+)").result_processor(sqlite.dialect())

    with pytest.raises(ValueError, match="'2020-01-02' is no date"):
        read("2020-01-02")


def test_a_format_and_truncation_are_not_given_together():
    with pytest.raises(exc.ArgumentError, match="truncate_microseconds= is a format"):
        sqlite.DATETIME(truncate_microseconds=True, storage_format="%(year)d")


def test_the_call_is_shown():
    assert repr(sqlite.TIME(truncate_microseconds=True)) == "TIME(truncate_microseconds=True)"
    assert repr(sqlite.DATETIME()) == "DATETIME()"
