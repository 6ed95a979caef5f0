"""Let the servers that the tests use forget a power cut: nothing is waited for on the disk.

For the servers of continuous integration alone, whose data nobody keeps.  A commit or a table made
takes a fraction of the time; what a server promises its clients while it runs is the same.
Run from the root of the checkout: python .ci/servers.py
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.servers import SERVERS

SETTINGS = {
    "postgresql": (
        "ALTER SYSTEM SET fsync = off",
        "ALTER SYSTEM SET full_page_writes = off",
        "SELECT pg_reload_conf()",
    ),
    "mariadb": (
        "SET GLOBAL innodb_flush_log_at_trx_commit = 0",
        "SET GLOBAL sync_frm = OFF",
    ),
}


def main() -> None:
    """Change the settings; a server that is absent, or forbids it, only takes its time."""
    for name, statements in SETTINGS.items():
        try:
            with SERVERS[name].administration() as run:
                for statement in statements:
                    run(statement)
        except Exception as error:
            print(f"{name} waits for its disk: {error}")


if __name__ == "__main__":
    main()
