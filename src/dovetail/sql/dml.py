"""INSERT, UPDATE and DELETE by their familiar path."""

from .expression.dml import (
    Delete as Delete,
    DMLTargetCopy as DMLTargetCopy,
    Insert as Insert,
    Update as Update,
    UpdateBase as UpdateBase,
    ValuesBase as ValuesBase,
    column_set as column_set,
    delete as delete,
    from_dml_column as from_dml_column,
    insert as insert,
    update as update,
)
