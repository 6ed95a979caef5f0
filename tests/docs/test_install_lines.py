"""What the documents and errors tell a user to install is there, and is ours."""

import re
import tomllib
from pathlib import Path

import pytest

from dovetail.dialects import driver
from dovetail.dialects.entry_points import class_at

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")])


def test_the_distribution_is_not_named_like_another_project_on_the_index() -> None:
    assert PROJECT["name"] == "dovetail-orm"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_page_says_to_install_the_other_project(page: Path) -> None:
    text = page.read_text(encoding="utf-8")

    for line in re.findall(r"pip install ([^`#\n]*)", text):
        assert not re.search(r"\bdovetail\b(?!-orm)", line), line
    for extra in re.findall(r"(?:dovetail-orm|\.)\[([\w,]+)\]'", text):
        assert set(extra.split(",")) <= set(EXTRAS)


def test_each_driver_that_must_be_installed_is_an_extra() -> None:
    wanted = {requirement for extra in EXTRAS.values() for requirement in extra}

    for drivers in driver._drivers.values():
        for home in drivers.values():
            package = class_at(home, "a driver", driver.Driver).package
            if package is not None:
                name = package.strip("'").lower()
                assert any(each.lower().startswith(name) for each in wanted), package


def test_no_hint_names_an_extra_of_the_other_project() -> None:
    for path in ROOT.glob("src/**/*.py"):
        assert "dovetail[" not in path.read_text(encoding="utf-8"), path
