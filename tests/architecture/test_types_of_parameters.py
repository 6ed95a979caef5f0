"""How many parameters are of type ``Any``: fewer than one in ten, and fewer with each change."""

import ast
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "src" / "dovetail"

MOST = {
    "compiler": 24,
    "dialects": 163,
    "engine": 30,
    "ext": 75,
    "familiar": 38,
    "orm": 299,
    "sql": 84,
    "types": 23,
}
"""By floor.  Who needs one more finds another that can be said: the numbers only fall."""

SLACK = 20
"""So many fewer, and the number is to be written down anew."""


def parameters_of(tree):
    """The annotations of all parameters but ``self`` and ``cls``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            own = node.args
            several = [one for one in (own.vararg, own.kwarg) if one is not None]
            for one in [*own.posonlyargs, *own.args, *own.kwonlyargs, *several]:
                if one.arg not in ("self", "cls"):
                    yield one.annotation


def test_fewer_parameters_are_any():
    found = dict.fromkeys(MOST, 0)
    for path in PACKAGE.rglob("*.py"):
        floor = path.relative_to(PACKAGE).parts[0]
        if floor in found:
            tree = ast.parse(path.read_text(encoding="utf-8"))
            found[floor] += sum(
                annotation is not None and ast.unparse(annotation) == "Any"
                for annotation in parameters_of(tree)
            )

    assert {floor: (n, MOST[floor]) for floor, n in found.items() if n > MOST[floor]} == {}
    assert {floor: n for floor, n in found.items() if n < MOST[floor] - SLACK} == {}, (
        "write it down"
    )


def test_fewer_than_one_in_ten_of_all_parameters_are_any():
    annotations = [
        annotation
        for path in PACKAGE.rglob("*.py")
        for annotation in parameters_of(ast.parse(path.read_text(encoding="utf-8")))
    ]
    said = [annotation for annotation in annotations if annotation is not None]

    unsaid = sum(ast.unparse(annotation) == "Any" for annotation in said)

    assert unsaid / len(said) < 0.07
