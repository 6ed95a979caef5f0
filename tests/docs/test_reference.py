"""The reference says what the docstrings say."""

import sys

import pytest

from tools.reference import DOCS, PATHS, pages, rooms, stale


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


def test_each_module_is_in_the_page_of_modules():
    listed = {name for _, modules in rooms() for name in modules}

    assert {"generative_select.py", "dml_base.py", "target.py", "session.py"} <= listed
    assert "__init__.py" not in listed
    assert all(purpose for _, modules in rooms() for purpose in modules.values())


def test_a_room_of_ones_own_has_what_defines_something(tmp_path):
    (tmp_path / "house").mkdir()
    files = {
        "__init__.py": '"""A face."""\nfrom .made import Made as Made\n',
        "made.py": '"""What is made,\nand how."""\n\nclass Made: ...\n',
        "familiar.py": '"""A familiar path."""\nfrom .made import Made\n__all__ = ["Made"]\n',
        "words.py": '"""Words."""\nWORDS = frozenset("ab")\n',
    }
    for name, text in files.items():
        (tmp_path / "house" / name).write_text(text)

    found = list(rooms(tmp_path / "house"))

    assert found == [("house", {"made.py": "What is made, and how.", "words.py": "Words."})]
