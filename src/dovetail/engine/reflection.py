"""The inspector, under a path that users know."""

# From tools/faces.toml, by tools/faces.py.
# fmt: off
# isort: off

from .inspector import Inspector as Inspector
from .kinds import (
    ObjectKind as ObjectKind, ObjectScope as ObjectScope, ReflectionDefaults as ReflectionDefaults,
)
