"""Brings the database to what the source files say, through one Session."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dovetail import select

from .models import Base, Definition, Import, Module, Name, Package
from .source import UnreadableSourceError, digest, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from dovetail.orm import Session

    from .source import FoundDefinition, FoundModule, SourceFile


@dataclass(slots=True)
class Outcome:
    """What one run of the indexer did."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0
    objects: int = 0
    """Objects that were made, of all classes together."""
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    """Path and reason of each file that was skipped."""

    @property
    def is_news(self) -> bool:
        return bool(self.added or self.changed or self.removed)


class Indexer:
    """Keeps the objects at hand that new ones will refer to."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.outcome = Outcome()
        self.modules: dict[str, Module] = {
            module.name: module for module in session.scalars(select(Module))
        }
        self.packages: dict[str, Package] = {
            package.name: package for package in session.scalars(select(Package))
        }
        self.names: dict[str, Name] = {name.text: name for name in session.scalars(select(Name))}

    def run(
        self, files: Sequence[SourceFile], existing: Iterable[str], step: Callable[[str], None]
    ) -> Outcome:
        """Index *files*; forget modules whose names are not among the *existing* ones.

        *step* is called with the name of each module that is done.
        """
        self._known_names = {file.module for file in files} | self.modules.keys()
        self.remove(set(existing))
        for file in files:
            self.take(file)
            step(file.module)
        return self.outcome

    def remove(self, existing: set[str]) -> None:
        """Forget what was read from files that are gone."""
        for module in self.modules.values():
            if module.digest is not None and module.name not in existing:
                self.empty(module)
                module.digest = module.path = None
                self.outcome.removed += 1

    def take(self, file: SourceFile) -> None:
        """Index one *file*, unless the database has just that already."""
        try:
            source = file.path.read_bytes()
            seen = digest(source)
            known = self.modules.get(file.module)
            if known is not None and known.digest == seen:
                self.outcome.unchanged += 1
                return
            found = parse(file, source)
        except (OSError, UnreadableSourceError) as error:
            self.outcome.unreadable.append((str(file.path), str(error)))
            return
        module = self.module(file.module)
        if module.digest is None:
            self.outcome.added += 1
        else:
            self.outcome.changed += 1
            self.empty(module)
        module.path = str(file.path)
        module.digest = seen
        module.package = self.package(file.package)
        self.fill(module, found)

    def empty(self, module: Module) -> None:
        """Drop what *module* holds, before it is filled again."""
        module.definitions.clear()
        module.imports.clear()
        self.session.flush()

    def fill(self, module: Module, found: FoundModule) -> None:
        module.lines = found.lines
        for definition in found.definitions:
            self.define(module, None, definition)
        targets = {(self.target(name, taken), line) for name, taken, line in found.imports}
        for name, line in sorted(targets):
            self.add(Import(importer=module, imported=self.module(name), line=line))

    def define(self, module: Module, parent: Definition | None, found: FoundDefinition) -> None:
        definition = Definition(
            module=module,
            parent=parent,
            name=found.name,
            path=found.path,
            kind=found.kind,
            first_line=found.first_line,
            last_line=found.last_line,
            length=found.last_line - found.first_line + 1,
            docstring_length=found.docstring_length,
            is_public=found.is_public,
            decorators=[self.name(text) for text in found.decorators],
            bases=[self.name(text) for text in found.bases],
        )
        self.add(definition)
        for member in found.members:
            self.define(module, definition, member)

    def target(self, module: str, name: str | None) -> str:
        """The module that ``from module import name`` reaches: perhaps the name is one."""
        if name is not None and f"{module}.{name}" in self._known_names:
            return f"{module}.{name}"
        return module

    # Objects that are shared: found, or made and remembered

    def module(self, name: str) -> Module:
        module = self.modules.get(name)
        if module is None:
            module = self.modules[name] = Module(name=name)
            self.add(module)
        return module

    def package(self, name: str) -> Package | None:
        if not name:
            return None
        package = self.packages.get(name)
        if package is None:
            outer, _, _inner = name.rpartition(".")
            package = self.packages[name] = Package(name=name, parent=self.package(outer))
            self.add(package)
        return package

    def name(self, text: str) -> Name:
        name = self.names.get(text)
        if name is None:
            name = self.names[text] = Name(text=text)
            self.add(name)
        return name

    def add(self, one: Base) -> None:
        self.session.add(one)
        self.outcome.objects += 1
