"""The familiar import path of what tells mapped attributes from others."""

from dovetail.orm.tools import is_instrumented

__all__ = ["is_instrumented"]
