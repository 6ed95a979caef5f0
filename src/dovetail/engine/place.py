"""The line of the program that something comes from."""

from __future__ import annotations

from os import getcwd, sep
from site import getsitepackages, getusersitepackages
from sysconfig import get_paths
from typing import NamedTuple

from .pool.holder import LIBRARY, PassedFiles, caller

_PACKAGES = PassedFiles(
    *LIBRARY.starts,
    *(get_paths()[name] + sep for name in ("stdlib", "platstdlib", "purelib", "platlib")),
    *(path + sep for path in (*getsitepackages(), getusersitepackages())),
    "<frozen ",
)
"""The files of this library, of the standard library and of installed packages."""


class Place(NamedTuple):
    """A line of a program.  ``str()`` gives file, line and function."""

    filename: str
    line: int
    function: str

    @property
    def file(self) -> str:
        """The name of the file: relative, if it is below the working directory."""
        below = getcwd() + sep
        return self.filename.removeprefix(below)

    def __str__(self) -> str:
        return f"{self.file}:{self.line} in {self.function}"


def calling_place() -> Place:
    """Return the nearest line of the program itself that is on the way here.

    Packages that it uses are passed by: a template engine, or what turns instances into JSON.
    Where all is of packages, it is the nearest line outside of this library.
    """
    found = caller(2, _PACKAGES)
    if found[0].startswith(_PACKAGES.starts):
        found = caller(2)
    return Place(*found)
