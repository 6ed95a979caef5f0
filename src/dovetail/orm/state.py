"""The familiar import path of the state of an instance."""

from dovetail.orm.tracking.state import AttributeState, InstanceState

__all__ = [
    "AttributeState",
    "InstanceState",
]
