"""Sets of objects by identity."""

from dovetail.identity_set import IdentitySet
from dovetail.orm import Session, registry
from dovetail.sql.schema import Column
from dovetail.types import Integer

one, same, other = [1], [1], [2]


def test_two_sets_make_a_third():
    given = IdentitySet([one, other])

    assert list(given.union([same, one])) == [one, other, same]
    assert list(given | {3}) == [one, other, 3]
    assert [*given.intersection([same, other])] == [other]
    assert [*given.difference([same, other])] == [one]
    assert [*given.symmetric_difference([same, other])] == [one, same]
    assert len(given) == 2


def test_a_set_is_changed_by_another():
    given = IdentitySet([one, other])

    given.symmetric_difference_update([one, same])
    assert given == IdentitySet([other, same])
    given.difference_update([same])
    given.update([one])
    given.intersection_update([one, same])
    assert [*given] == [one]


def test_a_set_is_part_of_another():
    assert IdentitySet([one]).issubset([one, other])
    assert not IdentitySet([same]).issubset([one, other])
    assert IdentitySet([one, other]).issuperset([other])
    assert not IdentitySet([one, other]).issuperset([same])


def test_what_is_in_a_session_is_put_together():
    mapped = registry()

    @mapped.mapped
    class Leaf:
        __tablename__ = "leaf_of_set"
        id = Column(Integer, primary_key=True)

    first, second = Leaf(id=1), Leaf(id=2)
    with Session() as session:
        session.add_all([first, second])

        assert list(session.new.union(session.dirty).difference([first])) == [second]
        assert session.new | session.deleted == {first, second}
    mapped.dispose()
