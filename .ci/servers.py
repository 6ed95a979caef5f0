"""Run a command while the servers that the tests use wait for no disk, and then as before again.

A commit, or a table that is made, takes a fraction of the time; what a server promises its clients
while it runs is the same.  What it would lose in a power cut meanwhile is the tests' data, and
whatever else it has: the settings are put back however the command ends.

Run from the root of the checkout: python .ci/servers.py make test
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple, NoReturn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.servers import SERVERS


class Setting(NamedTuple):
    """A setting of a server: how it is read, changed, and put back to ``{value}``."""

    read: str
    change: str
    put_back: str


SETTINGS = {
    "postgresql": [
        Setting(f"SHOW {name}", f"ALTER SYSTEM SET {name} = off", f"ALTER SYSTEM RESET {name}")
        for name in ("fsync", "full_page_writes")
    ],
    "mariadb": [
        Setting(
            f"SELECT @@GLOBAL.{name}", f"SET GLOBAL {name} = 0", f"SET GLOBAL {name} = {{value}}"
        )
        for name in ("innodb_flush_log_at_trx_commit", "sync_frm")
    ],
}
RELOAD = {"postgresql": "SELECT pg_reload_conf()"}


@contextmanager
def relaxed(name: str) -> Iterator[None]:
    """The server *name* waits for no disk in the block; one that forbids it takes its time."""
    changed = []
    try:
        with SERVERS[name].administration() as run:
            for setting in SETTINGS[name]:
                ((value,),) = run(setting.read)
                if value not in ("off", 0):
                    run(setting.change)
                    changed.append(setting.put_back.format(value=value))
            if name in RELOAD:
                run(RELOAD[name])
    except Exception as error:
        print(f"{name} waits for its disk: {error}")
    try:
        yield
    finally:
        if changed:
            with SERVERS[name].administration() as run:
                for statement in changed:
                    run(statement)
                if name in RELOAD:
                    run(RELOAD[name])


def end(*_: object) -> NoReturn:
    """Leave as after an exception, so that the settings are put back."""
    sys.exit(143)


def main(command: list[str]) -> int:
    """Run *command*; return its exit code."""
    signal.signal(signal.SIGTERM, end)
    try:
        with ExitStack() as stack:
            for name in SETTINGS:
                stack.enter_context(relaxed(name))
            return subprocess.run(command, check=False).returncode
    finally:
        os.sync()  # what was not waited for is on the disk from here on


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
