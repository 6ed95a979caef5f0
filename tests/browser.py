"""A real browser without a screen, for tests that open pages."""

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

from tests.servers import servers_required


@cache
def chromium():
    """The path of the browser, or None."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)


def require_browser():
    """Skip the test where there is no browser; fail it where servers are required."""
    if chromium() is None:
        reason = "no browser: install Debian's package chromium"
        if servers_required():
            pytest.fail(reason)
        pytest.skip(reason)


def _run(folder, *arguments):
    command = [
        chromium(),
        "--headless=new",
        "--disable-gpu",
        "--hide-scrollbars",
        f"--user-data-dir={folder / 'profile'}",
        *(["--no-sandbox"] if os.geteuid() == 0 else []),
        *arguments,
    ]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout


def dom(page, folder, *, width=1200, dark=False, script=""):
    """The document that the browser makes of the file *page*, after it has run *script*."""
    shown = Path(folder) / "shown.html"
    text = Path(page).read_text(encoding="utf-8")
    shown.write_text(text.replace("</body>", f"<script>{script}</script></body>"), encoding="utf-8")
    return _run(
        Path(folder),
        f"--window-size={width},900",
        f"--blink-settings=preferredColorScheme={0 if dark else 1}",
        "--dump-dom",
        shown.as_uri(),
    )


def screenshot(page, picture, folder, *, width=1200, height=900, dark=False):
    """Write what the browser shows of the file *page* to *picture*."""
    _run(
        Path(folder),
        f"--window-size={width},{height}",
        f"--blink-settings=preferredColorScheme={0 if dark else 1}",
        f"--screenshot={picture}",
        Path(page).as_uri(),
    )
