"""Each example is a program that runs, says something, and stands in the index."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
INDEX = (ROOT / "examples" / "README.md").read_text()
PROGRAMS = {
    "adjacency_list": "above salmon: ['life', 'animals', 'fish']",
    "association_object": "Ada pays 56.40:",
    "dictionary_collections": "thé is: ['infusion', 'tea']",
    "dogpile_cache": "again: 0 statements, 4 sights",
    "generic_associations.discriminator": "'foggy' is on the photo 1",
    "generic_associations.table_per_association": "on articles: [('Joints', 'well cut')]",
    "generic_associations.table_per_owner": "PhotoComment: 'foggy' of Photo",
    "history.history_rows": "was, version 2: Tea: Pour hot water.",
    "history.temporal_rows": "in 2022: {'lakeside': 4.8, 'summit': 20",
    "large_collections": "calibrated: 20001 readings by one UPDATE",
    "materialised_path": "/books/music/records/jazz/",
    "sharding": "Bob of Italy, in 2: [10, 11, 12]",
    "space.point_columns": "at most 5 away: ['bridge', 'mill']",
    "space.point_type": "at most 5 away: ['bridge', 'mill']",
    "vertical_mapping": "four legs: ['cat', 'loris']",
}


def test_every_program_is_among_these():
    found = {
        ".".join(path.relative_to(ROOT / "examples").with_suffix("").parts)
        for path in (ROOT / "examples").rglob("*.py")
        if 'if __name__ == "__main__":' in path.read_text()
    }

    assert found == set(PROGRAMS)


@pytest.mark.parametrize(("name", "said"), PROGRAMS.items(), ids=PROGRAMS.keys())
def test_it_runs_from_the_command_line(name, said):
    paths = os.pathsep.join([str(ROOT / "src"), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "PYTHONPATH": paths, "PYTHONIOENCODING": "utf-8"}
    run = subprocess.run(
        [sys.executable, "-W", "error", "-m", f"examples.{name}"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )

    assert (run.returncode, run.stderr) == (0, "")
    assert said in run.stdout


def test_the_index_says_how_to_run_each():
    commands = re.findall(r"`python -m examples\.([\w.]+)`", INDEX)

    assert sorted(commands) == sorted(PROGRAMS)


def test_the_index_leads_to_what_is_there():
    places = set(re.findall(r"\]\(([\w./]+)\)", INDEX))

    assert all((ROOT / "examples" / place).exists() for place in places)
    folders = (path for path in (ROOT / "examples").iterdir() if not path.name.startswith("__"))
    tops = {path.name for path in folders} - {"README.md"}
    assert {place.rstrip("/") for place in places} == tops


@pytest.mark.parametrize("name", PROGRAMS)
def test_it_begins_with_what_it_shows_and_how_to_run_it(name):
    text = (ROOT / "examples" / f"{name.replace('.', '/')}.py").read_text()
    opening = text.split('"""')[1]

    assert f"python -m examples.{name}" in opening
    assert opening.partition("\n")[0].endswith(".")
