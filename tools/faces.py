"""Writes the faces of the package, modules that only hand names on, from the table ``faces.toml``.

python tools/faces.py          # write what has changed
python tools/faces.py --check  # say what is out of date, and write nothing
"""

import json
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import fill, indent

ROOT = Path(__file__).resolve().parent.parent
TABLE = Path(__file__).with_name("faces.toml")
PACKAGE = ROOT / "src" / "dovetail"
WIDTH = 100
# Several names stand in a line: the table is what is read, and compared.
MARKS = "# From tools/faces.toml, by tools/faces.py.\n# fmt: off\n# isort: off\n"


@dataclass(frozen=True)
class Face:
    """A module that hands on names of other modules of its package."""

    path: str
    """Dotted, within the package."""
    purpose: str
    """Its docstring."""
    names: dict[str, list[str]]
    """The names by the module that has them; ``"here = there"`` where it has another one."""
    is_package: bool
    later: list[str] = field(default_factory=list)
    """The modules of which nothing is imported before it is asked for."""
    modules: list[str] = field(default_factory=list)
    """Modules within it that are imported when they are asked for as an attribute."""

    @property
    def file(self) -> str:
        """Where the module stands in the package."""
        return self.path.replace(".", "/") + ("/__init__.py" if self.is_package else ".py")

    def text(self) -> str:
        """Return the source of the module."""
        own = self.path.split(".") if self.is_package else self.path.split(".")[:-1]
        imports = sorted((_relative(own, module.split(".")), module) for module in self.names)
        sources = {module: source for (_, source), module in imports}
        now = [
            _import(source, self.names[m]) for m, source in sources.items() if m not in self.later
        ]
        renamed = sorted(
            f"{here} = {self._called(there)}\n"
            for names in self.names.values()
            for here, there in map(_pair, names)
            if here != there
        )
        second = "\n" + "".join(renamed) if renamed else ""
        first, last = "", ""
        if self.later or self.modules:
            above = "." * (len(own) + 1)
            first = f"from typing import TYPE_CHECKING\n\nfrom {above}later import names_later\n"
            last = self._later_text(sources)
        return f'"""{self.purpose}"""\n\n{MARKS}\n{first}{"".join(now)}{second}{last}'

    def _later_text(self, sources: dict[str, str]) -> str:
        """Return the end of a module of which something is imported when it is asked for."""
        asked = {f"dovetail.{module}": self.names[module] for module in self.later}
        imports = [_import(sources[module], self.names[module]) for module in self.later]
        if self.modules:
            asked[f"dovetail.{self.path}"] = self.modules
            imports.append(_import(".", self.modules))
        rooms = "".join(
            f'    "{room}": (\n{_filled([json.dumps(name) for name in names], 8)}    ),\n'
            for room, names in asked.items()
        )
        return (
            f"\nif TYPE_CHECKING:\n{indent(''.join(imports), '    ')}\n"
            f"__getattr__, __dir__ = names_later(__name__, {{\n{rooms}}})\n"
        )

    def _called(self, there: str) -> str:
        """What the name *there* is called in this module: it is private if it is not handed on."""
        handed_on = any(there in names for names in self.names.values())
        return there if handed_on else f"_{there}"


def _pair(name: str) -> tuple[str, str]:
    """Return what a name is called here, and where it comes from."""
    here, _, there = name.partition(" = ")
    return here, there or here


def _relative(own: list[str], module: list[str]) -> tuple[tuple[int, list[str]], str]:
    """Return how *module* is named by modules of the package *own*; what sorts it comes first."""
    common = 0
    while common < min(len(own), len(module)) and own[common] == module[common]:
        common += 1
    level = len(own) - common + 1
    rest = module[common:]
    return (-level, rest), "." * level + ".".join(rest)


def _import(source: str, names: list[str]) -> str:
    """Return the statement that imports *names* from *source*, filled to the width of a line."""
    plain = {here for here, there in map(_pair, names) if here == there}
    needed = {there for here, there in map(_pair, names) if here != there} - plain
    parts = [f"{name} as {name}" for name in sorted(plain)]
    parts += [f"{name} as _{name}" for name in sorted(needed)]
    line = f"from {source} import {', '.join(parts)}\n"
    if len(line) <= WIDTH + 1:
        return line
    return f"from {source} import (\n{_filled(parts, 4)})\n"


def _filled(parts: list[str], margin: int) -> str:
    """Return lines of *parts*, each with a comma behind it, filled to the width of a line."""
    # Blanks within a part must not break.
    filled = fill(
        ", ".join(part.replace(" ", "\xa0") for part in parts),
        WIDTH - 1,
        initial_indent=" " * margin,
        subsequent_indent=" " * margin,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return f"{filled},\n".replace("\xa0", " ")


def faces(table: Path = TABLE) -> Iterator[Face]:
    """The faces that *table* lists."""
    paths = tomllib.loads(table.read_text(encoding="utf-8"))["paths"]
    for path, entry in paths.items():
        purpose = entry.pop("purpose")
        later = entry.pop("later", [])
        modules = entry.pop("modules", [])
        is_package = any(module.startswith(f"{path}.") for module in entry)
        yield Face(path, purpose, entry, is_package, later, modules)


def stale(table: Path = TABLE, package: Path = PACKAGE) -> dict[Path, str]:
    """Return what the files are to contain that do not say what *table* does."""
    texts = {package / face.file: face.text() for face in faces(table)}
    return {
        path: text
        for path, text in texts.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    }


def main() -> int:
    """Write what has changed, or name it."""
    found = stale()
    for path, text in found.items():
        print(path.relative_to(ROOT))
        if "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8")
    return int(bool(found)) if "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
