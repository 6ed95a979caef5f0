"""Says what ``make test`` is about to do: how much, for how long, and on which servers."""

import os
import sys
from pathlib import Path

if __name__ == "__main__":  # the root of the checkout, from which the tests are imported
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.servers import SERVERS, servers_required

SERVER_VARIABLES = {server.variable: server.default_url for server in SERVERS.values()}
VARIABLES = {**SERVER_VARIABLES, "DOVETAIL_TEST_REDIS": "redis://127.0.0.1:6379/0"}


def announcement() -> str:
    """Return what is about to happen, in a few lines."""
    if servers_required():
        used = {name: os.environ.get(name) or url for name, url in VARIABLES.items()}
    else:
        used = {name: os.environ[name] for name in VARIABLES if os.environ.get(name)}
    lines = [
        "All tests: some fifteen minutes on two cores with every server, less without.",
        "Some start servers of their own, and connect to them at 127.0.0.1.",
    ]
    for name, url in used.items():
        where = url.rpartition("@")[2].rpartition("//")[2]
        what = "keys" if name.endswith("REDIS") else "databases"
        lines.append(f"  {name}: {what} called dovetail… are made and deleted at {where}")
    absent = [name for name in VARIABLES if name not in used]
    if absent:
        lines.append(f"  skipped, since nothing is named: {', '.join(absent)}")
        lines.append(
            "  (make help says how to name a server; nothing is made on one that is not named)"
        )
    lines.append("In a hurry: make test-quick, less than two minutes.")
    return "\n".join(lines)


if __name__ == "__main__":
    print(announcement())
