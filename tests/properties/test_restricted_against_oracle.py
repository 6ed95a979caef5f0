"""Statements over a hierarchy, with criteria on its classes, do what the oracle's do."""

import pytest
from hypothesis import given

from tests.properties.restricted import Restricted, changes, loads, models, selects

pytestmark = pytest.mark.filterwarnings("ignore")

MOST_CUT = 0.05
"""How large a part of the examples the oracle may refuse."""


class Compared:
    """The same program on both packages; what the oracle refuses is counted, and cut."""

    def __init__(self):
        self.worlds = [models(package) for package in ("dovetail", "sqlalchemy")]
        self.seen = self.cut = 0

    def both(self, program):
        """What *program* answers on each of the two; a pair of equals where the oracle refuses."""
        ours, theirs = self.worlds
        self.seen += 1
        try:
            expected = program(theirs)
        except theirs.exc.SQLAlchemyError:
            self.cut += 1
            return None, None
        finally:
            theirs.session.rollback()
        try:
            return program(ours), expected
        finally:
            ours.session.rollback()


@pytest.fixture(scope="module")
def compared():
    compared = Compared()
    yield compared
    for world in compared.worlds:
        world.session.close()
        world.engine.dispose()
    assert compared.cut <= compared.seen * MOST_CUT, f"{compared.cut} of {compared.seen} were cut"


def value(one):
    return getattr(one, "id", one)


@given(selects)
def test_the_rows_found_are_the_oracles(compared, recipe):
    def found(world):
        rows = world.session.execute(Restricted(world, recipe).select()).all()
        return sorted([tuple(map(value, row)) for row in rows], key=repr)

    ours, theirs = compared.both(found)

    assert ours == theirs


@given(changes)
def test_the_rows_changed_are_the_oracles(compared, recipe):
    def left(world):
        statement = Restricted(world, recipe).change()
        if not statement.is_insert:
            statement = statement.execution_options(synchronize_session=False)
        world.session.execute(statement)
        tables = (world.Owner, world.Thing, world.Note)
        return [
            sorted(map(tuple, world.session.execute(world.select(t.__table__)).all()))
            for t in tables
        ]

    ours, theirs = compared.both(left)

    assert ours == theirs


@given(loads)
def test_the_instances_loaded_are_the_oracles(compared, recipe):
    def loaded(world):
        session = world.session
        session.expunge_all()
        found = session.scalars(Restricted(world, recipe).load()).unique().all()
        return [
            (owner.id, [(thing.id, parts(world, thing)) for thing in owner.things])
            for owner in found
        ]

    ours, theirs = compared.both(loaded)

    assert ours == theirs


def parts(world, thing):
    """The parts of a thing; "refused" where an option says so."""
    try:
        return [part.id for part in getattr(thing, "parts", ())]
    except world.exc.InvalidRequestError:
        return "refused"
