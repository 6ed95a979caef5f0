import subprocess
import sys

import pytest
from typer.testing import CliRunner

from dovetail.__main__ import app


@pytest.fixture
def command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def invoke(*arguments):
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    return invoke


def test_the_demo_says_what_it_did(command, library):
    result = command("demo", "--source", library)

    assert result.exit_code == 0, result.output
    assert "sqlite:///stdlib-index.db" in result.output
    assert "4 modules added" in result.output
    assert "statements/s" in result.output
    assert "Most imported modules" in result.output


def test_the_demo_recognises_what_is_there(command, library):
    command("demo", "--source", library)

    result = command("demo", "--source", library)

    assert "nothing changed" in result.output


def test_the_demo_can_be_kept_small(command, library):
    result = command("demo", "--source", library, "--size", 2, "--database", "sqlite://")

    assert "2 modules added" in result.output


def test_the_demo_skips_what_it_cannot_read(command, library):
    (library / "broken.py").write_text("def f(:\n")

    result = command("demo", "--source", library, "--database", "sqlite://")

    assert result.exit_code == 0
    assert "skipped" in result.output
    assert "broken.py" in result.output


def test_a_bad_database_url_is_told_without_a_traceback(command, library):
    result = command("demo", "--source", library, "--database", "nonsense")

    assert result.exit_code == 1
    assert "Traceback" not in result.output


def test_dump_prints_the_functions_of_a_class(command):
    result = command("dump", "dovetail.demo.models:Definition")

    assert result.exit_code == 0, result.output
    assert "def " in result.output


@pytest.mark.parametrize(
    "entity", ["nowhere:Class", "dovetail.demo.models:Missing", "enum:Enum", "noclass"]
)
def test_dump_says_what_is_wrong_with_its_argument(command, entity):
    result = command("dump", entity)

    assert result.exit_code in {1, 2}
    assert result.output


def test_without_its_extra_the_command_line_says_what_to_install():
    program = (
        "import sys; sys.modules['typer'] = None\n"
        "import runpy; runpy.run_module('dovetail', run_name='__main__')"
    )

    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )

    assert result.returncode == 1
    assert "pip install typer rich" in result.stderr
