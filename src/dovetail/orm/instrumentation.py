"""The familiar import path of what tells mapped attributes from others."""

# From tools/faces.toml, by tools/faces.py.
# fmt: off
# isort: off

from .mapping.class_manager import ClassManager as ClassManager
from .tools import is_instrumented as is_instrumented
