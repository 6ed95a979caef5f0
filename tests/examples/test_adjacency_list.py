"""The adjacency list: whole trees, moves, and how many statements they take."""

import pytest

from dovetail import func, select
from dovetail.orm import Session
from examples.adjacency_list import (
    Base,
    Node,
    ancestors,
    descendants,
    plant,
    trees_down_to,
    whole_trees,
)

OUTLINE = """\
life
  animals
    birds
      owl
    mammals
      bat
      whale
  fish
    salmon"""


@pytest.fixture
def session(engine):
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        plant(session)
        session.commit()
        session.expunge_all()
        yield session


def named(session, name):
    return session.scalars(select(Node).where(Node.name == name)).one()


def names(session, statement):
    return [node.name for node in session.scalars(statement)]


def test_a_whole_tree_takes_a_statement_for_each_level(session, sent):
    (tree,) = session.scalars(whole_trees())
    assert len(sent) == 5

    assert tree.outline() == OUTLINE
    assert len(sent) == 5


@pytest.mark.parametrize("levels", [1, 2, 3])
def test_levels_that_are_not_asked_for_are_not_loaded(session, sent, levels):
    (tree,) = session.scalars(trees_down_to(levels))
    assert len(sent) == levels + 1

    assert [child.name for child in tree.children] == ["animals", "fish"]
    assert len(sent) == levels + 1
    assert tree.outline() == OUTLINE


def test_ancestors_and_descendants_take_one_statement_each(session, sent):
    whale, animals = named(session, "whale"), named(session, "animals")
    sent.clear()

    assert names(session, ancestors(whale)) == ["life", "animals", "mammals"]
    assert names(session, descendants(animals)) == ["birds", "mammals", "bat", "owl", "whale"]
    assert len(sent) == 2
    assert names(session, ancestors(named(session, "life"))) == []
    assert names(session, descendants(whale)) == []


def test_a_subtree_moves_by_a_change_of_one_row(session, sent):
    (tree,) = session.scalars(whole_trees())
    animals, fish = tree.children
    sent.clear()

    animals.move_to(fish)
    session.commit()

    assert [statement.split()[0] for statement in sent] == ["UPDATE"]
    whale = named(session, "whale")
    assert names(session, ancestors(whale)) == ["life", "fish", "animals", "mammals"]
    assert [child.name for child in tree.children] == ["fish"]


@pytest.mark.parametrize("below", ["mammals", "whale", "bat"])
def test_a_node_is_not_moved_below_itself(session, below):
    mammals = named(session, "mammals")

    with pytest.raises(ValueError, match="mammals would be an ancestor of itself"):
        mammals.move_to(named(session, below))

    session.commit()
    assert mammals.parent.name == "animals"


def test_what_is_taken_out_goes_with_all_below_it(session):
    (tree,) = session.scalars(whole_trees())

    tree.children.remove(named(session, "animals"))
    session.commit()

    assert tree.outline() == "life\n  fish\n    salmon"
    assert session.scalar(select(func.count(Node.id))) == 3
