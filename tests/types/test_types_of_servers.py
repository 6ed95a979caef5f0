"""A server's own type is a kind of the standard's: what asks ``isinstance`` finds it."""

from importlib import import_module

import pytest
import sqlalchemy.types as their_types

import dovetail.types as our_types
from dovetail.dialects import mysql, postgresql, sqlite

STANDARD = [
    name
    for name, kind in vars(our_types).items()
    if isinstance(kind, type)
    and issubclass(kind, our_types.TypeEngine)
    and isinstance(getattr(their_types, name, None), type)
]


@pytest.mark.parametrize("server", [mysql, postgresql, sqlite], ids=lambda face: face.__name__)
def test_a_type_of_a_server_derives_from_what_it_derives_from_in_sqlalchemy(server):
    theirs = import_module(server.__name__.replace("dovetail", "sqlalchemy"))
    complaints = [
        f"{name} is no {standard}"
        for name, kind in vars(server).items()
        if isinstance(kind, type)
        and issubclass(kind, our_types.TypeEngine)
        and hasattr(theirs, name)
        for standard in STANDARD
        if issubclass(getattr(theirs, name), getattr(their_types, standard))
        and not issubclass(kind, getattr(our_types, standard))
    ]

    assert complaints == []


def test_the_json_of_a_server_is_a_class_of_its_own():
    kinds = {our_types.JSON, sqlite.JSON, mysql.JSON, postgresql.JSON}

    assert len(kinds) == 4
    assert not issubclass(sqlite.JSON, mysql.JSON)


def test_the_families_of_types_that_only_postgresql_has_are_the_types():
    assert postgresql.INET()._type_affinity is postgresql.INET
    assert postgresql.TSVECTOR()._type_affinity is postgresql.TSVECTOR
    assert our_types.NullType()._type_affinity is our_types.NullType
    assert our_types.BigInteger()._type_affinity is our_types.Integer
