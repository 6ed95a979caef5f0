"""Relationships whose joined columns have values that are no keys of dictionaries."""

from __future__ import annotations

from typing import Any

import pytest

from dovetail import JSON, create_engine, select
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    foreign,
    mapped_column,
    relationship,
    selectinload,
)


class Base(DeclarativeBase):
    pass


class Category(Base):
    __tablename__ = "unhashable_category"
    id: Mapped[int] = mapped_column(primary_key=True)
    data: Mapped[Any] = mapped_column(JSON)


class Article(Base):
    __tablename__ = "unhashable_article"
    id: Mapped[int] = mapped_column(primary_key=True)
    data: Mapped[Any] = mapped_column(JSON)
    category: Mapped[Category | None] = relationship(
        primaryjoin=lambda: foreign(Article.data) == Category.data
    )


@pytest.mark.parametrize("options", [(), (selectinload(Article.category),)])
def test_a_reference_by_a_dictionary_is_loaded(options: Any) -> None:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Category(id=1, data={"a": 1}), Category(id=2, data=["b"])])
        session.add_all(
            [
                Article(id=1, data={"a": 1}),
                Article(id=2, data=["b"]),
                Article(id=3, data={"c": 1}),
                Article(id=4, data={"a": 1}),
            ]
        )
        session.commit()
    with Session(engine) as session:
        articles = session.scalars(select(Article).order_by(Article.id).options(*options)).all()
        found = [one.category and one.category.id for one in articles]
    assert found == [1, 2, None, 1]
