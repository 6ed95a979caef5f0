"""The rules of ARCHITECTURE.md hold for the package."""

from pathlib import Path

import pytest

from tests.architecture.house import RULES, House
from tests.architecture.installs import installs
from tests.architecture.unread import unread_parameters

PACKAGE = Path(__file__).parents[2] / "src" / "dovetail"


@pytest.fixture(scope="module")
def house():
    return House(PACKAGE)


@pytest.mark.parametrize(
    "rule", [*RULES, installs, unread_parameters], ids=lambda rule: rule.__name__
)
def test_the_house_keeps_the_rule(house, rule):
    complaints = rule(house)

    assert not complaints, "\n".join([rule.__doc__ or "", *complaints])
