"""The familiar import path of attributes that stand for others."""

from dovetail.orm.mapping.composite import Composite, Composite as CompositeProperty
from dovetail.orm.mapping.synonym import Synonym, Synonym as SynonymProperty

__all__ = [
    "Composite",
    "CompositeProperty",
    "Synonym",
    "SynonymProperty",
]
