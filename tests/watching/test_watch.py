"""What a watch sees, and from whom."""

import asyncio
import gc
import threading
import weakref

import pytest

from dovetail import create_engine, event, func, insert, select, text, update
from dovetail.event import sending
from dovetail.exc import ArgumentError, BudgetExceededError, InvalidRequestError, UniqueViolation
from dovetail.ext.asyncio import AsyncSession, async_scoped_session, create_async_engine
from dovetail.orm import Session, scoped_session, sessionmaker
from dovetail.watching import Budget
from tests.orm.library import Author, Book, Tag
from tests.servers import AWAITING_BACKENDS
from tests.watching import shop

HERE = __file__


def kinds(watch):
    return [each.sql.split()[0] for each in watch.executions]


class TestWhatIsSeen:
    def test_a_statement_with_all_that_is_known_of_it(self, session):
        with session.watch(parameters=True) as watch:
            session.get(Author, 1)

        begin, one = watch.executions
        assert (begin.sql, begin.kind, begin.number) == ("BEGIN", "transaction", 1)
        assert one.sql.split()[-6:] == ["FROM", "author", "WHERE", "author.id", "=", "?"]
        assert (one.kind, one.number, one.parameters, one.rows) == ("statement", 2, (1,), 1)
        assert (one.transaction, one.session, one.flush) == (1, session.hash_key, None)
        assert one.place.filename == HERE
        assert one.place.function.endswith("test_a_statement_with_all_that_is_known_of_it")
        assert 0 < one.seconds < 1
        assert begin.started + begin.seconds <= one.started
        assert watch.seconds == begin.seconds + one.seconds
        assert (watch.count, watch.rows) == (1, 1)

    def test_values_are_kept_only_where_they_are_asked_for(self, session, engine):
        with session.watch() as watch:
            session.get(Author, 1)
        assert watch.statements[0].parameters is None

        hiding = create_engine(engine.url, hide_parameters=True)
        with hiding.watch(parameters=True) as watch, Session(hiding) as session:
            session.get(Author, 1)
        assert watch.statements[0].parameters is None
        hiding.dispose()

    def test_whether_a_plan_was_found(self, engine):
        fresh = create_engine(engine.url)
        with fresh.connect() as connection:
            connection.execute(select(Author.id))  # compiled, and nobody has asked for how long
        with fresh.watch() as watch, fresh.connect() as connection:
            connection.execute(select(Author.id))
            connection.execute(select(Author.name))
            connection.execute(select(Author.name))
            connection.exec_driver_sql("SELECT 1")
        fresh.dispose()

        assert [each.plan for each in watch.statements] == ["found", "made", "found", "text"]

    def test_rows_that_come_back_and_rows_that_are_changed(self, engine):
        with engine.watch() as watch, engine.begin() as connection:
            connection.execute(select(Book.id)).all()
            connection.execute(text("SELECT id FROM author WHERE id < 4")).all()
            connection.execute(update(Author).values(born=1))
            connection.execute(insert(Tag), [{"name": "a"}, {"name": "b"}])
            connection.execute(text("CREATE TEMPORARY TABLE t (id INTEGER)"))

        assert [each.rows for each in watch.statements] == [12, 3, 6, 2, None]
        assert [each.sets for each in watch.statements] == [1, 1, 1, 2, 1]
        assert kinds(watch) == [
            "BEGIN", "SELECT", "SELECT", "UPDATE", "INSERT", "CREATE", "COMMIT"
        ]  # fmt: skip

    def test_the_rows_of_a_stream_are_counted_until_its_end(self, session):
        statement = select(Book).execution_options(yield_per=5)
        with session.watch() as watch:
            for book in session.scalars(statement):
                assert book.author.name
            session.rollback()

        stream = watch.statements[0]
        assert (stream.rows, stream.place.filename) == (12, HERE)
        assert stream.number == 2

    def test_a_stream_that_is_left_is_told_at_the_end_of_its_transaction(self, engine):
        with engine.watch() as watch, engine.connect() as connection:
            streaming = connection.execution_options(yield_per=5)
            first = next(streaming.execute(select(Book.id)).partitions())
            assert watch.count == 0

        assert (len(first), watch.statements[0].rows) == (5, 5)

    def test_a_failure(self, engine):
        with engine.watch() as watch, pytest.raises(UniqueViolation), engine.connect() as one:
            one.execute(insert(Tag).values(name="common"))

        assert watch.statements[0].error == "UniqueViolation"
        assert watch.statements[0].rows is None

    def test_savepoints_and_rollback(self, session):
        with session.watch() as watch:
            with session.begin_nested():
                session.add(Tag(name="new"))
            session.rollback()

        assert [each.sql for each in watch.executions if each.kind == "transaction"] == [
            "BEGIN", "SAVEPOINT sa_savepoint_1", "RELEASE SAVEPOINT sa_savepoint_1", "ROLLBACK"
        ]  # fmt: skip
        assert {each.transaction for each in watch.executions} == {1}

    def test_flushes_are_numbered(self, session):
        with session.watch() as watch:
            session.add(Tag(name="one"))
            session.flush()
            session.get(Author, 1).born = 5
            session.commit()

        flushes = [(each.sql.split()[0], each.flush) for each in watch.statements]
        assert flushes == [("INSERT", 1), ("SELECT", None), ("UPDATE", 2)]
        assert watch.statements[0].purpose == "flush 1"

    def test_lazy_loads_name_the_attribute(self, session):
        with session.watch() as watch:
            author = session.get(Author, 1)
            assert author.books
            assert author.notes

        assert [each.reading for each in watch.statements] == [None, "Author.books", "Author.notes"]
        assert session._core.reading is None

    def test_the_place_is_of_the_program_and_not_of_what_it_calls(self, session):
        class Lazy:
            def __lt__(self, other):
                return bool(session.scalar(select(func.count(Author.id))))

        with session.watch() as watch:
            sorted([Lazy(), Lazy()])

        assert watch.statements[0].place.function.endswith("Lazy.__lt__")

    def test_clear_begins_from_nothing(self, session):
        with session.watch(budget=1) as watch:
            session.get(Author, 1)
            watch.clear()
            session.get(Author, 2)

        assert [each.number for each in watch.statements] == [1]


class TestFromWhom:
    def test_a_session_is_watched_alone(self, engine, session):
        with session.watch() as watch, Session(engine) as other:
            session.get(Author, 1)
            other.get(Author, 1)

        assert watch.count == 1

    def test_a_transaction_in_progress_is_watched(self, session):
        session.get(Author, 1)
        with session.begin_nested(), session.watch() as watch:
            session.get(Author, 2)

        assert watch.count == 1

    def test_an_engine_is_watched_in_all_threads(self, engine):
        def work():
            with Session(engine) as session:
                session.get(Author, 1)

        with engine.watch() as watch:
            work()
            thread = threading.Thread(target=work)
            thread.start()
            thread.join()

        assert watch.count == 2
        assert len({each.session for each in watch.statements}) == 2

    def test_or_in_this_context_alone(self, engine):
        def work():
            with engine.watch(scope="context") as own, Session(engine) as session:
                session.get(Author, 1)
            counts.append(own.count)

        counts = []
        with engine.watch(scope="context") as watch:
            thread = threading.Thread(target=work)
            thread.start()
            thread.join()
            with engine.connect() as connection:
                connection.execute(select(Author.id))

        assert (watch.count, counts) == (1, [1])

    def test_watches_lie_within_each_other(self, engine, session):
        with engine.watch() as outer:
            session.get(Author, 1)
            with session.watch() as inner:
                session.get(Author, 2)

        assert (outer.count, inner.count) == (2, 1)
        assert inner.statements[0].place == outer.statements[1].place

    def test_a_scoped_session_has_it_too(self, engine):
        scoped = scoped_session(sessionmaker(engine))
        with scoped.watch() as watch:
            scoped.get(Author, 1)
        scoped.remove()

        assert watch.count == 1

    def test_a_session_on_a_connection_of_others(self, engine):
        with engine.connect() as connection:
            with Session(connection) as session, session.watch() as watch:
                session.get(Author, 1)
                connection.execute(select(Author.id))
            assert connection.used_by is None

        assert watch.count == 2


class TestFreeWhenOff:
    def test_nobody_listens_afterwards(self, engine, session):
        session.get(Author, 1)
        connection = session.connection()
        calm = engine.calm
        with session.watch():
            session.get(Author, 2)

        assert engine.calm is calm
        assert not engine.dispatch.listening
        assert not session.dispatch.listening
        assert not connection.dispatch.listening
        session.get(Author, 3)
        assert connection._ready is engine.calm

    def test_no_bridge_is_needed_for_it(self, engine, session):
        with engine.watch(), session.watch():
            assert not any(
                one() in (engine.dispatch, session.dispatch) for one in sending.listened_to
            )

    def test_a_watch_keeps_no_session_alive(self, engine):
        with engine.watch() as watch:
            session = Session(engine)
            session.get(Author, 1)
            session.close()
            gone = weakref.ref(session)
            del session
            gc.collect()
            assert gone() is None

        assert watch.count == 1


class TestBudgets:
    def test_more_statements_than_allowed(self, session):
        with pytest.raises(BudgetExceededError) as caught, session.watch(budget=1):
            session.get(Author, 1)
            session.get(Author, 2)

        error = caught.value
        assert error.exceeded == ["statements: 2, and 1 allowed"]
        assert error.watch.count == 2
        assert f"{HERE.rpartition('/')[2]}" in str(error)

    def test_what_was_raised_inside_passes(self, session):
        with pytest.raises(KeyError), session.watch(budget=0):
            session.get(Author, 1)
            raise KeyError

    @pytest.mark.parametrize(
        ("budget", "sentence"),
        [
            (Budget(rows=11), "rows: 12, and 11 allowed"),
            (Budget(duplicates=0), "duplicates: 1, and 0 allowed"),
            (Budget(n_plus_one=0), "n plus one: 1, and 0 allowed"),
        ],
    )
    def test_every_kind_of_limit(self, engine, budget, sentence):
        session = Session(engine, lazy_policy="one")
        with session, pytest.raises(BudgetExceededError) as caught, session.watch(budget=budget):
            for author in session.scalars(select(Author).limit(4)):
                assert author.books
            for _ in range(2):
                session.get(Author, -1)

        assert caught.value.exceeded == [sentence]

    def test_seconds_and_slow_ones(self, session):
        budget = Budget(seconds=0, slow=0)
        with pytest.raises(BudgetExceededError) as caught, session.watch(budget=budget, slow=0):
            session.get(Author, 1)

        assert len(caught.value.exceeded) == 2

    def test_what_is_within_passes(self, session):
        with session.watch(budget=Budget(statements=1, rows=1, n_plus_one=0, seconds=5)):
            session.get(Author, 1)

    @pytest.mark.parametrize("budget", ["5", True, 2.5])
    def test_a_budget_is_a_number_or_a_budget(self, session, budget):
        with pytest.raises(ArgumentError, match="a budget is"):
            session.watch(budget=budget)

    @pytest.mark.parametrize("options", [{"statements": -1}, {"rows": 1.5}, {"seconds": "1"}])
    def test_limits_are_numbers(self, options):
        with pytest.raises(ArgumentError, match="of a budget is a number"):
            Budget(**options)

    def test_options_are_checked(self, session):
        with pytest.raises(ArgumentError, match="scope is"):
            session.watch(scope="some")
        with pytest.raises(ArgumentError, match="repeats is"):
            session.watch(repeats=1)

    def test_a_watch_is_opened_once_at_a_time(self, session):
        with session.watch() as watch, pytest.raises(InvalidRequestError, match="is open"):
            watch.open()
        with watch:
            session.get(Author, 1)
        assert watch.count == 1


class TestAwaiting:
    @pytest.mark.parametrize("backend", AWAITING_BACKENDS, ids=str)
    @pytest.mark.parametrize("around", ["session", "engine"])
    def test_on_every_driver_that_awaits(self, backend, around, databases, tmp_path):
        backend.require()
        url = databases.url(backend, tmp_path)

        async def main():
            engine = create_async_engine(url)
            async with engine.begin() as connection:
                await connection.run_sync(shop.Base.metadata.create_all)
            async with AsyncSession(engine) as session:
                session.add_all(shop.customers())
                await session.commit()
                watched = engine if around == "engine" else session
                async with watched.watch() as watch:
                    found = (await session.scalars(select(shop.Customer))).all()
                    await session.load(found, shop.Customer.orders)
                    session.add(shop.Customer(name="new"))
                    await session.commit()
            async with engine.begin() as connection:
                await connection.run_sync(shop.Base.metadata.drop_all)
            await engine.dispose()
            return watch

        watch = asyncio.run(main())
        assert [each.rows for each in watch.statements][:2] == [3, 3]
        assert {each.place.filename for each in watch.executions} == {HERE}
        assert kinds(watch)[0] == "BEGIN"
        assert kinds(watch)[-1] == "COMMIT"

    def test_tasks_are_told_apart(self, engine):
        async def main():
            awaiting = create_async_engine(f"sqlite+aiosqlite:///{engine.url.database}")

            async def work(times):
                with awaiting.watch(scope="context") as watch:
                    async with AsyncSession(awaiting) as session:
                        for number in range(times):
                            await session.get(Author, number + 1)
                return watch.count

            counts = await asyncio.gather(work(1), work(2), work(3))
            await awaiting.dispose()
            return counts

        assert asyncio.run(main()) == [1, 2, 3]

    def test_a_scoped_session(self, engine):
        async def main():
            awaiting = create_async_engine(f"sqlite+aiosqlite:///{engine.url.database}")
            make = async_scoped_session(lambda: AsyncSession(awaiting), asyncio.current_task)
            with make.watch() as watch:
                await make.get(Author, 1)
            await make.remove()
            await awaiting.dispose()
            return watch.count

        assert asyncio.run(main()) == 1


class TestEvents:
    def test_a_listener_may_change_the_text(self, engine):
        def mark(connection, execution):
            if execution.kind == "statement":
                execution.sql += " -- marked"

        event.listen(engine, "before_statement", mark)
        with engine.watch() as watch, engine.connect() as connection:
            assert connection.scalar(select(func.count(Tag.id))) == 1

        assert watch.statements[0].sql.endswith("FROM tag -- marked")

    def test_listeners_are_told_what_failed_and_what_was_sent(self, engine):
        told = []
        event.listen(engine, "after_statement", lambda _, execution: told.append(execution))
        with engine.connect() as connection:
            connection.execute(select(Tag.id).where(Tag.name == "common"))
            with pytest.raises(UniqueViolation) as caught:
                connection.execute(insert(Tag).values(name="common"))

        begin, query, failed, end = told
        assert [begin.sql, end.sql] == ["BEGIN", "ROLLBACK"]
        assert query.parameters == ("common",)
        assert query.statement is not None
        assert failed.error is caught.value
