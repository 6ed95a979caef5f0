"""Functions that one module hangs into another while it is imported: imports that nobody sees.

Where a lower module needs an upper one, the honest ways are an argument, a Protocol, or a
registry that is data.  What remains is listed in ``installs.toml``, each with its reason; what
a module puts into its own package is one seam, however much it is.
"""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.architecture.house import House, Module

LISTED = Path(__file__).with_name("installs.toml")
MOST = 9
"""So many seams there are; the number may only fall."""


class Install(NamedTuple):
    """One assignment or call at module level that changes what another module owns."""

    module: str
    owner: str
    """The module of what is changed."""
    target: str
    """What is changed, or the function that is called: ``build.compare``, ``register()``."""

    @property
    def seam(self) -> str:
        """Who reaches into which package."""
        return f"{self.module} -> {self.owner.rpartition('.')[0] or self.owner}"

    @property
    def is_within_package(self) -> bool:
        """Whether a module wires its own package."""
        return self.module.rpartition(".")[0] == self.owner.rpartition(".")[0]


def installs(house: House) -> list[str]:
    """What modules put into others while they are imported, beside what is listed."""
    listed = tomllib.loads(LISTED.read_text(encoding="utf-8")) if house.is_whole else {}
    registries = set(listed.get("registries", {}))
    found: dict[str, set[str]] = {}
    for install in found_installs(house):
        if f"{install.owner}:{install.target}" not in registries:
            target = "*" if install.is_within_package else install.target
            found.setdefault(install.seam, set()).add(target)
    allowed = {seam: set(entry["targets"]) for seam, entry in listed.get("seams", {}).items()}
    complaints = []
    for seam in sorted({*found, *allowed}):
        there, said = found.get(seam, set()), allowed.get(seam, set())
        complaints += [f"{seam}: {target} is put there" for target in sorted(there - said)]
        complaints += [f"{seam}: {t} is gone, take it from the list" for t in sorted(said - there)]
    if len(found) > MOST:
        complaints.append(f"{len(found)} seams, and {MOST} are allowed")
    return complaints


def found_installs(house: House) -> Iterator[Install]:
    """Every install of the package, those of registries among them."""
    for module in house.modules.values():
        homes = {
            name: home for name, home in _imported(house, module) if home and home != module.name
        }
        for statement in _module_level(module.tree.body):
            for root, target in _changed(statement):
                if root in homes:
                    yield Install(module.name, homes[root], target)


def _imported(house: House, module: Module) -> Iterator[tuple[str, str]]:
    """The names that *module* imports from the package, each with the module it comes from."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom):
            alone = ast.ImportFrom(node.module, [], node.level)
            for alias in node.names:
                alone.names = [alias]
                for target in house.targets_of(module, alone):
                    yield alias.asname or alias.name, target


def _module_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that run when a module is imported, those of blocks among them."""
    for statement in body:
        yield statement
        if isinstance(statement, ast.If | ast.For | ast.While | ast.With | ast.Try):
            inner = (getattr(statement, field, []) for field in ("body", "orelse", "finalbody"))
            for block in inner:
                yield from _module_level(block)


def _changed(statement: ast.stmt) -> Iterator[tuple[str, str]]:
    """What *statement* assigns to an attribute or item of, or calls: its root, and its text."""
    match statement:
        case ast.Assign(targets=targets):
            pass
        case ast.AugAssign(target=target) | ast.AnnAssign(target=target):
            targets = [target]
        case ast.Expr(value=ast.Call(func=ast.Name(id="setattr"), args=[target, *_])):
            yield _root(target), f"{_text(target)}.*"
            return
        case ast.Expr(value=ast.Call(func=function)):
            yield _root(function), f"{_text(function)}()"
            return
        case _:
            return
    for target in targets:
        parts = target.elts if isinstance(target, ast.Tuple | ast.List) else [target]
        for part in parts:
            if isinstance(part, ast.Attribute | ast.Subscript):
                yield _root(part), _text(part)


def _text(expression: ast.expr) -> str:
    """*expression* without the arguments of its calls: ``root().adopt``."""
    match expression:
        case ast.Call(func=function):
            return f"{_text(function)}()"
        case ast.Attribute(value=value, attr=name):
            return f"{_text(value)}.{name}"
    return ast.unparse(expression)


def _root(expression: ast.expr) -> str:
    """The name that *expression* begins with: ``build`` of ``build.compare``."""
    while isinstance(expression, ast.Attribute | ast.Subscript | ast.Call):
        expression = expression.func if isinstance(expression, ast.Call) else expression.value
    return expression.id if isinstance(expression, ast.Name) else ""
