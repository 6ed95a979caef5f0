"""Classes by which the other package sorts things answer ``isinstance`` as they do there."""

import pytest

from tests.alias.program import run

QUESTIONS = """
import json
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine.base import ConnectionEventsTarget
from sqlalchemy.orm import attributes
from sqlalchemy.orm.base import ORMDescriptor, SQLORMExpression
from sqlalchemy.orm.decl_api import DCTransformDeclarative
from sqlalchemy.orm.descriptor_props import ConcreteInheritedProperty, DescriptorProperty
from sqlalchemy.orm.interfaces import CriteriaOption, StrategizedProperty
from sqlalchemy.sql import elements, schema, selectable, sqltypes
from sqlalchemy.sql.dml import DMLWhereBase

class Base(orm.DeclarativeBase):
    pass

class Pebble(Base):
    __tablename__ = "pebble"
    id = orm.mapped_column(sa.Integer, primary_key=True)
    weight = orm.mapped_column(sa.Integer)
    other = orm.synonym("weight")
    heap_id = orm.mapped_column(sa.ForeignKey("pebble.id"))
    heap = orm.relationship("Pebble", remote_side=[id], back_populates="chips")
    chips = orm.relationship("Pebble", back_populates="heap")

class Flint(orm.MappedAsDataclass, Base):
    __tablename__ = "flint"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)

class Loam(orm.DeclarativeBaseNoMeta, orm.MappedAsDataclass):
    pass

table, mapper = Pebble.__table__, sa.inspect(Pebble)
engine = sa.create_engine("sqlite://")
things = {
    "table": table,
    "alias": table.alias(),
    "subquery": sa.select(table).subquery(),
    "cte": sa.select(table).cte(),
    "join": table.join(Flint, sa.true()),
    "values": sa.values(sa.column("a", sa.Integer), name="v").data([(1,)]),
    "select": sa.select(table),
    "union": sa.union(sa.select(table), sa.select(table)),
    "insert": sa.insert(table),
    "update": sa.update(table),
    "delete": sa.delete(table),
    "column": table.c.id,
    "comparison": table.c.id == 1,
    "both": sa.and_(table.c.id == 1, table.c.weight == 2),
    "cast": sa.cast(table.c.id, sa.Text),
    "sequence": sa.Sequence("s"),
    "identity": sa.Identity(),
    "default": schema.ColumnDefault(1),
    "index": sa.Index("i", table.c.weight),
    "primary key": table.primary_key,
    "metadata": table.metadata,
    "interval": sa.Interval(),
    "enum": sa.Enum("a"),
    "native enum": postgresql.ENUM("a", name="e"),
    "uuid": sa.Uuid(),
    "integer": sa.Integer(),
    "attribute": Pebble.weight,
    "property": mapper.attrs.weight,
    "synonym": mapper.synonyms.other,
    "criteria": orm.with_loader_criteria(Pebble, Pebble.id == 1),
    "option": orm.load_only(Pebble.id),
    "engine": engine,
    "connection": engine.connect(),
    "class": Pebble,
    "value": Pebble.weight.impl,
    "reference": Pebble.heap.impl,
    "collection": Pebble.chips.impl,
    "dataclass": Flint,
    "dataclass without a metaclass": Loam,
}
kinds = [
    ConnectionEventsTarget, ORMDescriptor, SQLORMExpression, DCTransformDeclarative,
    ConcreteInheritedProperty, DescriptorProperty, CriteriaOption, StrategizedProperty,
    *(
        getattr(attributes, name, None) or getattr(attributes, f"_{name}")
        for name in ("AttributeImpl", "ScalarAttributeImpl", "ScalarObjectAttributeImpl")
    ),
    getattr(attributes, "_CollectionAttributeImpl"),
    elements.OperatorExpression, elements.WrapsColumnExpression,
    schema.DefaultGenerator, schema.IdentityOptions, schema.ColumnCollectionMixin,
    schema.HasConditionalDDL, schema.HasSchemaAttr, selectable.NamedFromClause,
    selectable.FromClauseAlias, selectable.LateralFromClause, selectable.HasPrefixes,
    selectable.HasSuffixes, selectable.HasCTE, selectable.ExecutableReturnsRows,
    selectable.TypedReturnsRows, DMLWhereBase, sqltypes._AbstractInterval, sqltypes.Emulated,
    sqltypes.NativeForEmulated,
]
for kind in kinds:
    print(kind.__name__.strip("_"), [n for n, thing in things.items() if isinstance(thing, kind)])
"""


def test_things_are_of_the_classes_of_which_they_are_there():
    pytest.importorskip("sqlalchemy")

    assert run(QUESTIONS) == run(QUESTIONS, alias=False)
