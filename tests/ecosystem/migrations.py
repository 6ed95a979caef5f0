"""A project with migrations in a folder, and Alembic's command line, on dovetail or without it."""

import os
import subprocess
import sys
from pathlib import Path

ENVIRONMENT = """
from alembic import context
from sqlalchemy import create_engine, pool

from models import Base, URL

options = {
    "target_metadata": Base.metadata,
    "compare_type": True,
    "compare_server_default": True,
    "render_as_batch": URL.startswith("sqlite"),
}
if context.is_offline_mode():
    context.configure(url=URL, literal_binds=True, **options)
    with context.begin_transaction():
        context.run_migrations()
else:
    engine = create_engine(URL, poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(connection=connection, **options)
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()
"""

SEVERAL = """
import sys

from alembic.config import main

for line in sys.argv[1:]:
    print(f"-- {line}", flush=True)
    sys.modules.pop("models", None)
    try:
        main(line.split())
    except SystemExit as ended:
        print(f"-- failed: {ended.code}", flush=True)
"""


class Project:
    """A folder with models and migrations."""

    def __init__(self, folder: Path, url: str, models: str, *, on_dovetail: bool = True) -> None:
        self.folder = folder
        self.on_dovetail = on_dovetail
        self.url = url
        (folder / "several.py").write_text(SEVERAL)
        self.write(models)
        scripts = folder / "migrations" / "versions"
        scripts.mkdir(parents=True)
        (folder / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s/migrations\n")
        (folder / "migrations" / "env.py").write_text(ENVIRONMENT)
        import alembic

        generic = Path(alembic.__file__).parent / "templates" / "generic" / "script.py.mako"
        (folder / "migrations" / "script.py.mako").write_text(generic.read_text())

    def write(self, models: str) -> None:
        """Let the models be *models* from here on."""
        (self.folder / "models.py").write_text(f"URL = {self.url!r}\n{models}")

    def run(self, *lines: str) -> list[str]:
        """What Alembic prints for each of the command *lines*."""
        command = ["-m", "dovetail", "as-sqlalchemy"] if self.on_dovetail else []
        paths = [str(self.folder), os.environ.get("PYTHONPATH", "")]
        done = subprocess.run(
            [sys.executable, *command, "several.py", *lines],
            cwd=self.folder,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(paths),
                "PYTHONDONTWRITEBYTECODE": "1",
            },
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        said = done.stdout.removeprefix("-- ").split("\n-- ")
        found: list[str] = []
        for each in said:
            first, _, rest = each.partition("\n")
            if first.startswith("failed: "):
                found[-1] += f"\n{first}\n{done.stderr}"
            elif first in lines:
                found.append(rest)
            else:
                found[-1] += f"\n-- {each}"
        assert len(found) == len(lines), done.stdout + done.stderr
        return found

    def migration(self, message: str) -> str:
        """The text of the migration called *message*."""
        (made,) = (self.folder / "migrations" / "versions").glob(f"*_{message}.py")
        return made.read_text()
