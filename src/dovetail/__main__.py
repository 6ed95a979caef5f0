"""The command line: ``python -m dovetail --help``."""

from __future__ import annotations

import sys
from importlib import import_module

from dovetail import __version__

PLAIN = {"as-sqlalchemy": "run", "alembic": "run_alembic"}
"""Commands that take their arguments as they are: functions of ``familiar.command`` by name."""


def main() -> None:
    """Run the command line.

    What needs Python alone works without the extra ``cli``: ``--version``, ``as-sqlalchemy`` and
    ``alembic``.
    """
    first = sys.argv[1] if len(sys.argv) > 1 else ""
    if first in PLAIN:
        getattr(import_module("dovetail.familiar.command"), PLAIN[first])(sys.argv[2:])
        return
    if first in {"--version", "-V"}:
        print(f"dovetail {__version__}")
        return
    try:
        application = import_module("dovetail.commands.application")
    except ModuleNotFoundError as error:
        if error.name not in {"typer", "rich"}:
            raise
        sys.exit(
            "The command line needs typer and rich, which are not installed.\n"
            "  hint: pip install typer rich, or the extra cli of dovetail-orm"
        )
    application.run()


if __name__ == "__main__":
    main()
