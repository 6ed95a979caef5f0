"""What all verbs have in common: help, version, exit status, no traceback for a mistake."""

import subprocess
import sys

import pytest

import dovetail as package
from tests.commands.conftest import SOURCE

WITHOUT = (
    "import sys; sys.modules['typer'] = None; sys.modules['rich'] = None\n"
    "sys.argv = ['dovetail', *sys.argv[1:]]\n"
    "import runpy; runpy.run_module('dovetail', run_name='__main__')"
)


def without_extra(*arguments):
    return subprocess.run(
        [sys.executable, "-c", WITHOUT, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(SOURCE)},
    )


def test_the_version_needs_no_extra():
    done = without_extra("--version")

    assert (done.returncode, done.stdout) == (0, f"dovetail {package.__version__}\n")


def test_verbs_say_which_extra_they_need():
    done = without_extra("models", "shop:Base")

    assert done.returncode == 1
    assert "pip install typer rich" in done.stderr


def test_the_help_lists_every_verb(dovetail):
    done = dovetail("--help")

    assert done.status == 0
    for verb in ("models", "shell", "dump", "demo", "alembic"):
        assert f" {verb} " in done.out
    assert "as-sqlalchemy" in done.out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("models", "shop:Bass"), "did you mean 'Base'?"),
        (("models", "nowhere:Base"), "there is no module 'nowhere'"),
        (("models", "shop:Base.metadat"), "did you mean 'metadata'?"),
        (("models", "shop.py"), "say module:Name"),
        (("models", "broken:Base"), "broken.py:2"),
        (("models", "shop:book_tag.c"), "has no metadata"),
        (("dump", "shop:Autor"), "did you mean 'Author'?"),
        (("dump", "shop:String"), "mapped there: Author, Book, Novel, Tag"),
        (("dump", "shop"), "say shop:Name"),
        (("dump", "shop:Author", "--database", "oracel://"), "oracel"),
        (("shell", "shop:Base", "sqlite:////nowhere/at/all.db"), "unable to open"),
        (("demo", "--database", "nonsense"), "nonsense"),
    ],
)
def test_a_mistake_is_told_in_a_few_lines(dovetail, folder, arguments, told):
    (folder / "broken.py").write_text("import os\nBase = os.nothing\n")

    done = dovetail(*arguments)

    assert done.status == 2, done.told
    assert told in done.told
    assert "Traceback" not in done.told


def test_a_verb_that_is_misspelt_is_proposed(dovetail):
    done = dovetail("model")

    assert done.status == 2
    assert "models" in done.told
