"""Engine, connection and transactions, under a path that users know."""

# From tools/faces.toml, by tools/faces.py.
# fmt: off
# isort: off

from .connection import Connection as Connection
from .engine import Engine as Engine
from .transaction import (
    NestedTransaction as NestedTransaction, RootTransaction as RootTransaction,
    Transaction as Transaction, TwoPhaseTransaction as TwoPhaseTransaction,
)
