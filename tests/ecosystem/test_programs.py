"""Programs on real packages print the same on SQLAlchemy and, with the alias, on dovetail."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

PROGRAMS = Path(__file__).parent / "programs"
NEEDS = {
    "admin_pages": "sqladmin",
    "cached_rows": "dogpile.cache",
    "celery_results": "celery",
    "flask_models": "flask_sqlalchemy",
    "made_by_factories": "factory",
    "marshmallow_schemas": "marshmallow_sqlalchemy",
    "pandas_tables": "pandas",
    "scheduled_jobs": "apscheduler",
    "sqlmodel_heroes": "sqlmodel",
}


def printed(arguments, folder):
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def is_installed(module):
    return find_spec(module.partition(".")[0]) is not None and find_spec(module) is not None


@pytest.mark.parametrize("name", sorted(NEEDS))
def test_a_program_prints_the_same_on_both_packages(name, tmp_path):
    if not is_installed(NEEDS[name]) or not is_installed("sqlalchemy"):
        pytest.skip(f"{NEEDS[name]} is not installed: pip install -e '.[ecosystem]'")
    program = str(PROGRAMS / f"{name}.py")
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()

    ours = printed(["-m", "dovetail", "as-sqlalchemy", program], here)

    assert ours == printed([program], there)
    assert ours.count("\n") > 3
