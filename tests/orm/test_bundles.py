"""What a Bundle is made of, and what it refuses."""

import pytest

from dovetail import column
from dovetail.exc import ArgumentError
from dovetail.orm import Bundle, DictBundle


def test_a_bundle_without_a_name_is_refused():
    with pytest.raises(ArgumentError, match="a Bundle has a name before its columns"):
        Bundle(column("x"))


def test_a_bundle_of_what_is_no_column_is_refused():
    with pytest.raises(ArgumentError, match="takes columns, tables and mapped classes"):
        Bundle("name", object())


def test_a_dictionary_of_columns_with_the_same_name_is_refused():
    with pytest.raises(ArgumentError, match="several columns of one name: x, y, x"):
        DictBundle("pair", column("x"), column("y"), column("x"))


def test_a_dictionary_may_have_columns_called_otherwise():
    assert DictBundle("pair", column("x"), column("x").label("other")).labels == ("x", "other")
