"""The names of 1.4's transition: they are the ordinary ones."""

from .engine.connection import Connection
from .engine.create import create_engine
from .engine.engine import Engine

__all__ = ["Connection", "Engine", "create_engine"]
