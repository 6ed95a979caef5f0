"""The documentation as a site: built without a warning, and opened in a real browser."""

import functools
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.browser import chromium, require_browser
from tests.servers import servers_required

ROOT = Path(__file__).parents[2]
PATIENCE = 120
"""Seconds that the browser has for all pages."""


def missing(reason):
    """Skip where something of the machine is missing; fail where everything must be there."""
    if servers_required():
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of the site, just built."""
    if find_spec("material") is None:
        missing("mkdocs-material, which makes the site, is not installed: the extra docs")
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "-d", folder],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return folder


@pytest.fixture(scope="module")
def seen(site):
    """What a browser that reaches this machine alone has seen of all pages."""
    require_browser()
    pages = sorted(f"/{path.relative_to(site).as_posix()}" for path in site.rglob("*.html"))
    asked = {"pages": [page for page in pages if page != "/404.html"], "words": WORDS}
    (site / "asked.json").write_text(json.dumps(asked))
    shutil.copy(Path(__file__).with_name("harness.html"), site / "harness.html")
    with answering(site) as (port, told):
        command = [
            *(
                chromium(),
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--window-size=1200,900",
            ),
            "--remote-debugging-port=0",  # else it ends when the page is there
            f"--user-data-dir={site.with_name('profile')}",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            f"http://127.0.0.1:{port}/harness.html",
        ]
        running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            assert told.wait(PATIENCE), "the browser has not told of the pages in time"
        finally:
            running.terminate()
            running.wait()
    return told.value


class Told(threading.Event):
    """What the browser has told, once it has."""

    value = None


class answering:
    """A server of the files of *folder*, which takes what the browser tells."""

    def __init__(self, folder):
        self.told = told = Told()

        class Handler(http.server.SimpleHTTPRequestHandler):
            def do_POST(self):
                size = int(self.headers["Content-Length"])
                told.value = json.loads(self.rfile.read(size))
                self.send_response(204)
                self.end_headers()
                told.set()

            def log_message(self, *_):
                pass

        handler = functools.partial(Handler, directory=folder)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self.server.server_port, self.told

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


WORDS = ["session.get", "selectinload", "metadata.diff"]


def test_every_page_of_the_guide_is_in_the_site(site):
    made = {path.relative_to(site).as_posix() for path in site.rglob("*.html")}

    for page in (ROOT / "docs").rglob("*.md"):
        name = page.relative_to(ROOT / "docs").with_suffix(".html").as_posix()
        name = re.sub(r"README\.html$", "index.html", name)
        assert name in made, name
    assert {"start.html", "CHANGELOG.html", "examples/index.html"} <= made


def test_nothing_is_loaded_from_elsewhere(site):
    loaded = re.compile(r"<(?:script|img|iframe|source)[^>]*\ssrc=[\"']?(?:https?:)?//[^>]*>")
    linked = re.compile(r"<link[^>]*\shref=[\"']?(?:https?:)?//[^>]*>")
    for path in site.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert not loaded.findall(text), path
        assert not linked.findall(text), path


def test_the_reference_has_signatures_and_examples(site):
    text = (site / "reference" / "dovetail.orm.html").read_text(encoding="utf-8")

    assert 'id="sessionget"' in text
    section = text.partition('id="sessionget"')[2].partition("<h3")[0]
    plain = re.sub(r"<[^>]+>", "", section)
    assert "get(entity, ident, *, options=None" in plain
    assert "SELECT" in plain


def test_every_page_renders(seen):
    assert "error" not in seen
    blank = [page["path"] for page in seen["pages"] if not page["heading"]]
    untitled = [page["path"] for page in seen["pages"] if "dovetail" not in page["title"]]

    assert len(seen["pages"]) > 60
    assert blank == []
    assert untitled == []


def test_no_line_runs_out_of_its_box_on_a_narrow_screen(seen):
    assert {
        page["path"]: page["wide"] or page["width"]
        for page in seen["pages"]
        if page["width"] > 390 or page["wide"]
    } == {}


@pytest.mark.parametrize(
    ("words", "place"),
    [
        ("session.get", "reference/dovetail.orm.html?h=session.get#sessionget"),
        ("selectinload", "reference/dovetail.orm.html?h=selectinload#selectinload"),
        ("metadata.diff", "#metadatadiff"),
    ],
)
def test_search_finds(seen, words, place):
    links = [href for href, _ in seen["search"][words]]

    assert any(href.endswith(place) for href in links), links[:20]
