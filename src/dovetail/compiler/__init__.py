"""How statements become text, and plans."""

from .cache import CacheStats as CacheStats, PlanCache as PlanCache
from .compiled import Compiled as Compiled, compile_statement as compile_statement
from .plan import StatementPlan as StatementPlan, bound_values as bound_values
from .result_columns import ResultColumn as ResultColumn
