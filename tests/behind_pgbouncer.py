"""Runs tests with a PgBouncer of their own before PostgreSQL: ``make test-pgbouncer``.

Each transaction has another connection of the server.  The arguments are those of pytest; without
any, the contract is tried with every driver, blocking and awaiting.
"""

import os
import sys

import pytest

from tests.private_servers import private_pgbouncer
from tests.servers import SERVERS


def main(arguments: list[str]) -> int:
    server = SERVERS["postgresql"]
    absence = server.absence()
    if absence is not None:
        sys.exit(absence)
    with private_pgbouncer(server.url) as before:
        place = before.update_query_dict({"pooler": "transaction"})
        os.environ[server.variable] = place.render_as_string(hide_password=False)
        return pytest.main(arguments or ["tests/contract", "-k", "postgresql"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
