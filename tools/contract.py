"""Writes docs/contract.md: each row of the Session's contract, and the tests that hold it.

python tools/contract.py          # write the page
python tools/contract.py --check  # say whether it is out of date, and write nothing
"""

import ast
import sys
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ROWS = ROOT / "tests" / "contract" / "rows.toml"
PAGE = ROOT / "docs" / "contract.md"

HEAD = """# The contract of the Session

Each row is something that programs rely on, with the tests that would fail without it.
`python tools/contract.py` writes this page; a test checks that each test named here is there.
[The guide](session.md) explains the same with examples.
"""


def sections() -> list[dict[str, Any]]:
    """The sections of the contract, each with its rows."""
    found: list[dict[str, Any]] = tomllib.loads(ROWS.read_text(encoding="utf-8"))["section"]
    return found


def page() -> str:
    """The text of the page."""
    lines = [HEAD]
    for section in sections():
        lines += [f"## {section['name']}", "", "| row | tests |", "| --- | --- |"]
        lines += [f"| {row['row']} | {_listed(row['tests'])} |" for row in section["row"]]
        lines.append("")
    return "\n".join(lines)


def _listed(tests: list[str]) -> str:
    return "<br>".join(f"`{_whole(test)}`" for test in tests)


def _whole(test: str) -> str:
    """The path of *test*: what third parties inherit is in the package, the rest in tests/."""
    return test if test.startswith("src/") else f"tests/{test}"


def absent() -> list[str]:
    """The tests that are named and not there, and the rows without one."""
    found = []
    for section in sections():
        for row in section["row"]:
            if not row["tests"]:
                found.append(f"no test holds: {row['row']}")
            found += [test for test in row["tests"] if not _exists(test)]
    return found


def _exists(test: str) -> bool:
    file, *names = _whole(test).split("::")
    path = ROOT / file
    if not path.is_file():
        return False
    scope: Any = ast.parse(path.read_text(encoding="utf-8"))
    for name in names:
        scope = next((node for node in scope.body if getattr(node, "name", "") == name), None)
        if scope is None:
            return False
    return True


def main() -> int:
    """Write the page, or say what is wrong with it."""
    for line in absent():
        print(line)
    current = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    if "--check" in sys.argv:
        return int(bool(absent()) or current != page())
    PAGE.write_text(page(), encoding="utf-8")
    return int(bool(absent()))


if __name__ == "__main__":
    sys.exit(main())
