"""Types of bare values and of annotations."""

import datetime as dt
import enum
from decimal import Decimal
from typing import Literal, NewType
from uuid import UUID

import pytest

from dovetail import (
    Boolean,
    Date,
    DateTime,
    Double,
    Enum,
    Integer,
    Interval,
    LargeBinary,
    Numeric,
    String,
    Time,
    Uuid,
    literal,
)
from dovetail.types import NullType, type_for_annotation, type_for_value


class Size(enum.Enum):
    S = 1
    M = 2


UserId = NewType("UserId", int)


@pytest.mark.parametrize(
    ("value", "type_"),
    [
        (5, Integer),
        (True, Boolean),
        ("x", String),
        (1.5, Double),
        (Decimal(1), Numeric),
        (b"x", LargeBinary),
        (dt.date(2020, 1, 1), Date),
        (dt.datetime(2020, 1, 1), DateTime),
        (dt.time(1), Time),
        (dt.timedelta(1), Interval),
        (UUID(int=1), Uuid),
        (Size.S, Enum),
        (None, NullType),
        (object(), NullType),
    ],
)
def test_values_have_types(value, type_):
    assert type(type_for_value(value)) is type_
    if value is not None:
        assert type(literal(value).type) is type_


@pytest.mark.parametrize(
    ("annotation", "type_"),
    [
        (int, Integer),
        (str, String),
        (bool, Boolean),
        (int | None, Integer),
        (UserId, Integer),
        (Size, Enum),
        (Literal["a", "b"], Enum),
        (dt.datetime, DateTime),
    ],
)
def test_annotations_have_types(annotation, type_):
    assert type(type_for_annotation(annotation)) is type_


@pytest.mark.parametrize("annotation", [object, int | str, list[int], Literal[1, 2]])
def test_other_annotations_have_none(annotation):
    assert type_for_annotation(annotation) is None
