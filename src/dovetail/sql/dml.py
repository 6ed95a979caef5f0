"""INSERT, UPDATE and DELETE by their familiar path."""

# From tools/faces.toml, by tools/faces.py.
# fmt: off
# isort: off

from .expression.dml import (
    DMLTargetCopy as DMLTargetCopy, Delete as Delete, Insert as Insert, Update as Update,
    delete as delete, from_dml_column as from_dml_column, insert as insert, update as update,
)
from .expression.dml_base import UpdateBase as UpdateBase, ValuesBase as ValuesBase
