import pytest

from dovetail.demo.models import Kind
from dovetail.demo.source import SourceFile, UnreadableSourceError, discover, parse


@pytest.fixture
def found(library):
    return {file.module: parse(file, file.path.read_bytes()) for file in discover(library)}


def test_modules_are_named_as_they_are_imported(library):
    files = [(file.module, file.package) for file in discover(library)]

    assert files == [
        ("plain", ""),
        ("shapes", "shapes"),
        ("shapes.deep", "shapes.deep"),
        ("shapes.round", "shapes"),
    ]


@pytest.mark.parametrize("folder", ["site-packages", "tests", "no-identifier"])
def test_some_folders_are_left_out(library, folder):
    inside = library / folder / "module.py"
    inside.parent.mkdir()
    inside.write_text("")

    assert len(discover(library)) == 4


def test_folders_of_tests_can_be_asked_for(library):
    inside = library / "shapes" / "tests" / "module.py"
    inside.parent.mkdir()
    inside.write_text("")

    modules = [file.module for file in discover(library, include_tests=True)]

    assert "shapes.tests.module" in modules


def test_definitions_are_nested_as_in_the_source(found):
    circle, hidden = found["shapes.round"].definitions
    (area,) = circle.members
    (square,) = area.members

    assert (circle.path, circle.kind, circle.is_public) == ("Circle", Kind.CLASS, True)
    assert (area.path, area.kind, area.is_public) == ("Circle.area", Kind.METHOD, True)
    assert (square.path, square.kind, square.is_public) == (
        "Circle.area.square",
        Kind.FUNCTION,
        False,
    )
    assert hidden.is_public is False


def test_lines_docstrings_decorators_and_bases_are_kept(found):
    circle, _hidden = found["shapes.round"].definitions
    (area,) = circle.members

    assert (circle.first_line, circle.last_line) == (4, 11)
    assert (circle.docstring_length, area.docstring_length) == (6, None)
    assert circle.bases == ["Shape", "Generic"]
    assert area.decorators == ["cached_property"]


@pytest.mark.parametrize(
    ("module", "imports"),
    [
        ("plain", [("shapes.round", None, 2)]),
        ("shapes", [("shapes", "round", 2), ("shapes.round", "Circle", 3)]),
        ("shapes.deep", [("shapes.round", "Circle", 1), ("shapes", "round", 2)]),
        ("shapes.round", [("math", None, 1), ("functools", "cached_property", 2)]),
    ],
)
def test_imports_are_absolute(found, module, imports):
    assert found[module].imports == imports


@pytest.mark.parametrize("source", [b"def f(:\n", b"x = '\x00'\n", b"# coding: nowhere\n"])
def test_a_file_that_is_no_source_says_why(tmp_path, source):
    file = SourceFile("bad", tmp_path / "bad.py", "")

    with pytest.raises(UnreadableSourceError, match="Error"):
        parse(file, source)
