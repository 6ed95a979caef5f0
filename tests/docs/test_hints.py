"""What a hint says to call is there: each name in the hints of the package is looked up."""

import ast
import builtins
import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import pytest

import dovetail
from tools.reference import PATHS

PACKAGE = Path(dovetail.__file__).parent
CALLED = re.compile(r"(?<![\w%{}])(\.?[A-Za-z_][\w.]*)\(")
"""A name with a parenthesis behind it: what a hint says to call."""

MODULES = (*PATHS, "dovetail.sql.functions")
ELSEWHERE = frozenset(
    {"urllib.parse.quote_plus", "make_region", "loads"}  # of Python, dogpile.cache, ext.serializer
    | {"__composite_values__", "__post_init__", "Base"}  # what a program defines itself
)
"""What is not the package's, or is at a path that says what it is."""


def texts(node):
    """The strings that *node* is made of, with placeholders where values go."""
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    if isinstance(node, ast.JoinedStr):
        parts = ["".join(texts(part) or ["{}"]) for part in node.values]
        return ["".join(parts)]
    if isinstance(node, ast.IfExp):
        return [*texts(node.body), *texts(node.orelse)]
    if isinstance(node, ast.BoolOp):
        return [text for value in node.values for text in texts(value)]
    if isinstance(node, ast.BinOp):
        left, right = texts(node.left), texts(node.right)
        return [f"{one}{other}" for one in left or ["{}"] for other in right or ["{}"]]
    return []


def hints():
    """(place, hint) of every hint in the source."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            found = []
            if isinstance(node, ast.keyword) and node.arg == "hint":
                found = texts(node.value)
            elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                names = [getattr(target, "id", getattr(target, "attr", "")) for target in targets]
                if any("hint" in name.lower() for name in names):
                    found = texts(node.value)
            for text in found:
                yield f"{path.relative_to(PACKAGE)}:{node.value.lineno}", text


def known_names():
    """Every public name: of modules, of classes, and of what an attribute may be called on."""
    names = set(dir(builtins)) | {name for kind in (str, dict, list, set) for name in dir(kind)}
    for path in (*MODULES, *dialects()):
        module = importlib.import_module(path)
        for name in dir(module):
            names.add(name)
            value = getattr(module, name)
            if inspect.isclass(value):
                names |= {each for each in dir(value) if not each.startswith("__")}
                names |= set(getattr(value, "__annotations__", ()))
    return names


def dialects():
    folder = importlib.import_module("dovetail.dialects")
    return [f"dovetail.dialects.{each.name}" for each in pkgutil.iter_modules(folder.__path__)]


def missing(text, known):
    """The names that *text* says to call and that nothing has."""
    for called in CALLED.findall(text):
        if called.strip(".") in ELSEWHERE:
            continue
        name = called.rpartition(".")[2]
        if name and name not in known and not name.isupper():
            yield called


def test_a_hint_names_what_there_is():
    known = known_names()

    assert [
        f"{place}: {name}() in {text!r}" for place, text in hints() for name in missing(text, known)
    ] == []


def test_there_are_hints_and_they_are_read():
    found = list(hints())

    assert len(found) > 400
    assert sum(bool(CALLED.findall(text)) for _, text in found) > 200


@pytest.mark.parametrize("text", ["call session.gett()", "say .on_conflict_does_nothing()"])
def test_a_name_that_is_not_there_is_found(text):
    assert list(missing(text, known_names()))
