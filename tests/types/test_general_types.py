"""The type of all databases that a type of one database is."""

import pytest
import sqlalchemy

import dovetail
from dovetail.dialects import mysql, postgresql, sqlite

FAMILIES = {
    "types": dovetail.types,
    "dialects.mysql": mysql,
    "dialects.postgresql": postgresql,
    "dialects.sqlite": sqlite,
}
OTHERWISE = {
    # What is text of some length there is String here, or the other way round.
    "CITEXT", "LONGTEXT", "MEDIUMTEXT", "TINYTEXT",
    # Of these the oracle knows no general type, or one that dovetail has not.
    "JSONPATH", "OID",
}  # fmt: skip


def general(package, path, name):
    """The text of the general type of the type *name*; None where it can't be made plainly."""
    module = package
    for part in path.split("."):
        module = getattr(module, part)
    try:
        made = getattr(module, name)()
    except (AssertionError, AttributeError, TypeError):
        return None
    try:
        return repr(made.as_generic())
    except NotImplementedError:
        return "none"


NAMES = [
    (path, name)
    for path, module in FAMILIES.items()
    for name in sorted(vars(module))
    if isinstance(getattr(module, name), type)
    and issubclass(getattr(module, name), dovetail.types.TypeEngine)
    and name not in OTHERWISE
]


@pytest.mark.parametrize(("path", "name"), NAMES)
def test_the_general_type_is_that_of_the_oracle(path, name):
    from sqlalchemy.dialects import mysql, postgresql, sqlite  # noqa: F401 - parts of the package

    expected = general(sqlalchemy, path, name)

    assert expected is None or general(dovetail, path, name) == expected


def test_the_general_type_keeps_the_arguments_that_it_has_itself():
    made = mysql.VARCHAR(30, collation="utf8mb4_bin", national=True).as_generic()

    assert repr(made) == "String(length=30, collation='utf8mb4_bin')"
    assert repr(postgresql.NUMERIC(10, 2).as_generic()) == "Numeric(precision=10, scale=2)"


def test_a_value_is_kept_as_it_is():
    value = [1]

    assert dovetail.JSON().copy_value(value) is value
