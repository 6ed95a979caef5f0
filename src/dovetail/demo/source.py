"""Finds Python source files and reads from each what the index wants to know."""

from __future__ import annotations

import ast
import sysconfig
import warnings
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from .models import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

ELSEWHERE = {"site-packages", "dist-packages", "__pycache__"}
TESTS = {"test", "tests", "idle_test"}

_Scope = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


class UnreadableSourceError(Exception):
    """A file that is no Python source; the text says why."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of a library, not yet read."""

    module: str
    path: Path
    package: str
    """The package that the module lies in, or the empty string; a package lies in itself."""


@dataclass(slots=True)
class FoundDefinition:
    """A class, function or method in a file, with what it holds."""

    name: str
    path: str
    kind: Kind
    first_line: int
    last_line: int
    docstring_length: int | None
    is_public: bool
    decorators: list[str]
    bases: list[str]
    members: list[FoundDefinition] = field(default_factory=list)


@dataclass(slots=True)
class FoundModule:
    """What stands in one file."""

    lines: int
    definitions: list[FoundDefinition]
    imports: list[tuple[str, str | None, int]]
    """Module, name taken from it, line.  The name may turn out to be a module as well."""


def standard_library() -> Path:
    """Where the running interpreter keeps its library."""
    return Path(sysconfig.get_path("stdlib"))


def discover(root: Path, *, include_tests: bool = False) -> list[SourceFile]:
    """Return the source files under *root*, in the order of their module names."""
    left_out = ELSEWHERE if include_tests else ELSEWHERE | TESTS
    found = []
    for path in root.rglob("*.py"):
        *folders, _file = parts = path.relative_to(root).with_suffix("").parts
        if left_out.isdisjoint(parts) and all(folder.isidentifier() for folder in folders):
            package = ".".join(folders)
            module = package if parts[-1] == "__init__" and package else ".".join(parts)
            found.append(SourceFile(module, path, package))
    return sorted(found, key=lambda file: file.module)


def digest(source: bytes) -> str:
    """A short text that changes when *source* does."""
    return sha256(source).hexdigest()


def parse(file: SourceFile, source: bytes) -> FoundModule:
    """Return what stands in *source*, or raise UnreadableSourceError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source, str(file.path))
    except (SyntaxError, ValueError, RecursionError) as error:
        raise UnreadableSourceError(f"{type(error).__name__}: {error}") from error
    definitions: list[FoundDefinition] = []
    imports: list[tuple[str, str | None, int]] = []
    for node in ast.iter_child_nodes(tree):
        _collect(node, None, definitions, imports, file)
    return FoundModule(len(source.splitlines()), definitions, imports)


def _collect(
    node: ast.AST,
    owner: FoundDefinition | None,
    definitions: list[FoundDefinition],
    imports: list[tuple[str, str | None, int]],
    file: SourceFile,
) -> None:
    """Add what *node* defines to *definitions*, and what it imports to *imports*."""
    if isinstance(node, ast.expr):
        return
    if isinstance(node, _Scope):
        definition = _definition(node, owner)
        definitions.append(definition)
        owner, definitions = definition, definition.members
    elif isinstance(node, ast.Import | ast.ImportFrom):
        imports.extend(_imports(node, file))
        return
    for child in ast.iter_child_nodes(node):
        _collect(child, owner, definitions, imports, file)


def _definition(node: _Scope, owner: FoundDefinition | None) -> FoundDefinition:
    docstring = ast.get_docstring(node, clean=False)
    is_class = isinstance(node, ast.ClassDef)
    if is_class:
        kind = Kind.CLASS
    elif owner is not None and owner.kind is Kind.CLASS:
        kind = Kind.METHOD
    else:
        kind = Kind.FUNCTION
    reachable = owner is None or (owner.is_public and owner.kind is Kind.CLASS)
    return FoundDefinition(
        name=node.name,
        path=f"{owner.path}.{node.name}" if owner else node.name,
        kind=kind,
        first_line=node.lineno,
        last_line=node.end_lineno or node.lineno,
        docstring_length=None if docstring is None else len(docstring),
        is_public=reachable and not node.name.startswith("_"),
        decorators=_names(node.decorator_list),
        bases=_names(node.bases) if isinstance(node, ast.ClassDef) else [],
    )


def _names(expressions: list[ast.expr]) -> list[str]:
    """The dotted names that *expressions* begin with, each once."""
    return list(dict.fromkeys(name for one in expressions if (name := _name(one))))


def _name(expression: ast.expr) -> str:
    match expression:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attribute):
            return f"{start}.{attribute}" if (start := _name(value)) else ""
        case ast.Call(func=value) | ast.Subscript(value=value):
            return _name(value)
    return ""


def _imports(
    node: ast.Import | ast.ImportFrom, file: SourceFile
) -> Iterator[tuple[str, str | None, int]]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield alias.name, None, node.lineno
        return
    start = node.module or ""
    if node.level:
        folders = file.package.split(".") if file.package else []
        kept = folders[: len(folders) - node.level + 1]
        start = ".".join((*kept, start) if start else kept)
    if start:
        for alias in node.names:
            yield start, alias.name, node.lineno
