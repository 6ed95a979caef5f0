"""The familiar import path of what tells mapped attributes from others."""

from dovetail.orm.mapping.class_manager import ClassManager
from dovetail.orm.tools import is_instrumented

__all__ = [
    "ClassManager",
    "is_instrumented",
]
