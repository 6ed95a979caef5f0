"""Each row of the contract is held by tests that exist."""

from tools import contract


def test_every_row_names_tests_that_are_there():
    assert contract.absent() == []


def test_the_page_is_current():
    found = contract.PAGE.read_text(encoding="utf-8")
    assert found == contract.page(), "run  python tools/contract.py  to write it anew"
