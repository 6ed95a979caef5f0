"""Values that belong together and never change."""

import pickle
from copy import copy
from dataclasses import asdict, dataclass, fields, is_dataclass, replace

import pytest

from dovetail.record import Record


class Speed(Record):
    limit: int
    unit: str = "km/h"


class Advised(Speed):
    by: str | None = None
    unit: str = "mph"


def test_values_are_given_by_name_and_have_defaults():
    town = Speed(limit=50)

    assert (town.limit, town.unit) == (50, "km/h")
    assert repr(town) == "Speed(limit=50, unit='km/h')"
    assert Speed.field_names() == ("limit", "unit")


def test_a_subclass_has_more_values_and_other_defaults():
    assert Advised.field_names() == ("limit", "unit", "by")
    assert vars(Advised(limit=30)) == {"limit": 30, "unit": "mph", "by": None}
    assert vars(Speed(limit=30)) == {"limit": 30, "unit": "km/h"}


def test_what_is_no_field_and_what_is_missing_is_refused():
    with pytest.raises(TypeError, match="Speed has no field 'limits'"):
        Speed(limits=1)
    with pytest.raises(TypeError, match="Speed has no field 'x'"):
        Speed(limit=1, x=2)
    with pytest.raises(TypeError, match="Speed needs 'limit'"):
        Speed()
    with pytest.raises(TypeError, match="Speed has no field 'colour'"):
        Speed(limit=1).changed(colour="red")


def test_it_is_not_changed_but_copied():
    town = Speed(limit=50)

    with pytest.raises(AttributeError, match=r"limit of a Speed is not set: use changed\(\)"):
        town.limit = 30
    with pytest.raises(AttributeError, match="limit of a Speed is not deleted"):
        del town.limit
    assert town.changed(limit=30).limit == 30
    assert town.limit == 50


def test_those_who_take_it_for_a_dataclass_are_served():
    town = Speed(limit=50)

    assert is_dataclass(town)
    assert [field.name for field in fields(Advised)] == ["limit", "unit", "by"]
    assert vars(replace(town, limit=30)) == {"limit": 30, "unit": "km/h"}
    assert type(replace(Advised(limit=30), by="rain")) is Advised
    assert asdict(town) == {"limit": 50, "unit": "km/h"}
    with pytest.raises(TypeError):
        replace(town, colour="red")


def test_a_dataclass_may_be_made_of_it():
    @dataclass(frozen=True, kw_only=True, eq=False)
    class Signed(Speed):
        sign: str = "round"

    signed = Signed(limit=50)

    assert (signed.limit, signed.unit, signed.sign) == (50, "km/h", "round")
    assert replace(signed, sign="square").sign == "square"


def test_it_is_itself_and_can_be_copied_and_pickled():
    town = Speed(limit=50)

    assert town != Speed(limit=50)
    assert len({town, town}) == 1
    assert vars(copy(town)) == vars(pickle.loads(pickle.dumps(town))) == vars(town)
