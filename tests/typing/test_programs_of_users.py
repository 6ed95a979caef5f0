"""What type checkers make of users' programs: every line exact, every mistake found.

The programs of this folder are read by mypy and pyright and once more with
the imports of SQLAlchemy: what it says is to be said here as well.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
PROGRAMS = ("sessions", "awaited", "mappings", "service")
OWN = ("production",)
"""Programs of verbs that the peer has not."""
MORE_PRECISE = "# more precise"
MISTAKE = "# error"


def mypy(folder):
    """By name of a file the lines in which mypy finds a mistake, and what it says."""
    command = [
        *(sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--hide-error-context"),
        *("--config-file", str(folder / "mypy.ini"), "--cache-dir", str(folder.parent / "mypy")),
        str(folder),
    ]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)
    found = re.findall(r"(\w+)\.py:(\d+): error: (.*)", ran.stdout)
    return [
        (name, int(line), text) for name, line, text in found if (folder / f"{name}.py").exists()
    ]


def pyright(folder):
    """As ``mypy()``."""
    command = [
        *(sys.executable, "-m", "pyright", "--outputjson", "--project", str(folder)),
        *("--pythonpath", sys.executable),
    ]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)
    return [
        (Path(one["file"]).stem, one["range"]["start"]["line"] + 1, one["message"])
        for one in json.loads(ran.stdout)["generalDiagnostics"]
        if one["severity"] == "error"
    ]


CHECKERS = (mypy, pyright)


@pytest.fixture(scope="module")
def folder_of(tmp_path_factory):
    """A function that gives a folder with the programs, as they are for a package."""
    made = {}

    def folder(package):
        if package not in made:
            made[package] = where = tmp_path_factory.mktemp(package) / "programs"
            where.mkdir()
            for name in (*PROGRAMS, "mistakes", *(OWN if package == "dovetail" else ())):
                text = (HERE / f"{name}.py").read_text(encoding="utf-8")
                text = text.replace("from dovetail", f"from {package}")
                (where / f"{name}.py").write_text(text, encoding="utf-8")
            (where / "mypy.ini").write_text(f"[mypy]\nmypy_path = {ROOT / 'src'}\n")
            settings = {
                "typeCheckingMode": "standard",
                "extraPaths": [str(ROOT / "src")],
                "reportUnusedExpression": False,
            }
            (where / "pyrightconfig.json").write_text(json.dumps(settings))
        return made[package]

    return folder


def lines_with(mark):
    """(name, number) of the lines of all programs that end with *mark*."""
    return {
        (path.stem, number)
        for path in HERE.glob("*.py")
        if path.stem in (*PROGRAMS, "mistakes")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if line.endswith(mark)
    }


@pytest.mark.parametrize("checker", CHECKERS, ids=lambda checker: checker.__name__)
def test_every_type_is_exact_and_every_mistake_is_found(folder_of, checker):
    found = checker(folder_of("dovetail"))
    mistakes = lines_with(MISTAKE)
    wrong = [one for one in found if one[:2] not in mistakes]
    assert not wrong, "\n".join(f"{name}.py:{line}: {text}" for name, line, text in wrong)
    assert mistakes == {one[:2] for one in found}


@pytest.mark.parametrize("checker", CHECKERS, ids=lambda checker: checker.__name__)
def test_the_oracle_says_no_more(folder_of, checker):
    found = checker(folder_of("sqlalchemy"))
    allowed = lines_with(MORE_PRECISE) | lines_with(MISTAKE)
    wrong = [one for one in found if one[:2] not in allowed]
    assert not wrong, "\n".join(f"{name}.py:{line}: {text}" for name, line, text in wrong)


def test_the_package_says_that_it_has_types():
    assert (ROOT / "src" / "dovetail" / "py.typed").exists()
