"""How a server tells of what it was given, where it has other words for the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..compiler.target import CompilerDialect


class Spelling:
    """What to know of a server to tell whether what it reflects is what was declared."""

    functions: ClassVar[Mapping[str, str]] = {}
    """Functions that the server calls otherwise than they were called: theirs, by that given."""

    indexes_foreign_keys: ClassVar[bool] = False
    """Whether the server makes an index for each foreign key that has none."""

    restricts_by_itself: ClassVar[bool] = False
    """Whether RESTRICT is the same as NO ACTION, and as saying nothing."""

    def type_text(self, text: str, dialect: CompilerDialect) -> str | None:
        """Return what the server makes of *text*, a type in a definition.

        Two texts for one type give the same; None is returned for one that cannot be known.
        """
        return text

    def action(self, word: str | None) -> str | None:
        """Return what ON DELETE or ON UPDATE *word* does, None for NO ACTION."""
        usual = ("NO ACTION", "RESTRICT") if self.restricts_by_itself else ("NO ACTION",)
        text = None if word is None else " ".join(word.upper().split())
        return None if text in usual else text
