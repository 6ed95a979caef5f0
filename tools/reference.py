"""Writes docs/reference, docs/modules.md and the tables of docs/errors.md and docs/dialects.md.

python tools/reference.py          # write what has changed
python tools/reference.py --check  # say what is out of date, and write nothing
"""

import ast
import enum
import inspect
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Never, TypeVar

from dovetail.delegation import DelegatedAttribute, WrittenMethod
from dovetail.dialects.registry import dialect_class
from dovetail.later import OWN_OF_FACES
from dovetail.testing.features import meanings

DOCS = Path(__file__).resolve().parent.parent / "docs"
PATHS = {
    "dovetail": "what programs import most: engines, statements, tables, types",
    "dovetail.orm": "mapped classes and sessions",
    "dovetail.orm.attributes": "tools for attributes of instances",
    "dovetail.ext.asyncio": "engines and sessions that are awaited",
    "dovetail.ext.cache": "a second-level cache",
    "dovetail.ext.outbox": "events that are written with what they tell of",
    "dovetail.ext.twophase": "transactions over several databases that survive a crash",
    "dovetail.ext.otel": "OpenTelemetry",
    "dovetail.ext.compiler": "writing elements of one's own",
    "dovetail.ext.hybrid": "attributes computed in Python and in SQL",
    "dovetail.ext.mutable": "values that change in place",
    "dovetail.ext.orderinglist": "lists that keep positions",
    "dovetail.ext.associationproxy": "attributes of related instances",
    "dovetail.ext.indexable": "items of JSON objects and arrays",
    "dovetail.ext.automap": "classes made from the tables of a database",
    "dovetail.ext.declarative": "classes that wait for their tables",
    "dovetail.ext.horizontal_shard": "one session over several databases",
    "dovetail.ext.baked": "queries that are made once and kept",
    "dovetail.schema": "what schemas are made of",
    "dovetail.types": "types of columns",
    "dovetail.pool": "kinds of connection pool",
    "dovetail.event": "listening",
    "dovetail.exc": "errors and warnings",
    "dovetail.watching": "watching what is sent",
    "dovetail.dialects.sqlite": "what is of SQLite alone",
    "dovetail.dialects.postgresql": "what is of PostgreSQL alone",
    "dovetail.dialects.mysql": "what is of MariaDB and MySQL alone",
}
INTERNAL = frozenset(
    (
        # How storeys of the library call each other; nobody else has a use for these.
        "abandon", "adapt", "after_fork", "as_core", "attach", "autobegin_connection",
        "begin_on_change", "begin_transaction", "bind_cast", "bind_function", "build", "by_shard",
        "cascade_add", "collect", "emptied", "enter_block", "escaped", "expire_states", "export",
        "find", "find_reference", "from_source", "give", "has_pending", "has_subscripts",
        "implicit_subquery", "item_cast", "learn", "leave_block", "literal_function",
        "literal_text",
        "load_attribute", "load_replaced", "mapper_for", "memo", "named_columns",
        "named_types", "open_with", "opener", "plans", "put_column", "rebuild",
        "refuse_after_block",
        "result_function", "result_of", "rows_per_insert", "run_schema", "table_added",
        "take", "take_over_row", "walk",
    )
)  # fmt: skip
BEGIN, END = "<!-- from dovetail.exc -->\n", "<!-- end -->\n"


def public_names(module: ModuleType) -> list[str]:
    """The names that *module* offers, those of a face or its own."""
    listed = vars(module).get("__all__")
    if listed is None:
        listed = [
            name
            for name, value in ((name, getattr(module, name)) for name in dir(module))
            if not name.startswith("_")
            and name not in OWN_OF_FACES
            and not inspect.ismodule(value)
            and not isinstance(value, TypeVar)
            and getattr(value, "__module__", "dovetail").startswith("dovetail")
        ]
        # A module that is no face shows what it defines, not what it needs for that.
        own = [name for name in listed if defined_in(getattr(module, name), module)]
        listed = own or listed
    return sorted(listed, key=lambda name: (name.lower(), name))


def defined_in(value: Any, module: ModuleType) -> bool:
    return getattr(value, "__module__", None) == module.__name__


def first_line(value: Any) -> str:
    """The first sentence-like line of the docstring of *value*."""
    text = inspect.getdoc(value) or ""
    line = text.partition("\n\n")[0].replace("\n", " ").strip().removesuffix("::").rstrip()
    return re.sub(r":\w+:`~?\.?([^`]+)`", r"`\1`", line.replace("``", "`"))


def signature(value: Any) -> str:
    """The parameters of *value*, without their types."""
    try:
        found = inspect.signature(value)
    except (TypeError, ValueError):
        return "(...)"
    parameters = [
        parameter.replace(annotation=inspect.Parameter.empty, default=plain(parameter.default))
        for parameter in found.parameters.values()
        if parameter.name != "self" and parameter.annotation not in ("Never", Never)
    ]
    return str(inspect.Signature(parameters))


class Shown:
    """A default value as it is to be shown."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def plain(default: Any) -> Any:
    """*default*, or what stands for it where it would be shown by its address or at length."""
    if default is inspect.Parameter.empty:
        return default
    text = getattr(default, "__name__", None) or repr(default)
    return Shown("..." if " at 0x" in text or len(text) > 40 else text)


def own_members(cls: type[Any]) -> dict[str, Any]:
    """The members of *cls* by name; those that are written at first use are written."""
    return {
        name: getattr(cls, name) if isinstance(member, WrittenMethod) else member
        for name, member in list(vars(cls).items())
    }


def methods(cls: type[Any], documented: set[type[Any]]) -> Iterator[tuple[str, str]]:
    """(heading, first line) of the public members of *cls* that no other entry shows."""
    seen: set[str] = set()
    shown = [base for base in cls.__mro__[1:] if base in documented]
    for base in cls.__mro__:
        if not base.__module__.startswith("dovetail") or (base is not cls and base in documented):
            continue
        for name, member in own_members(base).items():
            if name.startswith("_") or name.endswith("_steps") or name in seen | INTERNAL:
                continue
            seen.add(name)
            target = member.__func__ if isinstance(member, classmethod | staticmethod) else member
            text = first_line(target)
            if any(
                name in vars(other) and first_line(own_members(other)[name]) == text
                for other in shown
            ):
                continue  # it does what it does there
            if isinstance(target, property):
                if inspect.isfunction(target.fget) and text:
                    yield name, text
            elif isinstance(target, DelegatedAttribute) and text:
                yield name, text
            elif inspect.isfunction(target) and text:
                yield (
                    f"{name}{signature(target).replace('(cls, ', '(').replace('(cls)', '()')}",
                    text,
                )


def entry(name: str, value: Any, documented: set[type[Any]]) -> str:
    """The part of a page about one name."""
    if inspect.isclass(value):
        bare = issubclass(value, enum.Enum | BaseException) or getattr(value, "_is_protocol", False)
        heading = f"class {name}" if bare else f"class {name}{signature(value)}"
    elif callable(value) and not hasattr(value, "__visit_name__"):
        heading = f"{name}{signature(value)}" if inspect.isroutine(value) else name
    else:
        heading = name
    text = first_line(value) if inspect.isclass(value) or inspect.isroutine(value) else ""
    if inspect.isclass(value) and value.__name__ != name:
        text = f"Another name of `{value.__name__}`."
        return f"### {name}\n\n{text}\n"
    lines = [f"### {name}", "", f"`{heading}`", ""]
    if text:
        lines += [text, ""]
    if inspect.isclass(value) and not issubclass(value, enum.Enum | BaseException):
        members = sorted(methods(value, documented))
        lines += [f"- `{heading}`{f': {line}' if line else ''}" for heading, line in members]
        if members:
            lines.append("")
    return "\n".join(lines)


def page(path: str, title: str, documented: set[type[Any]]) -> str:
    """The page of one import path."""
    module = import_module(path)
    names = public_names(module)
    parts = [f"# {path}\n\n{title[0].upper()}{title[1:]}.\n"]
    parts += [entry(name, getattr(module, name), documented) for name in names]
    return "\n".join(parts).rstrip() + "\n"


def contents() -> str:
    """The first page of the reference."""
    rows = [f"| [`{path}`]({path}.md) | {title} |" for path, title in PATHS.items()]
    text = "# Reference\n\nAll public names, by the path they are imported from.\n\n| path | |\n"
    return f"{text}| --- | --- |\n" + "\n".join(rows) + "\n"


def errors() -> str:
    """docs/errors.md with a current table of codes."""
    text = (DOCS / "errors.md").read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    module: Any = import_module("dovetail.exc")
    found = {
        cls
        for cls in vars(module).values()
        if inspect.isclass(cls) and "code" in vars(cls) and cls is not module.DovetailError
    }
    rows = [
        f"| `{cls.code}` | `{cls.__name__}` | {first_line(cls)} | "
        f"{getattr(cls, 'usual_hint', None) or ''} |"
        for cls in sorted(found, key=lambda cls: (cls.code, cls.__name__))
    ]
    table = "| code | class | meaning | cure |\n| --- | --- | --- | --- |\n"
    return f"{before}{BEGIN}{table}" + "\n".join(rows) + f"\n{END}{after}"


DIALECTS = {
    "SQLite": "sqlite",
    "PostgreSQL": "postgresql",
    "MariaDB": "mariadb",
    "MySQL": "mysql",
}
FEATURES_BEGIN = "<!-- from the features -->\n"


def dialects() -> str:
    """docs/dialects.md with a current table of features."""
    text = (DOCS / "dialects.md").read_text(encoding="utf-8")
    before, _, rest = text.partition(FEATURES_BEGIN)
    _, _, after = rest.partition(END)
    records = [dialect_class(name)().features for name in DIALECTS.values()]
    rows = [f"| feature | {' | '.join(DIALECTS)} |", "| --- |" + " --- |" * len(DIALECTS)]
    for name, meaning in meanings().items():
        values = " | ".join(shown_feature(getattr(record, name)) for record in records)
        rows.append(f"| {meaning} `{name}` | {values} |")
    table = "\n".join(rows)
    return f"{before}{FEATURES_BEGIN}{table}\n{END}{after}"


def shown_feature(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "-"
    if value is None:
        return "-"
    if isinstance(value, tuple):
        return ", ".join(value)
    return "own" if callable(value) else str(value)


PACKAGE = DOCS.parent / "src" / "dovetail"
MODULES_HEAD = """# The modules, by room

What each module is about, as its first line says. [ARCHITECTURE.md](../ARCHITECTURE.md) says how
the rooms lie on each other and what goes through them; modules that only hand names on are left
out. `python tools/reference.py` writes this page.
"""


def rooms(package: Path = PACKAGE) -> Iterator[tuple[str, dict[str, str]]]:
    """Each folder of *package* with the modules in it, by name, and what each is about."""
    folders = sorted({path.parent for path in package.rglob("*.py")})
    for folder in folders:
        trees = {
            path.name: ast.parse(path.read_text(encoding="utf-8"))
            for path in sorted(folder.glob("*.py"))
            if path.name != "__init__.py"
        }
        found = {name: purpose(tree) for name, tree in trees.items() if not is_face(tree)}
        if found:
            yield folder.relative_to(package.parent).as_posix(), found


def purpose(tree: ast.Module) -> str:
    lines = (ast.get_docstring(tree) or "").partition("\n\n")[0].split()
    return " ".join(lines).replace("|", "\\|")


def is_face(tree: ast.Module) -> bool:
    return all(hands_on(node) for node in tree.body)


def hands_on(node: ast.stmt) -> bool:
    match node:
        case ast.Import() | ast.ImportFrom() | ast.Expr(value=ast.Constant()):
            return True
        case ast.Assign(targets=[ast.Name(id="__all__")]) | ast.Assign(value=ast.Name()):
            return True
    return False


def modules(package: Path = PACKAGE) -> str:
    """docs/modules.md."""
    lines = [MODULES_HEAD]
    for room, found in rooms(package):
        lines += [f"## {room}/", "", "| module | what it is about |", "| --- | --- |"]
        lines += [f"| `{name}` | {purpose} |" for name, purpose in found.items()]
        lines.append("")
    return "\n".join(lines)


def documented_classes() -> set[type[Any]]:
    """The classes that have an entry on some page."""
    imported = [import_module(path) for path in PATHS]
    named = (getattr(module, name) for module in imported for name in public_names(module))
    return {value for value in named if inspect.isclass(value)}


def pages() -> dict[Path, str]:
    """What should stand in each generated file."""
    documented = documented_classes()
    made = {
        DOCS / "reference" / f"{path}.md": page(path, title, documented)
        for path, title in PATHS.items()
    }
    made[DOCS / "reference" / "index.md"] = contents()
    made[DOCS / "errors.md"] = errors()
    made[DOCS / "dialects.md"] = dialects()
    made[DOCS / "modules.md"] = modules()
    return made


def stale() -> list[Path]:
    """The files that do not say what they should."""
    return [
        path
        for path, text in pages().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]


def main(arguments: list[str]) -> int:
    found = stale()
    made = pages()
    for path in found:
        print(path.relative_to(DOCS.parent))
        if "--check" not in arguments:
            path.parent.mkdir(exist_ok=True)
            path.write_text(made[path], encoding="utf-8")
    return 1 if found and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
