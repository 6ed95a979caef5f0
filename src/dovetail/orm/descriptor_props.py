"""The familiar import path of attributes that stand for others."""

# From tools/faces.toml, by tools/faces.py.
# fmt: off
# isort: off

from .mapping.composite import Composite as Composite
from .mapping.synonym import Synonym as Synonym

CompositeProperty = Composite
SynonymProperty = Synonym
