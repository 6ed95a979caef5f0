"""Runs a program of text in a Python of its own, with the alias on or without it."""

import os
import subprocess
import sys
from textwrap import dedent


def run(text, *, alias=True, environment=None, arguments=()):
    """What the program *text* prints; it begins with the alias unless told otherwise."""
    first = "import dovetail.as_sqlalchemy\n" if alias else ""
    done = subprocess.run(
        [sys.executable, *arguments, "-c", first + dedent(text)],
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()
