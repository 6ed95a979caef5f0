"""The familiar import path of statements whose rows are instances."""

from dovetail.orm.loading.statement import FromStatement
from dovetail.orm.loading.telling import LoadContext as QueryContext

__all__ = [
    "FromStatement",
    "QueryContext",
]
