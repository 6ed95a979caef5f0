"""Ties the knot of the package: expressions make operations, and operations are expressions.

Python's operators are methods of every expression, and what they make is built of expressions;
a FROM gives a SELECT, and a SELECT is made of FROMs.  The lower half of each pair holds a place
for the upper one, which is filled here and nowhere else.
"""

from ...types.contract import TypeEngine
from ...types.structured import ARRAY, JSON
from . import building, constructs, elements, indexing
from .column_element import build
from .from_clause import statements
from .select import CompoundSelect, Select, labelled
from .select_base import bound_values
from .type_comparator import TypeComparator

build.compare = building.compare
build.combine = building.combine
build.join = building.join
build.pattern = building.pattern
build.member = building.member
build.between = building.between
build.unary = building.unary
build.general = building.general
build.group = elements.Grouping
build.negate = elements.negation
build.cast = constructs.Cast
build.collate = constructs.collated
build.collection = constructs.CollectionAggregate
build.index = indexing.index
build.bound = bound_values

statements.select = Select
statements.labelled = labelled
statements.compound = CompoundSelect

TypeEngine.Comparator = TypeComparator
JSON.comparator_factory = indexing.JSONComparator
ARRAY.comparator_factory = indexing.ArrayComparator
