"""Mapped classes as a picture: what they hold, what they refer to, as Mermaid, DOT or SVG."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .targets import TargetError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..orm import RelationshipProperty
    from ..orm.mapping.mapper import Mapper

_NO_WORD = re.compile(r"\W+")


@dataclass(frozen=True, slots=True)
class Attribute:
    """A column attribute: its name, its type as text, and which keys it is part of."""

    name: str
    type: str
    nullable: bool
    primary_key: bool
    refers_to: tuple[str, ...] = ()
    """``table.column``, for each foreign key."""


@dataclass(frozen=True, slots=True)
class Link:
    """A relationship, with the one that goes back, if there is one."""

    source: str
    target: str
    name: str
    back: str | None
    source_end: str
    """How many of the source there are for one of the target: ``one``, ``optional``, ``many``."""
    target_end: str
    through: str | None = None
    """The table between the two."""


@dataclass(frozen=True, slots=True)
class Entity:
    """A mapped class."""

    name: str
    module: str
    table: str
    inherits: str | None
    attributes: tuple[Attribute, ...]
    links: tuple[Link, ...] = field(default=())


def described(mappers: Sequence[Mapper]) -> list[Entity]:
    """Return what *mappers* map; a relationship and the one that goes back are one link."""
    names = _names(mappers)
    seen: set[RelationshipProperty] = set()
    found = []
    for mapper in mappers:
        links = []
        for relationship in _own_relationships(mapper):
            if relationship in seen or relationship.mapper not in names:
                continue
            back = next(iter(relationship.reverse_properties), None)
            seen |= {relationship} | ({back} if back is not None else set())
            links.append(_link(names[mapper], names[relationship.mapper], relationship, back))
        found.append(
            Entity(
                names[mapper],
                mapper.class_.__module__,
                str(getattr(mapper.local_table, "key", mapper.local_table.description)),
                names.get(mapper.inherits) if mapper.inherits is not None else None,
                tuple(_attributes(mapper)),
                tuple(links),
            )
        )
    return found


def _names(mappers: Sequence[Mapper]) -> dict[Mapper, str]:
    """Return the name of each class, with its module where two have the same."""
    plain = [mapper.class_.__name__ for mapper in mappers]
    return {
        mapper: name if plain.count(name) == 1 else f"{mapper.class_.__module__}.{name}"
        for mapper, name in zip(mappers, plain, strict=True)
    }


def _own_relationships(mapper: Mapper) -> list[RelationshipProperty]:
    return [each for each in mapper.relationships if each.parent is mapper]


def _attributes(mapper: Mapper) -> Iterable[Attribute]:
    inherited = set(mapper.inherits.column_attrs.keys()) if mapper.inherits is not None else set()
    for prop in mapper.column_attrs:
        column = prop.columns[0]
        if getattr(column, "table", None) is None or not hasattr(column, "foreign_keys"):
            continue
        if prop.key in inherited and not column.primary_key:
            continue
        refers = sorted(key.target_fullname for key in column.foreign_keys)
        yield Attribute(
            prop.key,
            str(column.type),
            bool(getattr(column, "nullable", True)),
            bool(column.primary_key),
            tuple(refers),
        )


def _link(
    source: str, target: str, one: RelationshipProperty, back: RelationshipProperty | None
) -> Link:
    direction = one.direction.name
    through = str(one.secondary.description) if one.secondary is not None else None
    keys = list(one.local_remote_pairs or ())
    if direction == "MANYTOMANY":
        ends = ("many", "many")
    elif direction == "MANYTOONE":
        nullable = any(local.nullable for local, _ in keys)
        single = back is not None and not back.uselist
        ends = ("optional" if single else "many", "optional" if nullable else "one")
    else:
        nullable = any(remote.nullable for _, remote in keys)
        ends = ("optional" if nullable else "one", "many" if one.uselist else "optional")
    return Link(source, target, one.key, back.key if back is not None else None, *ends, through)


# -- Mermaid --------------------------------------------------------------------------------------

_LEFT = {"one": "||", "optional": "|o", "many": "}o"}
_RIGHT = {"one": "||", "optional": "o|", "many": "o{"}


def mermaid(entities: Iterable[Entity]) -> str:
    """Return *entities* as an ``erDiagram`` of Mermaid."""
    listed = list(entities)
    lines = ["erDiagram"]
    for entity in listed:
        lines.append(f"    {_identifier(entity.name)} {{")
        for attribute in entity.attributes:
            keys = ["PK"] * attribute.primary_key + ["FK"] * bool(attribute.refers_to)
            kind = _NO_WORD.sub("_", attribute.type.partition("(")[0]).strip("_") or "unknown"
            lines.append(f"        {kind} {attribute.name} {', '.join(keys)}".rstrip())
        lines.append("    }")
    for entity in listed:
        if entity.inherits is not None:
            parent = _identifier(entity.inherits)
            lines.append(f'    {parent} ||--o| {_identifier(entity.name)} : "is a"')
        for link in entity.links:
            ends = f"{_LEFT[link.source_end]}--{_RIGHT[link.target_end]}"
            source, target = _identifier(link.source), _identifier(link.target)
            lines.append(f'    {source} {ends} {target} : "{_label(link)}"')
    return "\n".join(lines)


def _identifier(name: str) -> str:
    return _NO_WORD.sub("_", name)


def _label(link: Link) -> str:
    names = link.name if link.back is None else f"{link.name} / {link.back}"
    return names if link.through is None else f"{names} ({link.through})"


# -- DOT and SVG ----------------------------------------------------------------------------------

_ARROWS = {"one": "tee", "optional": "teeodot", "many": "crowodot"}


def dot(entities: Iterable[Entity]) -> str:
    """Return *entities* as a graph for graphviz."""
    listed = list(entities)
    lines = [
        "digraph models {",
        '    graph [rankdir="LR", fontname="sans-serif"];',
        '    node [shape="plain", fontname="sans-serif", fontsize="11"];',
        '    edge [dir="both", fontname="sans-serif", fontsize="9"];',
    ]
    lines += [f'    "{entity.name}" [label=<{_box(entity)}>];' for entity in listed]
    for entity in listed:
        if entity.inherits is not None:
            lines.append(
                f'    "{entity.name}" -> "{entity.inherits}" '
                '[arrowhead="empty", arrowtail="none", style="dashed"];'
            )
        lines += [
            f'    "{link.source}" -> "{link.target}" [label="{_label(link)}", '
            f'arrowtail="{_ARROWS[link.source_end]}", arrowhead="{_ARROWS[link.target_end]}"];'
            for link in entity.links
        ]
    return "\n".join([*lines, "}"])


def _box(entity: Entity) -> str:
    """Return *entity* as a table of graphviz's HTML."""
    rows = [f'<tr><td bgcolor="#dde7f0" colspan="2"><b>{html.escape(entity.name)}</b></td></tr>']
    for attribute in entity.attributes:
        name = html.escape(attribute.name)
        name = f"<u>{name}</u>" if attribute.primary_key else name
        name = f"<i>{name}</i>" if attribute.refers_to else name
        kind = html.escape(attribute.type) + ("" if not attribute.nullable else " ?")
        rows.append(f'<tr><td align="left">{name}</td><td align="left">{kind}</td></tr>')
    inside = "".join(rows)
    return f'<table border="0" cellborder="1" cellspacing="0" cellpadding="4">{inside}</table>'


def svg(entities: Iterable[Entity]) -> str:
    """Return *entities* drawn by graphviz's program ``dot``.

    :raises TargetError: the program is not installed, or fails
    """
    program = shutil.which("dot")
    if program is None:
        raise TargetError(
            "SVG is drawn by graphviz, whose program dot is not installed\n"
            "  hint: apt install graphviz, or --format mermaid, which pages of Markdown draw"
        )
    done = subprocess.run(
        [program, "-Tsvg"], input=dot(entities), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise TargetError(f"graphviz cannot draw this: {done.stderr.strip()}")
    return done.stdout
