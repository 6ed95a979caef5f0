"""Primary keys that are set to SQL expressions: the server is asked for their values first."""

from typing import Any

from dovetail.engine.connection import Connection
from dovetail.orm.flush.changes import Pair
from dovetail.orm.mapping.attribute import table_columns
from dovetail.orm.mapping.mapper import Mapper
from dovetail.sql.expression.coercion import stands_for_sql
from dovetail.sql.expression.constructs import type_coerce
from dovetail.sql.expression.elements import and_
from dovetail.sql.expression.select import Select
from dovetail.steps import Steps


def settle_key_steps(connection: Connection, mapper: Mapper, pair: Pair) -> Steps[None]:
    """Set those parts of the primary key of *pair* that are expressions to their values.

    A row is found by its key: after an UPDATE with the expression nobody could say which it is.
    Where the row is gone they stay, and the UPDATE tells.
    """
    state, instance = pair
    values = instance.__dict__
    names = [name for name in mapper.primary_keys if stands_for_sql[type(values.get(name))]]
    if not names:
        return
    key = mapper.key_tuple(state.row_key)
    made = [
        type_coerce(table_columns(values[name]), mapper.columns[name].type).label(None)
        for name in names
    ]
    here = [column == key[place] for place, column in enumerate(mapper.primary_key)]
    asked: Any = Select(*made).select_from(mapper.persist_selectable).where(and_(*here))
    row = (yield from connection.execute_steps(asked)).first()
    if row is not None:
        values.update(zip(names, row, strict=True))
