"""``dovetail models``: mapped classes as a table, as a diagram, as data."""

import json
import shutil

import pytest

MERMAID = """\
erDiagram
    Author {
        INTEGER id PK
        VARCHAR name
    }
    Book {
        INTEGER id PK
        VARCHAR title
        NUMERIC price
        INTEGER author_id FK
    }
    Novel {
        INTEGER id PK, FK
        INTEGER pages
    }
    Tag {
        INTEGER id PK
        VARCHAR word
    }
    Author ||--o{ Book : "books / author"
    Book }o--o{ Tag : "tags / books (book_tag)"
    Book ||--o| Novel : "is a"
"""


def test_the_table_lists_every_class(dovetail):
    done = dovetail("models", "shop:Base")

    assert done.status == 0, done.told
    for words in ("Author", "books → Book", "Novel(Book)", "tags → Tag", "author → Author"):
        assert words in done.out


@pytest.mark.parametrize(
    "target", ["shop:Base", "shop:Base.metadata", "shop", "shop:Base.registry"]
)
def test_mermaid_has_classes_attributes_and_relationships(dovetail, target):
    done = dovetail("models", target, "--format", "mermaid")

    assert (done.status, done.out) == (0, MERMAID)


def test_dot_has_a_node_for_each_class_and_an_edge_for_each_relationship(dovetail, folder):
    done = dovetail("models", "shop:Base", "-f", "dot", "-o", "shop.dot")

    text = (folder / "shop.dot").read_text()
    assert done.out == "written: shop.dot\n"
    assert text.startswith("digraph models {\n")
    assert (
        '"Author" -> "Book" [label="books / author", arrowtail="tee", arrowhead="crowodot"]' in text
    )
    assert '"Novel" -> "Book" [arrowhead="empty"' in text
    assert text.count("[label=<") == 4


@pytest.mark.skipif(shutil.which("dot") is None, reason="graphviz is not installed")
def test_svg_is_drawn_by_graphviz(dovetail):
    done = dovetail("models", "shop:Base", "--format", "svg")

    assert "<svg" in done.out
    assert "author_id" in done.out


def test_without_graphviz_svg_says_what_to_install(dovetail):
    done = dovetail("models", "shop:Base", "--format", "svg", PATH="/nowhere")

    assert done.status == 2
    assert "graphviz" in done.told
    assert "--format mermaid" in done.told


def test_json_is_the_same_as_data(dovetail):
    done = dovetail("models", "shop:Base", "--json")

    author, book, novel, tag = json.loads(done.out)
    assert (author["name"], author["module"], author["table"]) == ("Author", "shop", "author")
    assert author["links"] == [
        {
            "source": "Author",
            "target": "Book",
            "name": "books",
            "back": "author",
            "source_end": "one",
            "target_end": "many",
            "through": None,
        }
    ]
    assert book["attributes"][3] == {
        "name": "author_id",
        "type": "INTEGER",
        "nullable": False,
        "primary_key": False,
        "refers_to": ["author.id"],
    }
    assert novel["inherits"] == "Book"
    assert tag["links"] == []
