"""The chart and the figures that are quoted are those of the page of performance."""

import re

from tools import chart

README = (chart.DOCS.parent / "README.md").read_text(encoding="utf-8")
FOUND = chart.figures(chart.PAGE.read_text(encoding="utf-8"))


def test_the_chart_shows_the_figures_of_the_page():
    assert chart.CHART.read_text(encoding="utf-8") == chart.chart(), (
        "run  python tools/chart.py  to draw it anew"
    )


def test_each_operation_has_a_bar_for_every_contender():
    for operation in chart.SHOWN:
        bars = FOUND[operation]
        assert {"dovetail", "SQLAlchemy", "Django"} <= {bar.contender for bar in bars}
        assert [bar.times for bar in bars] == sorted(bar.times for bar in bars)


def test_the_readme_quotes_the_figures_of_the_page():
    times = {bar.contender: f"{bar.times:g}" for bar in FOUND["load 100k entities of 5 columns"]}
    (sentence,) = re.findall(r"Loading an object takes [^\n]*", README)

    assert sentence == (
        f"Loading an object takes {times['dovetail']} times what the bare driver needs for a plain "
        f"object; SQLAlchemy, compiled, takes {times['SQLAlchemy']} times as much, "
        f"Django {times['Django']}."
    )


def test_the_readme_says_how_many_kinds_of_error_there_are():
    page = (chart.DOCS / "errors.md").read_text(encoding="utf-8")

    (said,) = re.findall(r"There are more than (\d+) kinds", README)
    assert 0 < len(set(re.findall(r"DV-[A-Z]+-[0-9]+", page))) - int(said) < 20
