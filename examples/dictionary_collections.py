"""Collections that are dictionaries: the key is an attribute, a column, or what a function says.

python -m examples.dictionary_collections [database URL]
"""

import sys
from datetime import date

from dovetail import ForeignKey, String, create_engine, select
from dovetail.ext.associationproxy import AssociationProxy, association_proxy
from dovetail.orm import (
    DeclarativeBase,
    KeyFuncDict,
    Mapped,
    Session,
    attribute_keyed_dict,
    column_keyed_dict,
    keyfunc_mapping,
    mapped_column,
    relationship,
)


class Base(DeclarativeBase):
    """All tables of the example."""


class Translation(Base):
    """What a word is called in a language."""

    __tablename__ = "translation"

    word_id: Mapped[int] = mapped_column(ForeignKey("word.id"), primary_key=True)
    language: Mapped[str] = mapped_column(String(5), primary_key=True)
    text: Mapped[str] = mapped_column(String(50))


class Example(Base):
    """A sentence with the word, numbered from 1 on within the word."""

    __tablename__ = "example"

    word_id: Mapped[int] = mapped_column(ForeignKey("word.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    sentence: Mapped[str] = mapped_column(String(100))


class Sighting(Base):
    """Where the word was met on a day."""

    __tablename__ = "sighting"

    id: Mapped[int] = mapped_column(primary_key=True)
    word_id: Mapped[int] = mapped_column(ForeignKey("word.id"))
    day: Mapped[date]
    place: Mapped[str] = mapped_column(String(50))


class MonthlySightings(KeyFuncDict[str, list[Sighting]]):
    """Several members under one key: ``word.sightings["2026-01"]`` is a list of them."""


class Word(Base):
    """A word of a dictionary."""

    __tablename__ = "word"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50), unique=True)
