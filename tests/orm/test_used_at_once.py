"""One session used by two threads, or tasks, at a time: it is told, and nothing is harmed."""

import asyncio
import threading

import pytest

from dovetail import event, select
from dovetail.exc import ArgumentError, IllegalStateChangeError
from dovetail.ext.asyncio import AsyncSession, create_async_engine
from dovetail.orm import Session
from tests.orm.library import Author, Base


def test_a_second_thread_is_refused_while_the_first_flushes(file_engine):
    Base.metadata.create_all(file_engine)
    began, go_on = threading.Event(), threading.Event()

    def wait(*_):
        began.set()
        assert go_on.wait(10)

    with Session(file_engine) as session:
        session.add(Author(name="first"))
        event.listen(session, "before_flush", wait, once=True)
        thread = threading.Thread(target=session.commit)
        thread.start()
        assert began.wait(10)
        for use in (
            lambda: session.scalars(select(Author)),
            session.rollback,
            session.close,
            lambda: session.get(Author, 1),
        ):
            with pytest.raises(IllegalStateChangeError, match="another thread is using"):
                use()
        go_on.set()
        thread.join()
        assert session.scalars(select(Author.name)).all() == ["first"]


def test_threads_may_use_a_session_one_after_the_other(file_engine):
    Base.metadata.create_all(file_engine)
    with Session(file_engine) as session:
        for name in ("a", "b"):
            thread = threading.Thread(
                target=lambda name=name: (session.add(Author(name=name)), session.commit())
            )
            thread.start()
            thread.join()
        assert session.scalars(select(Author.name).order_by(Author.id)).all() == ["a", "b"]


def test_what_listens_may_use_its_session(file_engine):
    Base.metadata.create_all(file_engine)
    with Session(file_engine) as session:
        event.listen(session, "after_flush", lambda s, c: s.scalars(select(Author)).all())
        session.add(Author(name="a"))
        session.commit()


def test_a_second_task_is_refused(tmp_path):
    async def main():
        engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'tasks.db'}")
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with AsyncSession(engine) as session:
            session.add_all([Author(name="a"), Author(name="b")])
            await session.commit()
            answers = await asyncio.gather(
                *(session.scalars(select(Author)) for _ in range(3)), return_exceptions=True
            )
            refused = [it for it in answers if isinstance(it, IllegalStateChangeError)]
            assert len(refused) == 2
            assert "another task is using this session" in str(refused[0])
            assert len((await session.scalars(select(Author))).all()) == 2
        await engine.dispose()

    asyncio.run(main())


def test_sessions_without_a_lasting_transaction_are_blocking_ones(tmp_path):
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'tasks.db'}")
    with pytest.raises(ArgumentError, match="blocking sessions alone"):
        AsyncSession(engine, autocommit=True)
