"""Parameters that a body never reads: an argument has its effect, or is refused.

What remains is listed in ``unread.toml``, each with the reason that a user is told.
"""

import ast
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.architecture.house import House

LISTED = Path(__file__).with_name("unread.toml")
_OWN_SIGNATURES = {"__init__", "__new__", "__call__", "__init_subclass__"}
"""The methods with two underscores whose parameters Python does not prescribe."""


class Parameter(NamedTuple):
    """A parameter that the body of a function does not read."""

    module: str
    function: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}:{self.function}({self.name})"


class _Function(NamedTuple):
    node: ast.FunctionDef | ast.AsyncFunctionDef
    owner: str
    """The class that it stands in, or nothing."""


def unread_parameters(house: House) -> list[str]:
    """Arguments that are taken and have no effect."""
    listed = tomllib.loads(LISTED.read_text(encoding="utf-8")) if house.is_whole else {}
    reasons = {f"{module}:{name}" for module, names in listed.items() for name in names}
    found = {str(parameter) for parameter in _unread(house)}
    return [
        *(f"{each} is never read" for each in sorted(found - reasons)),
        *(f"{each} is read, or gone: take it from the list" for each in sorted(reasons - found)),
    ]


def _unread(house: House) -> Iterator[Parameter]:
    functions = {name: list(_functions_of(module.tree)) for name, module in house.modules.items()}
    read_somewhere: dict[str, set[str]] = defaultdict(set)
    for each in functions.values():
        for function in each:
            if function.owner:
                read_somewhere[function.node.name] |= _read(function.node)
    for module, each in functions.items():
        for function in each:
            name = function.node.name
            if _is_prescribed(function) or (name.startswith("_") and not name.startswith("__")):
                continue  # what is private is called by the package alone
            read = _read(function.node)
            if function.owner and name not in _OWN_SIGNATURES:
                # A contract: what one class of it reads, another may not need.
                read = read | read_somewhere[name]
            qualified = f"{function.owner}.{name}" if function.owner else name
            for parameter in _parameters(function.node):
                if parameter not in read and parameter.strip("_"):
                    yield Parameter(module, qualified, parameter)


def _functions_of(tree: ast.Module) -> Iterator[_Function]:
    """The functions of a module and of its classes; those within functions are callbacks."""
    for node in tree.body:
        yield from _functions_in(node, "")


def _functions_in(node: ast.stmt, owner: str) -> Iterator[_Function]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        yield _Function(node, owner)
    elif isinstance(node, ast.ClassDef):
        if not any("Protocol" in ast.unparse(base) for base in node.bases):
            for inner in node.body:
                yield from _functions_in(inner, node.name)
    elif isinstance(node, ast.If):
        for inner in (*node.body, *node.orelse):
            yield from _functions_in(inner, owner)


def _is_prescribed(function: _Function) -> bool:
    """Tell whether others say which parameters *function* has, or its body says nothing."""
    node = function.node
    name = node.name
    if name.startswith("__") and name not in _OWN_SIGNATURES:
        return True
    if name.lstrip("_").startswith("visit_"):
        return True
    if any("overload" in ast.unparse(each) for each in node.decorator_list):
        return True
    said = [each for each in node.body if not _is_text(each)]
    return all(isinstance(each, ast.Raise | ast.Pass) for each in said)


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _read(node: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    return {
        each.id
        for statement in node.body
        for each in ast.walk(statement)
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load)
    }


def _parameters(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    given = node.args
    names = [each.arg for each in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    names += [each.arg for each in (given.vararg, given.kwarg) if each is not None]
    return [name for name in names if name not in ("self", "cls")]
