"""The names of 1.4's transition: they are the ordinary ones."""

# From tools/faces.toml, by tools/faces.py.
# fmt: off
# isort: off

from .engine.connection import Connection as Connection
from .engine.create import create_engine as create_engine
from .engine.engine import Engine as Engine
