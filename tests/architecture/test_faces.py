"""The faces say what their table says."""

from tools import faces

TABLE = """
[paths."orm"]
purpose = "Mapping."
"orm" = ["mapper"]
"orm.mapping.mapper" = ["Mapper", "Mapping = Mapper", "configure"]
"sql.node" = ["ClauseElement", "Part = Node"]

[paths."orm.familiar"]
purpose = "Names."
"orm.mapping.mapper" = ["Mapper"]
"""


def test_they_are_written_from_the_table():
    assert list(faces.stale()) == [], "run  python tools/faces.py  to write them anew"


def test_a_table_and_a_package_of_ones_own(tmp_path):
    table = tmp_path / "faces.toml"
    table.write_text(TABLE)

    texts = faces.stale(table, tmp_path)

    assert texts.keys() == {tmp_path / "orm" / "__init__.py", tmp_path / "orm" / "familiar.py"}
    assert texts[tmp_path / "orm" / "__init__.py"].partition("isort: off\n\n")[2] == (
        "from ..sql.node import ClauseElement as ClauseElement, Node as _Node\n"
        "from . import mapper as mapper\n"
        "from .mapping.mapper import Mapper as Mapper, configure as configure\n"
        "\n"
        "Mapping = Mapper\n"
        "Part = _Node\n"
    )
    assert texts[tmp_path / "orm" / "familiar.py"].startswith('"""Names."""\n')
    assert (
        "from .mapping.mapper import Mapper as Mapper\n" in texts[tmp_path / "orm" / "familiar.py"]
    )


def test_what_is_current_is_not_written(tmp_path):
    table = tmp_path / "faces.toml"
    table.write_text(TABLE)
    for path, text in faces.stale(table, tmp_path).items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    assert faces.stale(table, tmp_path) == {}


def test_long_lists_are_filled():
    names = [f"something_of_{letter * 12}" for letter in "abcdef"]
    face = faces.Face("orm.familiar", "Names.", {"orm.mapping": names}, is_package=False)

    lines = face.text().splitlines()

    assert max(map(len, lines)) <= faces.WIDTH
    compile(face.text(), "face", "exec")
