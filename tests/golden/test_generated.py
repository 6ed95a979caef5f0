"""The functions generated for mappers of many shapes, as text: a change is seen and meant.

After a change that is meant: ``make golden``, and read the diff.
"""

import os
import re
from datetime import date
from pathlib import Path

import pytest

from dovetail import ForeignKey, create_engine
from dovetail.orm import DeclarativeBase, Mapped, mapped_column, relationship
from dovetail.orm.dump import generated_text
from dovetail.orm.loading.hydrate import SHARED_KEYS
from tests.golden.models import SHAPES

HERE = Path(__file__).parent


class Base(DeclarativeBase):
    pass


class Parent(Base):
    __tablename__ = "parent"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    born: Mapped[date | None]
    rank: Mapped[int] = mapped_column(default=1)
    notes: Mapped[str | None] = mapped_column(deferred=True)
    children: Mapped[list["Child"]] = relationship(back_populates="parent")


class Child(Base):
    __tablename__ = "child"

    parent_id: Mapped[int] = mapped_column(ForeignKey("parent.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    parent: Mapped[Parent] = relationship(back_populates="children")


def normalised(text):
    """*text* without what differs from run to run."""
    return re.sub(r" #\d+>", " #n>", text) + "\n"


@pytest.mark.skipif(SHARED_KEYS == 0, reason="since CPython 3.13 values are stored otherwise")
@pytest.mark.parametrize("class_", [Parent, Child, *SHAPES], ids=lambda class_: class_.__name__)
def test_the_generated_functions_are_as_they_were(class_):
    golden = HERE / f"{class_.__name__.lower()}.txt"

    text = normalised(generated_text(class_.__mapper__, create_engine("sqlite://").dialect))

    if os.environ.get("DOVETAIL_WRITE_GOLDEN") == "1":
        golden.write_text(text)
    assert text == golden.read_text()


def test_every_text_belongs_to_a_mapping():
    names = {class_.__name__.lower() for class_ in (Parent, Child, *SHAPES)}

    assert {path.stem for path in HERE.glob("*.txt")} == names
