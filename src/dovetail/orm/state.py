"""The familiar import path of the state of an instance."""

# From tools/faces.toml, by tools/faces.py.
# fmt: off
# isort: off

from .tracking.state import AttributeState as AttributeState, InstanceState as InstanceState
