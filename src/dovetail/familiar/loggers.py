"""The other package's loggers: what is configured at either name holds for both."""

from __future__ import annotations

from itertools import pairwise
from logging import getLogger

CHAIN = (
    "dovetail",
    "sqlalchemy",
    "dovetail.engine",
    "sqlalchemy.engine",
    "sqlalchemy.engine.Engine",
)
"""Each logger hands its records to the one before it."""

POOL_CHAIN = ("sqlalchemy", "dovetail.pool", "sqlalchemy.pool", "sqlalchemy.pool.impl")


def connect_loggers() -> None:
    """Let records of the other package's loggers pass dovetail's, at each level of the names.

    What dovetail logs carries the other package's names while the alias is on.  A level or a
    handler that is set at either name is found on the way.
    """
    for chain in (CHAIN, POOL_CHAIN):
        for parent, child in pairwise(chain):
            getLogger(child).parent = getLogger(parent)
