"""Run the tests on every interpreter that is installed: ``nox``, or ``make test-all``."""

import os
from pathlib import Path

import nox

nox.needs_version = ">=2024.10"
nox.options.sessions = ["tests"]
nox.options.error_on_missing_interpreters = False
nox.options.reuse_venv = "yes"

# pyenv shows only the interpreters that are switched on; those that are merely installed count too.
versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
folders = [str(path) for path in sorted(versions.glob("3.1[1-9].*/bin"))]
os.environ["PATH"] = os.pathsep.join([*folders, os.environ["PATH"]])


@nox.session(python=["3.11", "3.12", "3.13"])
def tests(session: nox.Session) -> None:
    """Install the library and run its tests; what follows ``--`` goes to pytest."""
    session.install("--editable", ".[dev]")
    session.run("pytest", *session.posargs)
