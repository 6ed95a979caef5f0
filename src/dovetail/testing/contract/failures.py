"""Errors of a flush say whose fault they are, on every server, blocking or awaited."""

from __future__ import annotations

import pytest

from ...exc import (
    ForeignKeyViolation,
    IntegrityError,
    NotNullViolation,
    PendingRollbackError,
    UniqueViolation,
)
from ..plugin import AnySession, Entity, Package, Run


class FailuresContract:
    """Errors of a flush say which instance failed."""

    def test_the_instance_with_a_value_that_is_there_is_named(
        self, session: AnySession, run: Run, User: Entity
    ) -> None:
        run(session.add, User(name="there"))
        run(session.commit)
        good, bad = User(name="new"), User(name="there", age=3)
        run(session.add_all, [good, bad, User(name="last")])

        with pytest.raises(UniqueViolation) as caught:
            run(session.flush)

        assert caught.value.instance is bad
        assert caught.value.attributes == ("name",)
        assert "the flush could not insert User(name='there')" in str(caught.value)

    def test_two_of_one_flush_with_the_same_value_are_named(
        self, session: AnySession, run: Run, User: Entity
    ) -> None:
        run(session.add_all, [User(name="x"), User(name="twice"), User(name="twice")])

        with pytest.raises(UniqueViolation) as caught:
            run(session.flush)

        told = "the flush could not insert one of 2: User(name='twice'), User(name='twice')"
        assert told in str(caught.value)
        assert caught.value.instance is None

    def test_the_instance_without_a_value_is_named(
        self, session: AnySession, run: Run, User: Entity
    ) -> None:
        bad = User(age=3)
        run(session.add_all, [User(name="a", age=1), bad, User(name="b", age=2)])

        with pytest.raises(NotNullViolation) as caught:
            run(session.flush)

        assert caught.value.instance is bad
        assert caught.value.attributes == ("name",)
        assert "User(name=None)" in str(caught.value)

    def test_an_update_is_blamed_too(self, session: AnySession, run: Run, User: Entity) -> None:
        first, second = User(name="a"), User(name="b")
        run(session.add_all, [first, second])
        run(session.commit)
        run(session.refresh, second)
        second.name = "a"

        with pytest.raises(UniqueViolation) as caught:
            run(session.flush)

        assert caught.value.instance is second
        assert "the flush could not update User(id=" in str(caught.value)

    @pytest.mark.needs("checks_foreign_keys")
    def test_a_reference_to_nothing_is_blamed(
        self, session: AnySession, run: Run, Address: Entity
    ) -> None:
        bad = Address(email="e", user_id=99)
        run(session.add, bad)

        with pytest.raises(ForeignKeyViolation) as caught:
            run(session.flush)

        assert caught.value.instance is bad
        assert "user_id=99" in str(caught.value)

    def test_many_that_may_be_guilty_are_counted(
        self, session: AnySession, run: Run, User: Entity
    ) -> None:
        run(session.add_all, [User(name="same") for _ in range(10)])

        with pytest.raises(IntegrityError, match="one of 10: .* and 7 more"):
            run(session.flush)

    def test_the_next_use_names_the_first_failure_and_its_place(
        self, session: AnySession, run: Run, sa: Package, User: Entity
    ) -> None:
        run(session.add, User(age=3))
        with pytest.raises(NotNullViolation):
            run(session.flush)

        with pytest.raises(PendingRollbackError) as caught:
            run(session.scalars, sa.select(User))

        told = str(caught.value)
        assert "NotNullViolation" in told
        assert "could not insert User(name=None)" in told
        assert "INSERT INTO user_account" in told
        assert "call session.rollback()" in told
        assert isinstance(caught.value.__cause__, NotNullViolation)

    def test_an_autoflush_names_the_query_before_which_it_was(
        self, session: AnySession, run: Run, sa: Package, User: Entity, Club: Entity
    ) -> None:
        run(session.add, User(age=3))

        with pytest.raises(NotNullViolation) as caught:
            run(session.scalars, sa.select(Club).where(Club.name == "chess"))

        told = str(caught.value)
        assert "raised by the autoflush before SELECT club.id" in told
        assert "session.no_autoflush" in told
