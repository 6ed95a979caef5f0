"""INSERT, UPDATE and DELETE by their familiar path."""

from .expression.dml import (
    Delete as Delete,
    DMLTargetCopy as DMLTargetCopy,
    Insert as Insert,
    Update as Update,
    delete as delete,
    from_dml_column as from_dml_column,
    insert as insert,
    update as update,
)
from .expression.dml_base import (
    UpdateBase as UpdateBase,
    ValuesBase as ValuesBase,
)
