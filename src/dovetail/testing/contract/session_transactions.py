"""Transactions and savepoints around a session, blocking or awaited."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ..plugin import AnySession, Block, Entity, Package, Run


class DeliberateError(Exception):
    pass


class SessionTransactionsContract:
    """Transactions and savepoints around a session, blocking or awaited."""

    @pytest.fixture
    def names(self, run: Run, sa: Package, User: Entity) -> Callable[..., list[str]]:
        """The names of all users, as a session sees them."""

        def names(session: AnySession) -> Any:
            return run(session.scalars, sa.select(User.name).order_by(User.name)).all()

        return names

    def test_a_transaction_begins_with_the_first_work(
        self, session: AnySession, run: Run, sa: Package, User: Entity
    ) -> None:
        before = session.in_transaction()

        run(session.scalars, sa.select(User))

        assert not before
        assert session.in_transaction()

    def test_a_block_commits_at_its_end(
        self,
        session: AnySession,
        run: Run,
        block: Block,
        names: Callable[..., list[str]],
        User: Entity,
    ) -> None:
        with block(session.begin):
            run(session.add, User(name="Ada"))

        assert not session.in_transaction()
        run(session.rollback)
        assert names(session) == ["Ada"]

    def test_a_block_rolls_back_at_an_error(
        self,
        session: AnySession,
        run: Run,
        block: Block,
        names: Callable[..., list[str]],
        User: Entity,
    ) -> None:
        with pytest.raises(DeliberateError), block(session.begin):
            run(session.add, User(name="Ada"))
            raise DeliberateError

        assert names(session) == []

    def test_the_session_itself_is_a_block_that_closes(
        self,
        make_session: Callable[..., AnySession],
        run: Run,
        block: Block,
        sa: Package,
        User: Entity,
    ) -> None:
        user = User(name="Ada")

        with block(make_session) as session:
            run(session.add, user)
            run(session.flush)

        assert sa.inspect(user).transient or sa.inspect(user).detached
        assert user not in session

    @pytest.mark.needs("supports_savepoints")
    def test_a_savepoint_is_undone_alone(
        self, session: AnySession, run: Run, names: Callable[..., list[str]], User: Entity
    ) -> None:
        run(session.add, User(name="outer"))
        savepoint = run(session.begin_nested)
        run(session.add, User(name="inner"))
        run(session.flush)

        run(savepoint.rollback)
        run(session.commit)

        assert names(session) == ["outer"]

    @pytest.mark.needs("supports_savepoints")
    def test_a_savepoint_that_is_kept_falls_with_the_transaction(
        self, session: AnySession, run: Run, names: Callable[..., list[str]], User: Entity
    ) -> None:
        run(session.add, User(name="outer"))
        savepoint = run(session.begin_nested)
        run(session.add, User(name="inner"))
        run(savepoint.commit)

        run(session.rollback)

        assert names(session) == []

    @pytest.mark.needs("supports_savepoints")
    def test_savepoints_lie_in_savepoints(
        self, session: AnySession, run: Run, names: Callable[..., list[str]], User: Entity
    ) -> None:
        run(session.begin_nested)
        run(session.add, User(name="one"))
        inner = run(session.begin_nested)
        run(session.add, User(name="two"))
        run(session.flush)
        run(inner.rollback)
        run(session.add, User(name="three"))

        run(session.commit)

        assert names(session) == ["one", "three"]

    @pytest.mark.needs("supports_savepoints")
    def test_a_savepoint_block_survives_an_error_inside(
        self,
        session: AnySession,
        run: Run,
        block: Block,
        sa: Package,
        names: Callable[..., list[str]],
        User: Entity,
    ) -> None:
        run(session.add, User(name="Ada"))
        run(session.flush)

        with pytest.raises(sa.exc.IntegrityError), block(session.begin_nested):
            run(session.add, User(name="Ada"))
            run(session.flush)
        run(session.add, User(name="Bob"))
        run(session.commit)

        assert names(session) == ["Ada", "Bob"]

    @pytest.mark.needs("supports_savepoints")
    def test_objects_of_an_undone_savepoint_are_transient_again(
        self, session: AnySession, run: Run, sa: Package, User: Entity
    ) -> None:
        run(session.begin_nested)
        user = User(name="Ada")
        run(session.add, user)
        run(session.flush)

        nested = session.get_nested_transaction()
        assert nested is not None
        run(nested.rollback)

        assert sa.inspect(user).transient

    @pytest.mark.needs("supports_savepoints")
    def test_changes_of_an_undone_savepoint_are_undone_in_memory(
        self, session: AnySession, run: Run, User: Entity, ada: object
    ) -> None:
        user = run(session.get, User, ada)
        savepoint = run(session.begin_nested)
        user.age = 99
        run(session.flush)

        run(savepoint.rollback)
        run(session.refresh, user)

        assert user.age == 36

    def test_deleted_objects_return_with_a_rollback(
        self, session: AnySession, run: Run, sa: Package, User: Entity, ada: object
    ) -> None:
        user = run(session.get, User, ada)
        run(session.delete, user)
        run(session.flush)

        run(session.rollback)

        assert sa.inspect(user).persistent
        assert run(session.get, User, ada) is user

    def test_after_a_failed_flush_the_session_asks_for_a_rollback(
        self, session: AnySession, run: Run, sa: Package, User: Entity, ada: object
    ) -> None:
        run(session.add, User(name="Ada"))
        with pytest.raises(sa.exc.IntegrityError):
            run(session.flush)

        with pytest.raises(sa.exc.PendingRollbackError):
            run(session.scalars, sa.select(User))
        run(session.rollback)

        assert run(session.get, User, ada) is not None

    def test_beginning_twice_is_refused(
        self, session: AnySession, run: Run, block: Block, sa: Package
    ) -> None:
        run(session.connection)

        with pytest.raises(sa.exc.InvalidRequestError), block(session.begin):
            pytest.fail("it has begun twice")
