"""Run the tests on every interpreter that is installed: ``nox``, or ``make test-all``.

``nox -s threads`` runs those of threads on interpreters without the global lock.
"""

import os
from pathlib import Path

import nox

nox.needs_version = ">=2024.10"
nox.options.sessions = ["tests", "threads"]
nox.options.error_on_missing_interpreters = False
nox.options.reuse_venv = "yes"

# pyenv shows only the interpreters that are switched on; those that are merely installed count too.
versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
folders = [str(path) for path in sorted(versions.glob("3.1[1-9].*/bin"))]
os.environ["PATH"] = os.pathsep.join([*folders, os.environ["PATH"]])

OF_THREADS = [
    "tests/ground",
    "tests/engine",
    "tests/orm/test_threads.py",
    "tests/orm/test_used_at_once.py",
]


@nox.session(python=["3.11", "3.12", "3.13", "3.14"])
def tests(session: nox.Session) -> None:
    """Install the library and run its tests; what follows ``--`` goes to pytest."""
    session.install("--editable", ".[dev]")
    session.run("pytest", *session.posargs)


@nox.session(python=["3.13t", "3.14t"])
def threads(session: nox.Session) -> None:
    """Run what threads share, and what is below it, without the global lock of the interpreter.

    Packages with compiled parts that switch the lock on again, or are not made for these
    interpreters, are left out: the tests that need them are skipped.
    """
    session.env["DISABLE_SQLALCHEMY_CEXT"] = "1"
    session.install("--editable", ".[aiosqlite,cache,pymysql]")
    # Later versions of Hypothesis have compiled parts.
    session.install("hypothesis<6.152", "pytest", "pytest-randomly", "SQLAlchemy>=2.1")
    addopts = "addopts=-ra --import-mode=importlib --strict-config --strict-markers"
    where = session.posargs or OF_THREADS
    session.run("python", "-X", "gil=0", "-m", "pytest", "-o", addopts, *where)
