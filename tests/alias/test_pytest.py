"""Tests written for the other package run on dovetail."""

import os
import subprocess
import sys

TEST = """
import importlib.metadata
import sqlalchemy


def test_it():
    assert sqlalchemy.orm.Session.__module__.startswith("dovetail")
    assert importlib.metadata.version("SQLAlchemy") == "2.0.57"
"""


def pytest_in(folder, *line):
    (folder / "test_it.py").write_text(TEST)
    return subprocess.run(
        [sys.executable, *line, "-q", "-p", "no:cacheprovider", str(folder)],
        cwd=folder,
        env={**os.environ, "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_plugin_switches_the_alias_on(tmp_path):
    done = pytest_in(tmp_path, "-m", "pytest", "-p", "dovetail.as_sqlalchemy")

    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_where_filters_of_warnings_name_the_other_package_the_command_does(tmp_path):
    """pytest imports the classes of its filters before its plugins."""
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\nfilterwarnings =\n    error\n    error::sqlalchemy.exc.SAWarning\n"
    )
    command = ["-m", "dovetail", "as-sqlalchemy", "-m", "pytest", "-p", "dovetail.as_sqlalchemy"]

    done = pytest_in(tmp_path, *command)
    refused = pytest_in(tmp_path, "-m", "pytest", "-p", "dovetail.as_sqlalchemy")

    assert "1 passed" in done.stdout, done.stdout + done.stderr
    assert "python -m dovetail as-sqlalchemy" in refused.stdout + refused.stderr
