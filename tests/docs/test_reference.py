"""The reference says what the docstrings say."""

import sys

import pytest

from tools.reference import DOCS, PATHS, pages, stale


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="defaults are shown as 3.11 shows them")
def test_the_reference_is_current():
    found = [str(path.relative_to(DOCS.parent)) for path in stale()]

    assert not found, f"run  python tools/reference.py  to write anew: {', '.join(found)}"


def test_every_page_is_linked():
    made = pages()

    index = made[DOCS / "reference" / "index.md"]
    assert all(f"({path}.md)" in index for path in PATHS)


def test_the_guide_links_to_pages_that_are_there():
    missing = [
        f"{page.name}: {target}"
        for page in DOCS.glob("*.md")
        for target in _links(page.read_text(encoding="utf-8"))
        if not (DOCS / target).exists()
    ]

    assert not missing


def _links(text):
    for part in text.split("](")[1:]:
        target = part.partition(")")[0].partition("#")[0]
        if target and "://" not in target:
            yield target
