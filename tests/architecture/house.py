"""Reads the source of the package and says what breaks the rules of ARCHITECTURE.md.

Every rule is a function from a :class:`House` to a list of complaints, so that it
can be asked about the real package and about a small one made for a test.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

GROUND = (
    "conventions",
    "exc",
    "event",
    "graph",
    "codegen",
    "delegation",
    "collector",
    "identity_set",
    "steps",
    "inspection",
    "later",
    "record",
)
FLOORS = ("ground", "types", "sql", "compiler", "dialects", "engine", "orm", "ext", "top")
ORM_ROOMS = (
    ("tracking",),
    ("mapping",),
    ("loading",),
    ("flush",),
    ("bulk", "merge", "tools"),
    ("query",),
    ("session",),
    ("scoped", "dump"),
)
TOP_ROOMS = ("commands", "demo", "familiar", "as_sqlalchemy", "testing", "__main__")
SQL_FACES = ("dml", "elements", "functions", "lambdas", "selectable", "visitors")
"""Familiar paths of what is in ``sql/expression/``."""

MAX_FILE_LINES = 750
MAX_FUNCTION_LINES = 60
VAGUE_NAMES = {"utils", "helper", "helpers", "common"}
DIALECT_NAMES = {"sqlite", "postgresql", "postgres", "mysql", "mariadb", "oracle", "mssql"}
STRATEGY_NAMES = {
    "joined", "selectin", "subquery", "select", "immediate", "noload", "raise", "raise_on_sql",
    "contains_eager", "write_only", "dynamic", "adaptive", "one", "peers", "raise_n_plus_one",
}  # fmt: skip


class Import(NamedTuple):
    """One imported module and the line that names it."""

    line: int
    target: str


@dataclass(frozen=True)
class Module:
    """One file of the package."""

    name: str
    """Dotted, within the package: ``orm.session``; an ``__init__`` is named as its folder."""
    path: Path

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.path.read_text(encoding="utf-8"))

    @property
    def is_init(self) -> bool:
        return self.path.name == "__init__.py"

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(self.name.split(".")) if self.name else ()

    @property
    def floor(self) -> str:
        first = self.parts[0] if self.parts else ""
        if first in GROUND:
            return "ground"
        return first if first in FLOORS and first != "ground" else "top"

    @property
    def room(self) -> int | None:
        """The height of the module's room within ``orm``; faces stand above all rooms."""
        if self.floor != "orm":
            return None
        second = self.parts[1] if len(self.parts) > 1 else ""
        for height, names in enumerate(ORM_ROOMS):
            if second in names:
                return height
        return len(ORM_ROOMS)

    @property
    def is_face(self) -> bool:
        """Whether the module exists to hand names on: it may define nothing."""
        if self.is_init:
            return True
        if self.floor == "top":
            return self.parts[0] not in TOP_ROOMS
        if self.floor == "sql" and len(self.parts) == 2:
            return self.parts[1] in SQL_FACES
        if self.floor == "orm" and len(self.parts) == 2:
            return self.room == len(ORM_ROOMS)
        return False

    @property
    def is_driver(self) -> bool:
        return self.floor == "dialects" and any("driver" in part for part in self.parts)


class House:
    """All modules of a package, and who imports whom, type-only imports included."""

    def __init__(self, package: Path) -> None:
        self.package = package
        self.is_whole = (package / "py.typed").exists()
        """Whether it is the real package, and not a small one made for a test."""
        self.modules: dict[str, Module] = {}
        for path in sorted(package.rglob("*.py")):
            parts = path.relative_to(package).with_suffix("").parts
            if parts[-1] == "__init__":
                parts = parts[:-1]
            name = ".".join(parts)
            self.modules[name] = Module(name, path)

    def imports(self, module: Module) -> Iterator[Import]:
        """Modules of the package that *module* imports, each with its line."""
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    first, *rest = alias.name.split(".")
                    if first == self.package.name:
                        yield Import(node.lineno, self._nearest((*rest,)))
            elif isinstance(node, ast.ImportFrom):
                for target in self.targets_of(module, node):
                    yield Import(node.lineno, target)

    def targets_of(self, module: Module, node: ast.ImportFrom) -> list[str]:
        """The modules of the package from which *node*, in *module*, takes its names."""
        own_package = module.parts if module.is_init else module.parts[:-1]
        source = tuple(node.module.split(".")) if node.module else ()
        if node.level:
            start = own_package[: len(own_package) - node.level + 1]
        elif source and source[0] == self.package.name:
            start, source = (), source[1:]
        else:
            return []
        return [self._nearest((*start, *source, alias.name)) for alias in node.names]

    def _nearest(self, parts: tuple[str, ...]) -> str:
        """The longest beginning of *parts* that is a module: the rest are names inside it."""
        while parts and ".".join(parts) not in self.modules:
            parts = parts[:-1]
        return ".".join(parts)

    def __getitem__(self, name: str) -> Module:
        return self.modules.get(name) or Module(name, self.package / "__init__.py")


def _functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of the body of *function*: neither its signature nor its docstring makes it long."""
    body = function.body
    if ast.get_docstring(function, clean=False) is not None:
        body = body[1:]
    if not body:
        return 0
    return (body[-1].end_lineno or body[-1].lineno) - body[0].lineno + 1


def upward_imports(house: House) -> list[str]:
    """Imports of a higher floor, or of a higher room within ``orm``."""
    complaints = []
    for module in house.modules.values():
        height = FLOORS.index(module.floor)
        for line, target in house.imports(module):
            other = house[target]
            if FLOORS.index(other.floor) > height:
                complaints.append(f"{module.path}:{line}: {module.floor} imports {other.floor}")
            elif module.room is not None and other.room is not None and other.room > module.room:
                complaints.append(f"{module.path}:{line}: {module.name} imports {target}, above it")
    return complaints


def loops(house: House) -> list[str]:
    """Modules that import each other, directly or in a circle."""
    edges = {
        name: {i.target for i in house.imports(module)} - {name}
        for name, module in house.modules.items()
    }
    complaints: list[str] = []
    done: set[str] = set()
    for start in edges:
        if start in done:
            continue
        trail: list[str] = [start]
        waiting = [iter(sorted(edges[start]))]
        while waiting:
            following = next(waiting[-1], None)
            if following is None:
                done.add(trail.pop())
                waiting.pop()
            elif following in trail:
                circle = [*trail[trail.index(following) :], following]
                complaints.append(" -> ".join(name or house.package.name for name in circle))
            elif following not in done:
                trail.append(following)
                waiting.append(iter(sorted(edges.get(following, ()))))
    return complaints


def code_from_text(house: House) -> list[str]:
    """Calls of ``exec`` or ``eval`` outside ``codegen.py``."""
    return [
        f"{module.path}:{node.lineno}: {node.id}"
        for module in house.modules.values()
        if module.name != "codegen"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Name) and node.id in {"exec", "eval"}
    ]


def hidden_imports(house: House) -> list[str]:
    """Imports inside a function; a driver's own are free."""
    found = {
        (module.path, node.lineno)
        for module in house.modules.values()
        if not module.is_driver
        for function in _functions(module.tree)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    return [f"{path}:{line}: an import inside a function" for path, line in sorted(found)]


def imports_by_name(house: House) -> list[str]:
    """``import dovetail.x``: within the package only the ``from`` form is used."""
    return [
        f"{module.path}:{node.lineno}: import {alias.name}"
        for module in house.modules.values()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name.split(".")[0] == house.package.name
    ]


def star_imports(house: House) -> list[str]:
    """``from x import *``, which hides where a name comes from."""
    return [
        f"{module.path}:{node.lineno}: import *"
        for module in house.modules.values()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names)
    ]


def _lines_of_examples(module: Module) -> int:
    """Lines of docstrings that are code, and what it sends, with the line that leads to it."""
    count = 0
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef | ast.Module):
            _, *blocks = (ast.get_docstring(node) or "").split("::\n\n")
            for block in blocks:
                lines = takewhile(lambda line: not line or line[0] == " ", block.splitlines())
                count += 3 + sum(1 for line in lines if line)
    return count


def long_files(house: House) -> list[str]:
    """Files with more lines than one noun needs; examples in docstrings are no such lines."""
    lengths = (
        (
            module.path,
            len(module.path.read_text(encoding="utf-8").splitlines()) - _lines_of_examples(module),
        )
        for module in house.modules.values()
    )
    return [f"{path}: {length} lines" for path, length in lengths if length > MAX_FILE_LINES]


def long_functions(house: House) -> list[str]:
    """Functions that do more than one thing, to judge by their length."""
    return [
        f"{module.path}:{function.lineno}: {function.name} has {_length(function)} lines"
        for module in house.modules.values()
        for function in _functions(module.tree)
        if _length(function) > MAX_FUNCTION_LINES
    ]


def busy_faces(house: House) -> list[str]:
    """Definitions in modules that exist to hand names on."""
    return [
        f"{module.path}:{statement.lineno}: a face defines something"
        for module in house.modules.values()
        if module.is_face
        for statement in module.tree.body
        if not _hands_on(statement)
    ]


def _hands_on(statement: ast.stmt) -> bool:
    match statement:
        case ast.Import() | ast.ImportFrom() | ast.Expr(value=ast.Constant()):
            return True
        case ast.Assign(targets=[ast.Name(id="__all__" | "__version__")]):
            return True
        case ast.Assign(targets=[ast.Name()], value=ast.Name()):
            return True  # a second name for the same thing
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return True  # what a checker sees of it
        case ast.With(items=[ast.withitem(context_expr=ast.Name(id="collector"))]):
            return all(map(_hands_on, statement.body))
        case ast.Assign(value=ast.Call(func=ast.Name(id="names_later"))):
            return True
    return False


def broken_promises(house: House) -> list[str]:
    """Names that a face promises for later, where what a type checker sees are others."""
    complaints = []
    for module in house.modules.values():
        promised = _promised(module.tree)
        seen = {
            name.asname or name.name
            for statement in module.tree.body
            if isinstance(statement, ast.If) and promised
            for within in statement.body
            if isinstance(within, ast.ImportFrom)
            for name in within.names
        }
        names = {name for names in promised.values() for name in names}
        complaints += [f"{module.path}: {name}" for name in sorted(names ^ seen)]
        complaints += [
            f"{module.path}: {room} has no {name}"
            for room, names in promised.items()
            for name in names
            if room.partition(".")[2] != module.name
            if name not in _names_of(house, room)
        ]
    return complaints


def _promised(tree: ast.Module) -> dict[str, tuple[str, ...]]:
    """The names that a module finds when they are asked for, by the module that has them."""
    for statement in tree.body:
        match statement:
            case ast.Assign(value=ast.Call(func=ast.Name(id="names_later"), args=[_, table])):
                promised: dict[str, tuple[str, ...]] = ast.literal_eval(table)
                return promised
    return {}


def _names_of(house: House, room: str) -> set[str]:
    """What the module called *room* defines or imports."""
    names = set()
    for statement in house.modules[room.partition(".")[2]].tree.body:
        match statement:
            case ast.ClassDef() | ast.FunctionDef():
                names.add(statement.name)
            case ast.Assign(targets=[ast.Name(id=name)]):
                names.add(name)
            case ast.ImportFrom():
                names.update(alias.asname or alias.name for alias in statement.names)
    return names


def vague_names(house: House) -> list[str]:
    """Modules named for no noun.  ``util`` may be a face, for its familiar path alone."""
    return [
        f"{module.path}: what is in it?"
        for module in house.modules.values()
        for part in module.parts[-1:]
        if part in VAGUE_NAMES or (part == "util" and not module.is_face)
    ]


def familiar_keys_of_states(house: House) -> list[str]:
    """Readers of ``state.key``, the identity key that users know: inside it is ``row_key``."""
    return [
        f"{module.path}:{node.lineno}: reads {node.value.id}.key"
        for module in house.modules.values()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and node.attr == "key"
        if isinstance(node.value, ast.Name) and node.value.id.endswith("state")
    ]


def dialects_asked_by_name(house: House) -> list[str]:
    """Comparisons with the name of a server outside ``dialects``: ask for a feature."""
    complaints = []
    for module in house.modules.values():
        if module.floor in {"dialects", "top"}:
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Compare):
                compared: list[ast.AST] = [node.left, *node.comparators]
            elif isinstance(node, ast.MatchValue):
                compared = [node.value]
            else:
                continue
            names = {
                part.value
                for one in compared
                for part in ast.walk(one)
                if isinstance(part, ast.Constant) and part.value in DIALECT_NAMES
            }
            complaints += [f"{module.path}:{node.lineno}: asks for {name}" for name in names]
    return complaints


def strategies_asked_by_name(house: House) -> list[str]:
    """Comparisons with the name of a loader strategy: its record says what it does."""
    complaints = []
    for module in house.modules.values():
        if module.floor not in {"orm", "ext"} or module.name == "orm.mapping.strategies":
            continue
        for node in ast.walk(module.tree):
            if not isinstance(node, ast.Compare) or _asks_for_other_words(node.left):
                continue
            names = {
                part.value
                for one in node.comparators
                for part in ast.walk(one)
                if isinstance(part, ast.Constant) and part.value in STRATEGY_NAMES
            }
            complaints += [f"{module.path}:{node.lineno}: asks for {name}" for name in names]
    return complaints


def _asks_for_other_words(left: ast.expr) -> bool:
    """Whether *left* has words of its own, of which some are those of strategies as well."""
    return isinstance(left, ast.Attribute) and left.attr in {"__visit_name__", "polymorphic_load"}


RULES = (
    upward_imports,
    loops,
    code_from_text,
    hidden_imports,
    imports_by_name,
    star_imports,
    long_files,
    long_functions,
    busy_faces,
    broken_promises,
    vague_names,
    dialects_asked_by_name,
    familiar_keys_of_states,
    strategies_asked_by_name,
)
