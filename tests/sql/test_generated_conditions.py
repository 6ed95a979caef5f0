"""AND and OR of what a generator gives."""

import pytest

from dovetail import Integer, and_, column, false, or_, select, table, true
from dovetail.exc import ArgumentError, DovetailDeprecationWarning

SHIP = table("ship", column("id", Integer), column("crew", Integer))


@pytest.mark.parametrize(("join", "word"), [(and_, "AND"), (or_, "OR")])
def test_a_generator_alone_gives_the_conditions(join, word):
    condition = join(each == 1 for each in SHIP.c)

    assert str(condition) == f"ship.id = :id_1 {word} ship.crew = :crew_1"
    assert str(and_(SHIP.c.id > 5, condition)).endswith(
        "ship.id = :id_2 AND ship.crew = :crew_1"
        if join is and_
        else "(ship.id = :id_2 OR ship.crew = :crew_1)"
    )


@pytest.mark.parametrize("join", [and_, or_])
def test_a_generator_that_gives_nothing_leaves_no_row_out_unsaid(join):
    with pytest.raises(ArgumentError, match=rf"{join.__name__}\(\) was given a generator"):
        join(each == 1 for each in ())


@pytest.mark.parametrize("join", [and_, or_])
def test_no_condition_at_all_is_warned_of(join):
    criteria = []
    with pytest.warns(DovetailDeprecationWarning, match=rf"{join.__name__}\(\) was given no cond"):
        nothing = join(*criteria)

    assert str(select(SHIP).where(nothing)) == str(select(SHIP))
    assert str(join(true(), *criteria)) == "true"
    assert str(join(false(), *criteria)) == "false"


def test_a_generator_beside_other_conditions_is_refused():
    with pytest.raises(ArgumentError, match="a SQL expression is needed"):
        or_(SHIP.c.id == 1, (each == 1 for each in SHIP.c))
    with pytest.raises(ArgumentError, match="a SQL expression is needed"):
        select(SHIP).where(each == 1 for each in SHIP.c)
