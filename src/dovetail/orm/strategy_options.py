"""The familiar import path of the loader options."""

# From tools/faces.toml, by tools/faces.py.
# fmt: off
# isort: off

from .loading.options import (
    Load as Load, contains_eager as contains_eager, defaultload as defaultload, defer as defer,
    immediateload as immediateload, joinedload as joinedload, lazyload as lazyload,
    load_only as load_only, noload as noload, raiseload as raiseload,
    selectin_polymorphic as selectin_polymorphic, selectinload as selectinload,
    subqueryload as subqueryload, undefer as undefer, undefer_group as undefer_group,
    with_expression as with_expression,
)
