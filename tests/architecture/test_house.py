"""The rules of ARCHITECTURE.md hold for the package."""

from pathlib import Path

import pytest

from tests.architecture.house import RULES, TOP_ROOMS, House
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


def test_every_room_is_named_in_the_page(house):
    page = PACKAGE.parents[1].joinpath("ARCHITECTURE.md").read_text(encoding="utf-8").lower()
    folders = {module.path.parent.relative_to(PACKAGE).parts for module in house.modules.values()}
    # What stands at the top is named as a whole; each server has a folder, as the page says.
    rooms = {parts[0] if parts[0] in TOP_ROOMS else parts[-1] for parts in folders if parts}

    unnamed = {room for room in rooms if f"{room}/" not in page and f"`{room}`" not in page}

    assert unnamed <= {"sqlite", "postgresql", "mysql"}
