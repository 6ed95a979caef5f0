"""A watch as text: a table, and a page that a browser shows."""

import re

from dovetail import select, text
from dovetail.orm import Session
from tests.orm.library import Author, Tag


def watched(engine, **options):
    with Session(engine, lazy_policy="one") as session, session.watch(**options) as watch:
        for author in session.scalars(select(Author)):
            assert author.books
        session.add(Tag(name="<script>alert(1)</script>"))
        session.commit()
        session.execute(text("SELECT '<b>&\"' AS x"))
    return watch


def test_a_table_of_what_was_sent(engine):
    lines = str(watched(engine)).splitlines()

    assert re.fullmatch(
        r"9 statements, [\d.]+ ms in the database, 20 rows, \d of 9 plans found", lines[0]
    )
    assert lines[1].startswith("  N+1: 6 times at tests/watching/test_page.py:")
    assert lines[2] == ""
    assert lines[3].split() == ["#", "ms", "rows", "plan", "where", "statement"]
    assert re.fullmatch(r" 1 +[\d.]+ +tests/watching/test_page.py:\d+ +BEGIN", lines[4])
    assert lines[6].endswith("(lazy load of Author.books)")
    assert re.search(r"INSERT INTO tag .* \(flush 1\)$", "\n".join(lines), re.MULTILINE)


def test_a_long_one_is_cut(engine):
    watch = watched(engine)

    assert watch.table(most=3).splitlines()[-1] == f"and {len(watch.executions) - 3} more"


def test_an_empty_one(session):
    with session.watch() as watch:
        pass

    assert str(watch) == "0 statements, 0 ms in the database, 0 rows, 0 of 0 plans found"
    assert "<table>" in watch.html()
    assert repr(watch) == "<Watch: 0 statements, 0 ms>"


def test_the_page_escapes_what_it_shows(engine):
    page = watched(engine, parameters=True).html()

    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "'&lt;b&gt;&amp;&quot;'" in page or "&#x27;&lt;b&gt;&amp;&quot;&#x27;" in page


def test_the_page_needs_nothing_from_elsewhere(engine, tmp_path):
    watch = watched(engine)
    watch.save(tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")

    assert page == watch.html() or page.startswith("<!DOCTYPE html>")
    assert not re.search(r"\b(src|href)=\"(?!#)", page)
    assert "url(" not in page
    assert "@import" not in page
    assert "prefers-color-scheme: dark" in page


def test_the_page_has_a_lane_with_transactions_flushes_and_statements(engine):
    watch = watched(engine)
    page = watch.html()

    assert page.count('class="lane"') == 1
    assert page.count('<span class="transaction"') == 2
    assert page.count('<span class="flush"') == 1
    assert page.count('<a href="#s') == len(watch.executions)
    assert all(f'id="s{each.number}"' in page for each in watch.executions)
