"""Users of such libraries find the names they know, or the reason why they are not there."""

import importlib
import inspect
import re
import types
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "differences.md"

FACES = (
    "", "sql", "sql.expression", "types", "schema", "engine", "pool", "event", "inspection",
    "dialects.sqlite", "dialects.postgresql", "dialects.mysql", "ext.compiler",
    "ext.declarative", "orm",
)  # fmt: skip
"""Modules that hand on names."""

MODULES = (
    "sql.functions", "engine.url", "engine.reflection", "exc",
    "orm.attributes", "orm.base", "orm.collections", "orm.context", "orm.decl_api",
    "orm.evaluator", "orm.events", "orm.exc", "orm.identity", "orm.instrumentation",
    "orm.interfaces", "orm.mapper", "orm.properties", "orm.query", "orm.relationships",
    "orm.scoping", "orm.session", "orm.state", "orm.strategy_options", "orm.unitofwork",
    "orm.util", "orm.dynamic", "orm.writeonly", "orm.descriptor_props",
    "ext.asyncio", "ext.hybrid", "ext.mutable", "ext.orderinglist",
    "ext.associationproxy", "ext.indexable", "ext.automap",
    "ext.horizontal_shard",
)  # fmt: skip
"""Modules of which the names that they define count."""


def table(mark: str) -> dict[str, set[str]]:
    """The names by path, or the parameters by function, that the page accounts for."""
    text = PAGE.read_text(encoding="utf-8")
    body = text.partition(f"<!-- {mark} -->")[2].partition("<!-- end -->")[0]
    found: dict[str, set[str]] = {}
    for line in body.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 3 and cells[0].startswith("`"):
            assert cells[2], f"no reason is given: {line}"
            (key,) = re.findall(r"`([^`]+)`", cells[0])
            found.setdefault(key, set()).update(re.findall(r"`([^`]+)`", cells[1]))
    return found


def pair(name: str) -> tuple[types.ModuleType, types.ModuleType]:
    ending = f".{name}" if name else ""
    ours, theirs = f"dovetail{ending}", f"sqlalchemy{ending}"
    return importlib.import_module(ours), importlib.import_module(theirs)


def public_names(name: str) -> list[str]:
    """The names that the peer offers at this path."""
    _, theirs = pair(name)
    listed = getattr(theirs, "__all__", None)
    if listed is not None:
        return sorted(key for key in listed if hasattr(theirs, key))
    found = []
    for key, value in vars(theirs).items():
        module = getattr(value, "__module__", None) or ""
        if key.startswith("_") or inspect.ismodule(value) or not module.startswith("sqlalchemy"):
            continue
        if name in FACES or module == theirs.__name__:
            found.append(key)
    return sorted(found)


def kind(value: object) -> str:
    if inspect.isclass(value):
        return "class"
    return "function" if callable(value) else "value"


@pytest.mark.parametrize("name", [*FACES, *MODULES])
def test_every_name_is_there_or_accounted_for(name):
    ours, _ = pair(name)
    excused = table("names").get(f"dovetail.{name}".rstrip("."), set())
    absent = {key for key in public_names(name) if not hasattr(ours, key)}

    assert absent - excused == set()
    assert excused - absent == set(), "accounted for, and there after all"


ELSEWISE = {"custom_op", "Connectable", "mapper"}
"""A class there and a function or a union here, which serve the same use; or the module."""


@pytest.mark.parametrize("name", [*FACES, *MODULES])
def test_every_name_is_the_same_kind_of_thing(name):
    ours, theirs = pair(name)
    other = {
        key: (kind(getattr(ours, key)), kind(getattr(theirs, key)))
        for key in public_names(name)
        if hasattr(ours, key)
        and key not in ELSEWISE
        and kind(getattr(ours, key)) != kind(getattr(theirs, key))
    }

    assert other == {}


@pytest.mark.parametrize("name", [*FACES, *MODULES])
def test_every_function_takes_the_parameters_that_are_known(name):
    ours, theirs = pair(name)
    excused = table("parameters")
    lacking = {}
    for key in public_names(name):
        own, known = getattr(ours, key, None), getattr(theirs, key)
        if own is None or inspect.ismodule(own) or not inspect.isfunction(known):
            continue
        missing = _parameters(known) - _parameters(own) - excused.get(key, set())
        if missing and not _takes_all(own):
            lacking[key] = missing

    assert lacking == {}


def _parameters(function: object) -> set[str]:
    return {
        parameter.name
        for parameter in inspect.signature(function).parameters.values()  # type: ignore[arg-type]
        if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
        and not parameter.name.startswith("_")
    }


def _takes_all(function: object) -> bool:
    found = inspect.signature(function).parameters.values()  # type: ignore[arg-type]
    return any(parameter.kind is parameter.VAR_KEYWORD for parameter in found)


MADE_BY_THE_HOUSE = {
    "BinaryExpression", "CollectionAggregate", "Compiled", "ExpressionClauseList",
    "InstrumentedAttribute", "LoaderCriteriaOption", "QueryableAttribute", "TypeResolve",
}  # fmt: skip
"""Classes of which programs make no instances."""


@pytest.mark.parametrize("name", [*FACES, *MODULES])
def test_what_is_given_by_position_has_the_same_place(name):
    ours, theirs = pair(name)
    excused = table("parameters")
    moved = {}
    for key in set(public_names(name)) - MADE_BY_THE_HOUSE:
        for path, own, known in _callables(key, getattr(ours, key, None), getattr(theirs, key)):
            places = [
                [one for one in _placed(function) if one not in excused.get(key, set())]
                for function in (own, known)
            ]
            for one in set(places[0]) & set(places[1]):
                if places[0].index(one) != places[1].index(one):
                    moved[path, one] = (places[0].index(one), places[1].index(one))

    assert moved == {}


def _callables(key: str, own: object, known: object) -> list[tuple[str, object, object]]:
    """A function, or a class with its methods, beside the same of the peer."""
    if not inspect.isclass(own) or not inspect.isclass(known):
        return [(key, own, known)] if callable(own) and inspect.isfunction(known) else []
    methods = {name for name in dir(known) if not name.startswith("_") and hasattr(own, name)}
    members = {f"{key}.{name}": (getattr(own, name), getattr(known, name)) for name in methods}
    return [
        (key, own, known),
        *((path, *two) for path, two in members.items() if inspect.isroutine(two[1])),
    ]


def _placed(function: object) -> list[str]:
    """The parameters that may be given by position, without the first of a method."""
    try:
        found = inspect.signature(function).parameters.values()  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return []
    placed = [one.name for one in found if one.kind is one.POSITIONAL_OR_KEYWORD]
    return [name for name in placed if name not in ("self", "cls") and not name.startswith("_")]


PAGES = ("session.md", "production.md", "loading.md", "logging.md", "watching.md")

TOLD_BESIDE_THE_CONTRACT = {
    "atomic", "autocommit", "close_all", "deadline", "explain", "get_by", "get_many", "hold",
    "get_or_create", "lazy_policy", "load", "on_commit", "on_rollback", "outbox", "prune", "reads",
    "release", "transaction", "upsert", "upsert_all", "watch", "write_token",
}  # fmt: skip
"""What a Session has that the peer's has not: docs/session.md and its neighbours tell of it."""


def test_a_session_has_the_names_of_users_and_no_others():
    ours, theirs = pair("orm")
    names = [
        {name for one in (session, type(session)) for name in dir(one) if not name.startswith("_")}
        for session in (ours.Session(), theirs.Session())
    ]

    assert names[0] - names[1] == TOLD_BESIDE_THE_CONTRACT
    assert names[1] - names[0] == {"connection_callable"}
    told = "".join((PAGE.parent / page).read_text() for page in PAGES)
    assert {name for name in TOLD_BESIDE_THE_CONTRACT if name not in told} == set()
