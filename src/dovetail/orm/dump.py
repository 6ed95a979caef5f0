"""The functions that are generated for a mapper, as text."""

from typing import Any

from dovetail.codegen import source_text
from dovetail.dialects.dialect import Dialect
from dovetail.orm.flush.insert import InsertPlan
from dovetail.orm.flush.update import update_plans
from dovetail.orm.loading.hydrate import make_hydrator
from dovetail.orm.loading.planner import plan_select
from dovetail.orm.mapping.mapper import Mapper
from dovetail.orm.merge import make_copier
from dovetail.orm.session.members import SessionMembers
from dovetail.sql.expression.select import Select


def generated_text(mapper: Mapper, dialect: Dialect) -> str:
    """The text of the functions that are made for *mapper*: load, insert, update, copy, expire.

    What a plan would make for the plain cases: a SELECT of the class, a row without values for
    what the server makes, a change of every column.
    """
    mapper.configure()
    planned = plan_select(Select(mapper.node), load=True)
    assert planned.layout is not None
    changed = tuple(key for key in mapper.written if key not in mapper.keys_set)
    functions: list[Any] = [make_hydrator(planned.layout, dialect)]
    for part in mapper.mapped_tables:
        plan = InsertPlan(mapper, dialect, part.made, part)
        functions += [plan.rows_of, plan.place]
    if changed and mapper.mapped_tables:
        functions += [update.rows_of for update in update_plans(mapper, changed, dialect)]
    functions += [make_copier(mapper), SessionMembers.expirer(mapper)]
    parts = []
    for function in functions:
        text = source_text(function) or ""
        parts.append(f"# {function.__code__.co_filename}\n{text}")
    return "\n\n".join(parts)
