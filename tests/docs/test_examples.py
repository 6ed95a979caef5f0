"""Every Python example in the guide and the README runs, in the order of its page."""

import asyncio
import inspect
import os
import re
from pathlib import Path

import pytest

from dovetail.dialects import driver, registry

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PACKAGE = os.environ.get("DOVETAIL_TEST_PACKAGE", "dovetail")
FENCE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page):
    """Pairs of line number and source of the examples of *page*."""
    text = page.read_text(encoding="utf-8")
    for match in FENCE.finditer(text):
        yield text.count("\n", 0, match.start(1)), match.group(1)


@pytest.mark.parametrize(
    "page", [page for page in PAGES if any(blocks(page))], ids=lambda page: page.name
)
def test_examples_run(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    # What an example registers is not there for the tests that follow.
    monkeypatch.setattr(registry, "_homes", dict(registry._homes))
    known = {dialect: dict(drivers) for dialect, drivers in driver._drivers.items()}
    monkeypatch.setattr(driver, "_drivers", known)
    names = {"__name__": f"examples_of_{page.stem}"}

    try:
        run(page, names)
    finally:
        for value in list(names.values()):
            if hasattr(type(value), "dispose") and hasattr(value, "pool"):
                ending = value.dispose()
                if inspect.iscoroutine(ending):
                    asyncio.run(ending)


def run(page, names):
    for line, source in blocks(page):
        # Blank lines before it make errors point at the line of the page.
        code = compile("\n" * line + source.replace("dovetail", PACKAGE), str(page), "exec")
        exec(code, names)


def test_there_are_examples():
    assert sum(1 for page in PAGES for _ in blocks(page)) > 10
