"""The other package's layout: which paths it has, and where dovetail keeps what is found there."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files

ALIAS = "sqlalchemy"
HOUSE = "dovetail"


def in_the_house(path: str) -> str:
    """Return the name of dovetail's module at *path*; the empty path is the package."""
    return f"{HOUSE}.{path}" if path else HOUSE


def under_the_alias(path: str) -> str:
    """Return the name of the other package's module at *path*."""
    return f"{ALIAS}.{path}" if path else ALIAS


@dataclass(frozen=True)
class Home:
    """Where a name of the other package is kept: an attribute of a module of dovetail."""

    module: str
    name: str


@dataclass(frozen=True)
class Layout:
    """The paths of the other package, each with the names that its module here has not itself."""

    paths: dict[str, dict[str, Home]]
    modules_of_classes: dict[str, str]
    """The paths that classes say they come from, each with dovetail's module, or package, of
    such classes; the first that has a class."""

    @classmethod
    def read(cls) -> Layout:
        """Return what ``layout.toml`` says."""
        table = tomllib.loads(files("dovetail.familiar").joinpath("layout.toml").read_text("utf-8"))
        return cls(
            {
                path: {
                    name: home
                    for module, names in homes.items()
                    for name, home in (_entry(module, text) for text in names)
                }
                for path, homes in table["paths"].items()
            },
            table["modules_of_classes"],
        )

    def is_below(self, path: str) -> bool:
        """Return whether another path begins with *path*: it is a package then."""
        return not path or any(known.startswith(f"{path}.") for known in self.paths)


def _entry(module: str, text: str) -> tuple[str, Home]:
    """Return a name of the other package and its home; *text* is one, or ``"theirs = ours"``."""
    theirs, _, ours = text.partition(" = ")
    return theirs, Home(in_the_house(module), ours or theirs)
