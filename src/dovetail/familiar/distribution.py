"""What ``importlib.metadata`` answers for the other package while the alias is on."""

from __future__ import annotations

from importlib.metadata import Distribution, DistributionFinder
from pathlib import Path
from typing import TYPE_CHECKING

from .layout import ALIAS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.machinery import ModuleSpec
    from os import PathLike

CLAIMED_VERSION = "2.0.57"
"""The newest of 2.0: what programs that pin it, or ask for "at least", take for good."""


class AliasDistribution(Distribution):
    """The distribution ``SQLAlchemy``, of a claimed version; it needs nothing."""

    def __init__(self, version: str) -> None:
        self._version = version

    def read_text(self, filename: str) -> str | None:
        if filename in {"METADATA", "PKG-INFO"}:
            return (
                f"Metadata-Version: 2.1\nName: SQLAlchemy\nVersion: {self._version}\n"
                "Summary: served by dovetail\n"
            )
        return None

    def locate_file(self, path: str | PathLike[str]) -> Path:
        return Path(__file__).parent / path


class AliasDistributions(DistributionFinder):
    """Finds the distribution of the other package before the one that may be installed."""

    def __init__(self, version: str) -> None:
        self.version = version

    def find_spec(self, *arguments: object) -> ModuleSpec | None:
        """Return None: modules are found elsewhere."""
        return None

    def find_distributions(
        self, context: DistributionFinder.Context | None = None
    ) -> Iterator[Distribution]:
        """Return the distribution where *context* asks for its name, or for all."""
        name = None if context is None else context.name
        if name is None or name.lower() == ALIAS:
            yield AliasDistribution(self.version)
