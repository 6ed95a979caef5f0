"""What is imported when it is first asked for."""

import subprocess
import sys
from types import ModuleType

import pytest

from dovetail.later import function_later, names_later


@pytest.fixture
def face(monkeypatch):
    """A module that hands on two names of ``fractions``, and has one of its own."""
    module = ModuleType("a_face")
    module.own = "own"
    module._hidden = "hidden"
    module.__getattr__, module.__dir__ = names_later(
        "a_face", {"fractions": ("Fraction",), "statistics": ("mean",)}
    )
    monkeypatch.setitem(sys.modules, "a_face", module)
    return module


def test_a_name_is_found_when_it_is_asked_for_and_stays(face):
    from fractions import Fraction

    assert "Fraction" not in vars(face)
    assert face.Fraction is Fraction
    assert vars(face)["Fraction"] is Fraction


def test_a_name_that_is_not_there_is_missing_as_from_any_module(face):
    with pytest.raises(AttributeError, match="module 'a_face' has no attribute 'Absent'"):
        _ = face.Absent
    with pytest.raises(ImportError, match="cannot import name 'Absent' from 'a_face'"):
        exec("from a_face import Absent")


def test_all_names_are_listed_and_taken_by_a_star(face):
    taken = {}
    exec("from a_face import *", taken)

    assert {"Fraction", "mean", "own"} <= set(dir(face))
    assert taken.keys() - {"__builtins__"} == {"Fraction", "mean", "own"}


def test_a_function_takes_its_place_after_the_first_call(monkeypatch):
    from statistics import mean

    user = ModuleType("a_user")
    user.mean = first = function_later("statistics", "mean", "a_user")
    monkeypatch.setitem(sys.modules, "a_user", user)

    assert user.mean([1, 2, 3]) == 2
    assert user.mean is mean
    assert first(data=[1, 3]) == 2  # who has kept it is served as well


ASIDE = (
    "dovetail.engine.inspector",
    "dovetail.engine.interfaces",
    "dovetail.engine.mock",
    "dovetail.ext",
    "dovetail.familiar",
    "dovetail.orm.bulk.statements",
    "dovetail.orm.flush.unit_of_work",
    "dovetail.orm.scoped",
    "dovetail.sql.difference",
)


def test_a_program_that_reads_imports_nothing_that_stands_aside():
    program = f"""
import sys
from dovetail import Column, Integer, MetaData, Table, create_engine, select
from dovetail.orm import Session, registry
engine = create_engine("sqlite://")
table = Table("a", MetaData(), Column("id", Integer, primary_key=True))
class A: ...
registry().map_imperatively(A, table)
table.metadata.create_all(engine)
with Session(engine) as session:
    assert session.scalars(select(A)).all() == []
    assert session.get(A, 1) is None
    session.commit()
print([name for name in {ASIDE!r} if name in sys.modules])
"""
    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert (told.stdout, told.stderr) == ("[]\n", "")


def test_modules_of_a_package_are_reached_by_it_as_programs_do():
    program = """
import dovetail as sa
from dovetail import engine, orm, sql
print(orm.collections.InstrumentedList.__name__, orm.interfaces.__name__, orm.util.__name__)
print(sql.functions.coalesce.__name__, sql.elements.BinaryExpression.__name__)
print(engine.reflection.Inspector.__name__, sa.util.__name__)
"""
    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert told.stdout.splitlines() == [
        "InstrumentedList dovetail.orm.interfaces dovetail.orm.util",
        "coalesce BinaryExpression",
        "Inspector dovetail.util",
    ]


def test_everything_that_a_package_lists_is_there():
    program = """
import dovetail, dovetail.orm, dovetail.engine, dovetail.schema
for module in (dovetail, dovetail.orm, dovetail.engine, dovetail.schema):
    for name in dir(module):
        getattr(module, name)
from dovetail import *
from dovetail.orm import *
print(Inspector.__name__, create_mock_engine.__name__, scoped_session.__name__)
"""
    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert (told.stdout, told.stderr) == ("Inspector create_mock_engine scoped_session\n", "")
