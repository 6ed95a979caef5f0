"""A package of others inherits the contract, in a test run of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dovetail.dialects.features import Features
from dovetail.testing.features import meanings
from tests.architecture.house import House

SOURCE = Path(__file__).resolve().parents[2] / "src"
PACKAGE = """

from dovetail.dialects.sqlite.dialect import SqliteDialect
from dovetail.dialects.sqlite.drivers import AioSqliteDriver, SqliteDriver


class PebbleDialect(SqliteDialect):
    name = "pebble"
    default_features = SqliteDialect.default_features.changed(**{claims})


class StoneDriver(SqliteDriver):
    dialect_name = "pebble"
    name = "stone"
    awaiting = "aiostone"


class AioStoneDriver(AioSqliteDriver):
    dialect_name = "pebble"
    name = "aiostone"
"""
ENTRY_POINTS = """
[dovetail.dialects]
pebble = dovetail_pebble:PebbleDialect

[dovetail.drivers]
pebble+stone = dovetail_pebble:StoneDriver
pebble+aiostone = dovetail_pebble:AioStoneDriver
"""
SUITE = """
from dovetail.testing.contract import DialectContract


class TestPebble(DialectContract):
    url = "pebble+stone:///{folder}/test.db"


class TestPebbleAwaited(DialectContract):
    url = "pebble+aiostone:///{folder}/test.db"
"""


@pytest.fixture
def tried(tmp_path):
    """Makes the package, of which the record *claims* more, and runs the tests that are chosen."""

    def tried(*chosen, **claims):
        (tmp_path / "dovetail_pebble.py").write_text(PACKAGE.replace("{claims}", repr(claims)))
        info = tmp_path / "dovetail_pebble-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: dovetail-pebble\nVersion: 1\n")
        (info / "entry_points.txt").write_text(ENTRY_POINTS)
        (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers -W error\n")
        (tmp_path / "conftest.py").write_text('pytest_plugins = ["dovetail.testing.plugin"]\n')
        (tmp_path / "test_pebble.py").write_text(SUITE)
        plain = ("-p", "no:randomly", "-p", "no:xdist", "-p", "no:cacheprovider", "-p", "no:cov")
        found = subprocess.run(
            (sys.executable, "-m", "pytest", "-q", "-rA", "--tb=short", *plain, *chosen),
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": os.pathsep.join((str(SOURCE), str(tmp_path)))},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        return found.stdout

    return tried


def outcomes(told, word):
    """The tests of which the last lines of *told* say *word*, by their names alone."""
    lines = (line for line in told.splitlines() if line.startswith(f"{word} "))
    return {line.split(" - ")[0].rpartition("::")[2] for line in lines}


def test_a_dialect_of_others_is_tried_whole(tried):
    told = tried("test_pebble.py::TestPebble")

    assert outcomes(told, "FAILED") == outcomes(told, "ERROR") == set()
    assert len(outcomes(told, "PASSED")) > 250
    assert meanings()["supports_alter"] in told


def test_its_driver_that_awaits_is_tried_too(tried):
    pytest.importorskip("aiosqlite")
    told = tried("-k", "Awaited and (savepoint or uuid or TestAwaitedLoading or lastrowid)")

    assert outcomes(told, "FAILED") == outcomes(told, "ERROR") == set()
    assert {
        "test_savepoints_nest",
        "test_savepoints_lie_in_savepoints",
        "test_values_come_back[uuid]",
        "test_reading_what_is_not_loaded_names_the_cure",
    } <= outcomes(told, "PASSED")


LIES = {
    "checks_foreign_keys": (True, "test_violations_have_their_own_classes[ForeignKeyViolation]"),
    "checks_values": (True, "test_a_text_that_is_too_long"),
    "division_truncates": (False, "test_division"),
    "error_ends_transaction": (
        True,
        "test_a_failed_transaction_is_never_committed_in_silence",
    ),
    "keeps_time_zones": (True, "test_a_time_zone_is_kept_where_the_server_has_one"),
    "set_sees_new_values": (True, "test_what_set_sees"),
    "supports_comments": (True, "test_comments_are_read"),
    "supports_identity_columns": (True, "test_identity_columns_count"),
    "supports_sequences": (True, "test_a_sequence_counts"),
    "supports_two_phase": (True, "test_two_phases"),
}


def test_a_record_that_claims_too_much_is_caught(tried):
    names = {test.partition("[")[0] for _, test in LIES.values()}
    told = tried(
        "test_pebble.py::TestPebble",
        "-k",
        " or ".join(sorted(names)),
        **{feature: claim for feature, (claim, _) in LIES.items()},
    )

    assert {test for _, test in LIES.values()} <= outcomes(told, "FAILED")


UNTRIED = {
    "prefers_multi_values": "what is quicker",
    "supports_array_parameters": "how a list is sent: lists are tried, however it is",
    "infers_parameter_types": "whether parameters are cast: what needs it is tried",
    "supports_default_values": "how a row of defaults is written: such a row is tried",
    "supports_is_distinct_from": "how it is written: what it finds is tried",
    "supports_tuple_in": "how it is written: what it finds is tried",
    "like_folds": "what Python is to do as LIKE does",
    "supports_native_boolean": "how values are kept: values of all types are tried",
    "supports_native_decimal": "the same",
    "supports_native_interval": "the same",
    "supports_native_uuid": "the same",
    "supports_native_json": "the same",
    "native_enum_types": "the same",
    "backslash_escapes": "how literals are written: hostile literals are tried",
    "binary_wrapper": "how bytes are sent: bytes are tried",
    "returns_bytes": "the same",
    "json_index_format": "how indexes are sent: indexes are tried",
    "json_path_format": "the same",
    "inline_comments": "how comments are written: comments are tried",
    "supports_schemas": "a test's user may not make schemas",
    "named_checks_in_columns": "where a CHECK stands in CREATE TABLE: constraints are tried",
    "max_constraint_name_length": "the name of a constraint of an application",
    "is_read_only": "nothing can be tried on such a server",
}
"""Features that no test asks for, with the reason."""


def test_each_feature_is_tried_or_says_why_not():
    contract = SOURCE / "dovetail" / "testing" / "contract"
    text = "\n".join(path.read_text(encoding="utf-8") for path in contract.glob("*.py"))
    untried = {name for name in Features.field_names() if name not in text}

    assert untried == set(UNTRIED)


def test_nothing_else_imports_what_tests_need():
    house = House(SOURCE / "dovetail")
    others = [module for module in house.modules.values() if module.parts[:1] != ("testing",)]

    reached = {
        module.name
        for module in others
        for found in house.imports(module)
        if found.target.partition(".")[0] == "testing"
    }
    with_pytest = {
        module.name for module in others if "import pytest" in module.path.read_text("utf-8")
    }

    assert (reached, with_pytest) == (set(), set())
