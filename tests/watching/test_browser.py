"""The page of a watch, opened in a real browser."""

import re

import pytest

from dovetail import text
from dovetail.orm import Session
from tests.browser import dom, require_browser, screenshot
from tests.orm.library import Tag

MEASURE = """
const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
const bars = [...document.querySelectorAll('.bars > *')];
const lanes = [...document.querySelectorAll('.lane')].map(lane => lane.getBoundingClientRect());
const out = bars.filter(bar => {
  const box = bar.getBoundingClientRect();
  return box.width < 1 || !lanes.some(lane => box.left >= lane.left && box.right <= lane.right + 1);
});
document.title = JSON.stringify({
  wide, out: out.length, bars: bars.length,
  rows: document.querySelectorAll('tbody tr').length,
  paper: getComputedStyle(document.body).backgroundColor,
});
"""


@pytest.fixture
def page(engine, tmp_path):
    require_browser()
    with engine.watch(parameters=True, slow=0) as watch, Session(engine) as session:
        session.add(Tag(name="<script>document.title = 'broken'</script>"))
        session.commit()
        session.execute(text(f"SELECT '{'x' * 300}'"))
    watch.save(tmp_path / "page.html")
    return tmp_path / "page.html"


@pytest.mark.parametrize("width", [1200, 500])
@pytest.mark.parametrize(("dark", "paper"), [(False, "255, 255, 255"), (True, "20, 24, 31")])
def test_it_shows_all_and_nothing_runs_out_of_its_box(page, tmp_path, width, dark, paper):
    shown = dom(page, tmp_path, width=width, dark=dark, script=MEASURE)

    (title,) = re.findall(r"<title>(.*?)</title>", shown)
    assert '"wide":0,"out":0,' in title
    assert '"bars":9,"rows":6,' in title
    assert f'"paper":"rgb({paper})"' in title


def test_a_picture_of_it(page, tmp_path):
    screenshot(page, tmp_path / "page.png", tmp_path)

    assert (tmp_path / "page.png").read_bytes()[:4] == b"\x89PNG"
