"""The familiar import path of the identity map."""

# From tools/faces.toml, by tools/faces.py.
# fmt: off
# isort: off

from .tracking.identity import IdentityMap as IdentityMap
