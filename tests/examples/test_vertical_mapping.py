"""Vertical mapping: values of several types under keys, and questions about them."""

from datetime import date

import pytest

from dovetail import func, select
from dovetail.orm import Session, selectinload
from examples.vertical_mapping import Animal, Base, Trait, describe


@pytest.fixture
def session(engine):
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        describe(session)
        session.commit()
        session.expunge_all()
        yield session


def find(session, name):
    return session.scalars(select(Animal).where(Animal.name == name)).one()


def test_values_keep_their_types(session):
    assert find(session, "cat").traits == {"legs": 4, "sound": "meow", "flies": False}
    loris = find(session, "loris").traits
    assert loris == {"legs": 4, "flies": False, "seen": date(2026, 3, 1)}
    assert loris["flies"] is False


def test_traits_are_added_changed_and_taken_out(session):
    cat = find(session, "cat")

    cat.traits["seen"] = date(2026, 5, 5)
    cat.traits["legs"] = "three and a half"
    del cat.traits["sound"]
    session.commit()

    assert cat.traits == {"seen": date(2026, 5, 5), "legs": "three and a half", "flies": False}
    legs = cat.trait_rows["legs"]
    assert (legs.kept_in, legs.as_number, legs.as_text) == ("as_text", None, "three and a half")
    assert session.scalar(select(func.count()).select_from(Trait)) == 9


@pytest.mark.parametrize(
    ("criterion", "names"),
    [
        (lambda: Animal.has_trait("legs", Trait.value == 4), ["cat", "loris"]),
        (lambda: Animal.has_trait("legs", Trait.value < 4), ["duck"]),
        (lambda: Animal.has_trait("legs", Trait.value.in_([1, 2, 3])), ["duck"]),
        (lambda: Animal.has_trait("legs", Trait.value == "4"), []),
        (lambda: Animal.has_trait("flies", Trait.value.is_(False)), ["cat", "loris"]),
        (lambda: Animal.has_trait("sound", Trait.value.like("%a%")), ["duck"]),
        (lambda: Animal.has_trait("seen", Trait.value > date(2026, 1, 1)), ["loris"]),
        (lambda: Animal.has_trait("seen"), ["loris"]),
        (lambda: ~Animal.has_trait("sound"), ["loris"]),
    ],
)
def test_animals_are_found_by_their_traits(session, criterion, names):
    found = session.scalars(select(Animal.name).where(criterion()).order_by(Animal.name))

    assert found.all() == names


def test_the_traits_of_many_take_one_statement(session, sent):
    animals = session.scalars(select(Animal).options(selectinload(Animal.trait_rows))).all()

    assert sum(animal.traits["legs"] for animal in animals) == 10
    assert len(sent) == 2


def test_what_is_no_value_of_a_trait_is_refused(session):
    cat = find(session, "cat")

    with pytest.raises(TypeError, match=r"not 4\.5"):
        cat.traits["weight"] = 4.5
    with pytest.raises(TypeError, match="not None"):
        cat.traits["legs"] = None
    assert cat.traits["legs"] == 4
