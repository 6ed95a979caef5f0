"""The sentences of the features record, which say why a test is skipped."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from inspect import getsource
from itertools import pairwise

from ..dialects.features import Features


@cache
def meanings() -> dict[str, str]:
    """Return what each feature means, by its name, in the order of the record."""
    return dict(_meanings(ast.parse(getsource(Features)).body[0]))


def _meanings(record: ast.stmt) -> Iterator[tuple[str, str]]:
    assert isinstance(record, ast.ClassDef)
    for field, following in pairwise(record.body):
        if isinstance(field, ast.AnnAssign) and isinstance(following, ast.Expr):
            text = ast.literal_eval(following.value)
            yield ast.unparse(field.target), " ".join(text.split())


def meaning_of(feature: str) -> str:
    """Return the sentence that says what *feature* means."""
    return meanings()[feature]
