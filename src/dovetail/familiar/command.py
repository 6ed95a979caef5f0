"""Usage: python -m dovetail as-sqlalchemy COMMAND [ARGUMENT ...]

Runs COMMAND with dovetail in place of SQLAlchemy, and the processes that it starts:

    python -m dovetail as-sqlalchemy pytest tests
    python -m dovetail as-sqlalchemy flask --app shop run
    python -m dovetail as-sqlalchemy program.py
    python -m dovetail as-sqlalchemy -m package.module

DOVETAIL_AS_SQLALCHEMY_VERSION is the version that dovetail claims to be, 2.0.57 by default.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

SITE = Path(__file__).parent / "site"


def environment() -> dict[str, str]:
    """Return the environment of a command that has the alias on, and its children."""
    paths = [str(SITE), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}


def command_line(arguments: Sequence[str]) -> list[str]:
    """Return what is to be run for *arguments*: a program, or this Python with a script.

    :raises SystemExit: nothing of that name can be run
    """
    first = arguments[0]
    if first in {"-m", "-c"} or first.endswith(".py"):
        return [sys.executable, *arguments]
    # The programs of this environment come first, also where it is not activated.
    places = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    program = shutil.which(first, path=places)
    if program is None:
        sys.exit(f"as-sqlalchemy: no program is called {first!r}")
    return [program, *arguments[1:]]


def run(arguments: Sequence[str]) -> None:
    """Run the command that *arguments* name in place of this process."""
    if not arguments or arguments[0] in {"-h", "--help"}:
        print(__doc__)
        sys.exit(0 if arguments else 2)
    line = command_line(arguments)
    if os.name == "nt":  # exec does not wait there
        sys.exit(subprocess.call(line, env=environment()))
    sys.stdout.flush()
    os.execve(line[0], line, environment())


def run_alembic(arguments: Sequence[str]) -> None:
    """Run Alembic's command line with dovetail in place of SQLAlchemy.

    :raises SystemExit: Alembic is not installed
    """
    if find_spec("alembic") is None:
        sys.exit(
            "The command needs Alembic, which is not installed.\n"
            "  hint: pip install alembic, or the extra alembic of dovetail-orm"
        )
    run(["-m", "alembic", *arguments])
