"""What a Bundle is made of, and what it refuses."""

import pytest

from dovetail import column
from dovetail.exc import ArgumentError
from dovetail.orm import Bundle


def test_a_bundle_without_a_name_is_refused():
    with pytest.raises(ArgumentError, match="a Bundle has a name before its columns"):
        Bundle(column("x"))


def test_a_bundle_of_what_is_no_column_is_refused():
    with pytest.raises(ArgumentError, match="takes columns, tables and mapped classes"):
        Bundle("name", object())
