import re

import pytest
from typer.testing import CliRunner

from dovetail.commands.application import app


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

    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_each_answer_has_its_code_and_its_statements(command, library):
    result = command("demo", "--source", library, "--database", "sqlite://")

    assert "Package ─┬─< Package" in result.output
    assert ".options(joinedload(Definition.module))" in result.output
    assert "SELECT module.id" in result.output
    assert re.search(r"statements? in \d+ ms; loading one object at a time, \d+\n", result.output)
    assert "it would have been" in result.output
    assert "is kept in" not in result.output


def test_the_demo_says_where_its_file_is(command, library):
    result = command("demo", "--source", library, "--database", "sqlite:///index.db")

    assert "The index is kept in sqlite:///index.db" in result.output
