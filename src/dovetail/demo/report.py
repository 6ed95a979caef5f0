"""Asks the index what people would ask; each answer is a :class:`Table` of plain values."""

from __future__ import annotations

import inspect
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dovetail import func, select
from dovetail.graph import components
from dovetail.orm import joinedload, selectinload

from .models import (
    Definition,
    Import,
    Kind,
    Module,
    Name,
    Package,
    definition_base,
    definition_decorator,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from dovetail.orm import Session


@dataclass(frozen=True, slots=True)
class Table:
    """An answer."""

    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[object, ...]]
    touched: int = 0
    """Relationships that were read and not known: each is a statement, loaded one at a time."""


def totals(session: Session) -> Table:
    counted = session.execute(
        select(Definition.kind, func.count(Definition.id), func.sum(Definition.length))
        .group_by(Definition.kind)
        .order_by(func.count(Definition.id).desc())
    )
    rows = [(kind.value, count, lines) for kind, count, lines in counted]
    modules, lines = session.execute(
        select(func.count(Module.id), func.sum(Module.lines)).where(Module.digest.is_not(None))
    ).one()
    imports = session.scalar(select(func.count()).select_from(Import))
    return Table(
        "What there is",
        ("kind", "number", "lines"),
        [("module", modules, lines), *rows, ("import", imports, "")],
    )


def most_imported(session: Session) -> Table:
    """Aggregate query, then lazy loading: one look into each of the modules it names."""
    importers = func.count(Import.importer_id.distinct())
    found = session.execute(
        select(Module, importers)
        .join(Import, Import.imported_id == Module.id)
        .group_by(Module.id)
        .order_by(importers.desc(), Module.id)
        .limit(10)
    ).all()
    rows = []
    for module, count in found:
        first = min(module.imported_by, key=lambda one: (one.line, one.importer.name))
        rows.append((module.name, count, f"{first.importer.name}:{first.line}"))
    known = {module.id for module, _ in found}
    others = {one.importer_id for module, _ in found for one in module.imported_by} - known
    touched = len(found) + len(others)
    columns = ("module", "importers", "imported earliest at")
    return Table("Most imported modules", columns, rows, touched)


def longest_functions(session: Session) -> Table:
    found = session.scalars(
        select(Definition)
        .where(Definition.kind.in_([Kind.FUNCTION, Kind.METHOD]))
        .order_by(Definition.length.desc(), Definition.id)
        .limit(10)
        .options(joinedload(Definition.module))
    )
    rows = [(one.path, one.module.name, one.first_line, one.length) for one in found]
    touched = len({module for _, module, _, _ in rows})
    return Table("Longest functions", ("function", "module", "line", "length"), rows, touched)


def deepest_nesting(session: Session) -> Table:
    """Walks up from each definition: its ancestors are in the session, so nothing is asked."""
    inner = session.scalars(select(Definition).options(joinedload(Definition.module))).all()
    depths: dict[int, int] = {}

    def depth(definition: Definition) -> int:
        known = depths.get(definition.id)
        if known is None:
            parent = definition.parent
            known = depths[definition.id] = 1 + (depth(parent) if parent is not None else 0)
        return known

    inner = sorted(inner, key=lambda one: (-depth(one), one.module.name, one.first_line))
    rows = [(one.path, one.module.name, depth(one)) for one in inner[:10]]
    modules = len({one.module_id for one in inner})
    return Table("Deepest nesting", ("definition", "module", "depth"), rows, modules)


def import_circles(session: Session) -> Table:
    """Modules that import each other, at whatever line."""
    names = dict(session.execute(select(Module.id, Module.name)).all())
    pairs = session.execute(select(Import.importer_id, Import.imported_id).distinct())
    edges = [(importer, imported) for importer, imported in pairs if importer != imported]
    circles = sorted(components(edges, names), key=lambda circle: (-len(circle), circle))
    rows = []
    for circle in circles[:10]:
        members = sorted(names[id_] for id_ in circle)
        shown = ", ".join(members[:6])
        rows.append((len(members), shown + (", …" if len(members) > 6 else "")))
    return Table("Import circles", ("modules", "which"), rows)


def undocumented(session: Session) -> Table:
    """Public definitions without a docstring, by module."""
    count = func.count(Definition.id)
    found = session.execute(
        select(Module.name, count)
        .join(Module.definitions)
        .where(Definition.is_public.is_(True), Definition.docstring_length.is_(None))
        .group_by(Module.id)
        .order_by(count.desc(), Module.id)
        .limit(10)
    )
    return Table(
        "Undocumented public API",
        ("module", "definitions without a docstring"),
        [tuple(row) for row in found],
    )


def favourite_decorators(session: Session) -> Table:
    count = func.count(definition_decorator.c.definition_id)
    found = session.execute(
        select(Name.text, count)
        .join(definition_decorator, definition_decorator.c.name_id == Name.id)
        .group_by(Name.id)
        .order_by(count.desc(), Name.id)
        .limit(10)
    )
    return Table("Most used decorators", ("decorator", "uses"), [tuple(row) for row in found])


def favourite_bases(session: Session) -> Table:
    """The same for base classes, with an example that eager loading brings along."""
    count = func.count(definition_base.c.definition_id)
    most = (
        select(definition_base.c.name_id)
        .group_by(definition_base.c.name_id)
        .order_by(count.desc(), definition_base.c.name_id)
        .limit(10)
    )
    names = session.scalars(
        select(Name)
        .where(Name.id.in_(most))
        .options(selectinload(Name.base_of).joinedload(Definition.module))
    ).all()
    rows = []
    for name in sorted(names, key=lambda one: (-len(one.base_of), one.text)):
        example = min(name.base_of, key=lambda one: (one.module.name, one.first_line))
        rows.append((name.text, len(name.base_of), f"{example.module.name}.{example.path}"))
    touched = len(names) + len({one.module_id for name in names for one in name.base_of})
    return Table("Most used base classes", ("base", "classes", "for example"), rows, touched)


def package_tree(session: Session) -> Table:
    """The packages with most modules below them, read level by level."""
    top = session.scalars(
        select(Package)
        .where(Package.parent_id.is_(None))
        .order_by(Package.name)
        .options(selectinload(Package.modules), selectinload(Package.children))
    ).all()
    rows = [(package.name, *_size(package)) for package in top]
    rows.sort(key=lambda row: (-row[1], row[0]))
    touched = 2 * sum(1 + inside for _, _, inside in rows)
    columns = ("package", "modules", "packages inside")
    return Table("Largest packages", columns, rows[:10], touched)


def _size(package: Package) -> tuple[int, int]:
    """How many modules and packages lie in *package*, at any depth."""
    modules, packages = len(package.modules), len(package.children)
    for child in package.children:
        more_modules, more_packages = _size(child)
        modules += more_modules
        packages += more_packages
    return modules, packages


QUESTIONS: tuple[Callable[[Session], Table], ...] = (
    totals,
    most_imported,
    longest_functions,
    deepest_nesting,
    import_circles,
    undocumented,
    favourite_decorators,
    favourite_bases,
    package_tree,
)


def answers(session: Session) -> Iterator[Table]:
    """Yield an answer to each question."""
    for question in QUESTIONS:
        yield question(session)


def code_of(question: Callable[[Session], Table]) -> str:
    """Return the source of *question*: what it asks, without what makes a table of it."""
    lines = inspect.getsource(question).splitlines()[1:]
    if lines[0].lstrip().startswith('"""'):
        last = next(n for n, line in enumerate(lines) if line.rstrip().endswith('"""'))
        lines = lines[last + 1 :]
    told = ("    known = ", "    touched = ", "    return Table(")
    end = next(n for n, line in enumerate(lines) if line.startswith(told))
    lines = lines[:end]
    return textwrap.dedent("\n".join(lines))
