"""Attributes that nobody foresaw, each in a row of its own: vertical mapping.

An animal has few columns, and as many traits as are known of it.  A trait is a key and a value
of some type, kept in the column for that type, so that the database can compare and order it.

python -m examples.vertical_mapping [database URL]
"""

import sys
from datetime import date
from typing import Any

from dovetail import ColumnElement, ForeignKey, String, and_, create_engine, select
from dovetail.ext.associationproxy import AssociationProxy, association_proxy
from dovetail.ext.hybrid import Comparator, hybrid_property
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    attribute_keyed_dict,
    mapped_column,
    relationship,
    selectinload,
)

Value = str | int | bool | date


class Base(DeclarativeBase):
    """All tables of the example."""


class TypedComparator(Comparator):
    """Compares the column that keeps values of the type of the other side."""

    def operate(self, op: Any, *other: Any, **kwargs: Any) -> Any:
        sample = other[0] if other else None
        if isinstance(sample, (list, tuple)) and sample:
            sample = sample[0]
        return op(getattr(self.expression, column_for(sample)), *other, **kwargs)


class Trait(Base):
    """One thing that is known of an animal."""

    __tablename__ = "trait"

    animal_id: Mapped[int] = mapped_column(ForeignKey("animal.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(50), primary_key=True)
    # Which of the columns below has the value.
    kept_in: Mapped[str] = mapped_column(String(20))
    as_text: Mapped[str | None] = mapped_column(String(200))
    as_number: Mapped[int | None]
    as_flag: Mapped[bool | None]
    as_day: Mapped[date | None]

    def __init__(self, key: str, value: Value) -> None:
        super().__init__(key=key, value=value)

    @hybrid_property
    def value(self) -> Value:
        """The value, of the type that it was given in."""
        value: Value = getattr(self, self.kept_in)
        return value

    @value.inplace.setter
    def _set_value(self, value: Value) -> None:
        self.kept_in = column_for(value)
        for name in COLUMNS.values():
            setattr(self, name, value if name == self.kept_in else None)

    @value.inplace.comparator
    @classmethod
    def _compare_value(cls) -> TypedComparator:
        return TypedComparator(cls)


COLUMNS = {str: "as_text", int: "as_number", bool: "as_flag", date: "as_day"}


def column_for(value: Any) -> str:
    """The attribute that keeps values like *value*."""
    try:
        return COLUMNS[type(value)]
    except KeyError:
        raise TypeError(f"a trait is a text, a number, a flag or a day, not {value!r}") from None


class Animal(Base):
    """An animal; ``animal.traits["legs"] = 4``."""

    __tablename__ = "animal"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50), unique=True)

    trait_rows: Mapped[dict[str, Trait]] = relationship(
        collection_class=attribute_keyed_dict("key"), cascade="all, delete-orphan"
    )
    traits: AssociationProxy[dict[str, Value]] = association_proxy("trait_rows", "value")

    @classmethod
    def has_trait(cls, key: str, *criteria: ColumnElement[bool]) -> ColumnElement[bool]:
        """The criterion that an animal has a trait *key* for which *criteria* hold."""
        criterion: ColumnElement[bool] = cls.trait_rows.any(and_(Trait.key == key, *criteria))
        return criterion


def describe(session: Session) -> None:
    """Animals to look at."""
    session.add_all(
        [
            Animal(name="cat", traits={"legs": 4, "sound": "meow", "flies": False}),
            Animal(name="duck", traits={"legs": 2, "sound": "quack", "flies": True}),
            Animal(name="loris", traits={"legs": 4, "flies": False, "seen": date(2026, 3, 1)}),
        ]
    )


def main(url: str = "sqlite://") -> None:
    engine = create_engine(url)
    Base.metadata.create_all(engine)

    with Session(engine) as session, session.begin():
        describe(session)

    with Session(engine) as session, session.begin():
        animals = select(Animal).order_by(Animal.name)
        everything = animals.options(selectinload(Animal.trait_rows))
        for animal in session.scalars(everything):
            print(f"{animal.name:6}", dict(sorted(animal.traits.items())))

        def names(*criteria: ColumnElement[bool]) -> list[str]:
            return [animal.name for animal in session.scalars(animals.where(*criteria))]

        print("four legs:", names(Animal.has_trait("legs", Trait.value == 4)))
        print("does not fly:", names(Animal.has_trait("flies", Trait.value.is_(False))))
        print("seen since:", names(Animal.has_trait("seen", Trait.value > date(2026, 1, 1))))
        print("silent:", names(~Animal.has_trait("sound")))
    engine.dispose()


if __name__ == "__main__":
    main(*sys.argv[1:])
