"""Alembic's own template for awaiting engines, ``alembic init -t async``, on dovetail."""

import subprocess
import sys

import pytest

from tests.ecosystem.migrations import SEVERAL, Project
from tests.servers import AWAITING_BACKENDS

pytest.importorskip("alembic")

MODELS = """
import enum

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

class Base(DeclarativeBase):
    pass

class Grade(enum.Enum):
    fine = 1
    rough = 2

class Thing(Base):
    __tablename__ = "thing"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(sa.String(100), index=True)
    grade: Mapped[Grade]
"""
NOTHING = "No new upgrade operations detected."


class InitialProject(Project):
    """A project that ``alembic init -t async`` has made, with its models named in ``env.py``."""

    def __init__(self, folder, url):
        self.folder, self.url, self.on_dovetail = folder, url, True
        (folder / "several.py").write_text(SEVERAL)
        self.write(MODELS)
        done = subprocess.run(
            [sys.executable, "-m", "dovetail", "alembic", "init", "-t", "async", "migrations"],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        settings = folder / "alembic.ini"
        setting = f"sqlalchemy.url = {url.replace('%', '%%')}"
        lines = [
            setting if line.startswith("sqlalchemy.url") else line
            for line in settings.read_text().splitlines()
        ]
        settings.write_text("\n".join(lines))
        environment = folder / "migrations" / "env.py"
        text = environment.read_text()
        given = "from models import Base\ntarget_metadata = Base.metadata"
        assert "target_metadata = None" in text
        environment.write_text(text.replace("target_metadata = None", given))


@pytest.mark.parametrize("backend", AWAITING_BACKENDS, ids=str)
def test_the_template_for_awaiting_engines_migrates(backend_url, tmp_path):
    project = InitialProject(tmp_path, backend_url)

    _, _, checked, current, sql, _, gone = project.run(
        "revision --autogenerate -m first",
        "upgrade head",
        "check",
        "current",
        "upgrade head --sql",
        "downgrade base",
        "current",
    )

    assert NOTHING in checked
    assert "(head)" in current
    assert "CREATE TABLE thing" in sql
    assert gone.strip() == ""
