"""What MkDocs does besides when it builds the site: pages from outside docs/, the whole reference.

``mkdocs.yml`` names this file as a hook; ``make docs`` builds the site.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.structure.files import File, Files

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "src"))

from tools import site_reference
from tools.reference import PATHS

PAGES = {
    "start.md": "README.md",
    "ARCHITECTURE.md": "ARCHITECTURE.md",
    "CHANGELOG.md": "CHANGELOG.md",
    "CONTRIBUTING.md": "CONTRIBUTING.md",
    "LICENSE": "LICENSE",
}
"""Files of the root that pages link to, by what the site calls them."""

_SOURCES = frozenset({".py", ".md", ".html", ".toml"})
_OUTWARD = re.compile(
    r"\[([^\[\]]*)\]\(((?:\.\./|docs/|examples/|\w+/(?=[)#])|[A-Z]+(?:\.md)?(?=[)#]))[^)#\s]*)(#[^)\s]*)?\)"
)
"""A link that leads out of its folder: its text, where it leads, the anchor."""


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Add the pages that are many to their parts of the navigation."""
    more = {
        "Reference": [f"reference/{path}.md" for path in PATHS],
        "Inside": [
            f"decisions/{path.name}" for path in sorted((ROOT / "docs" / "decisions").glob("0*.md"))
        ],
    }
    for part in config.nav or ():
        for title, pages in more.items():
            if isinstance(part, dict) and title in part:
                part[title] += pages
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages of the root, and the examples with their sources."""
    for name, origin in PAGES.items():
        files.append(File.generated(config, name, abs_src_path=str(ROOT / origin)))
    for path in sorted((ROOT / "examples").rglob("*")):
        if path.is_file() and path.suffix in _SOURCES:
            name = path.relative_to(ROOT).as_posix()
            files.append(File.generated(config, name, abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Return what stands on *page*: the whole reference, and links as the site has them."""
    source = page.file.src_uri
    path = source.removeprefix("reference/").removesuffix(".md")
    if source.startswith("reference/") and path in PATHS:
        return site_reference.page(path)
    return _OUTWARD.sub(lambda found: _led(found, source, files), markdown)


def _led(found: re.Match[str], source: str, files: Files) -> str:
    """Return a link as the site has it; of one to what the site has not, the text is left."""
    text, target, anchor = found[1], found[2], found[3] or ""
    if source in PAGES:
        origin = Path(PAGES[source])
    else:
        origin = Path(source) if source.startswith("examples/") else Path("docs") / source
    place = _plain(origin.parent / target)
    if (ROOT / place).is_dir():
        place /= "README.md"
    called = {value: name for name, value in PAGES.items()}
    name = called.get(place.as_posix(), place.as_posix().removeprefix("docs/"))
    if files.get_file_from_path(name) is None:
        return text
    up = "../" * (len(Path(source).parts) - 1)
    return f"[{text}]({up}{name}{anchor})"


def _plain(path: Path) -> Path:
    """Return *path* without ``..``."""
    parts: list[str] = []
    for part in path.parts:
        if part == "..":
            del parts[-1:]
        elif part != ".":
            parts.append(part)
    return Path(*parts)
