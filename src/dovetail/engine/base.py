"""Engine, connection and transactions, under a path that users know."""

from .connection import Connection
from .engine import Engine
from .transaction import NestedTransaction, RootTransaction, Transaction, TwoPhaseTransaction

__all__ = [
    "Connection",
    "Engine",
    "NestedTransaction",
    "RootTransaction",
    "Transaction",
    "TwoPhaseTransaction",
]
