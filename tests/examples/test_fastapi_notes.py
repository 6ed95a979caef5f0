"""The FastAPI examples: their answers, and 64 tasks that ask at once."""

import asyncio
from collections import Counter
from functools import partial
from random import Random
from types import SimpleNamespace

import pytest
from httpx import ASGITransport, AsyncClient

from dovetail import text
from dovetail.ext.asyncio import AsyncSession
from dovetail.orm import Session, object_session
from examples.fastapi_notes import awaiting, blocking
from examples.fastapi_notes.notes import Note
from tests.examples.backends import BACKENDS
from tests.examples.clients import CLIENTS, EXPECTED, visits
from tests.servers import AWAITING_BACKENDS

KINDS = [
    *[(blocking, backend) for backend in BACKENDS],
    *[(awaiting, backend) for backend in AWAITING_BACKENDS],
]


@pytest.fixture(params=KINDS, ids=lambda kind: f"{kind[0].__name__.rpartition('.')[2]} {kind[1]}")
def kind(request):
    """Which of the two applications, and on which server."""
    return request.param


@pytest.fixture
def module(kind):
    return kind[0]


@pytest.fixture
def app(module, kind, databases, tmp_path):
    kind[1].require()
    return module.create_app(databases.url(kind[1], tmp_path))


def pool_of(app):
    engine = app.state.engine
    return getattr(engine, "sync_engine", engine).pool


def assert_nothing_is_held(app):
    assert pool_of(app).checkedout() == 0
    assert list(pool_of(app).holders()) == []


class TestAnswers:
    @pytest.fixture
    def client(self, app):
        with asyncio.Runner() as runner:
            awaited = AsyncClient(transport=ASGITransport(app), base_url="http://notes")
            lifespan = app.router.lifespan_context(app)
            runner.run(lifespan.__aenter__())

            def ask(method, path, **options):
                return runner.run(awaited.request(method, path, **options))

            yield SimpleNamespace(
                **{verb: partial(ask, verb) for verb in ("get", "post", "patch", "delete")}
            )
            assert_nothing_is_held(app)
            runner.run(lifespan.__aexit__(None, None, None))
            runner.run(awaited.aclose())

    def test_a_note_is_kept_shown_changed_and_forgotten(self, client):
        made = client.post("/notes", json={"title": "Tea", "body": "green"})
        shown = {"id": 1, "title": "Tea", "body": "green"}

        assert (made.status_code, made.json()) == (201, shown)
        assert client.get("/notes/1").json() == shown
        assert client.patch("/notes/1", json={"body": "black"}).json() == {**shown, "body": "black"}
        assert client.get("/notes?title=Te").json() == [{**shown, "body": "black"}]
        assert client.get("/notes?title=%25").json() == []
        assert client.delete("/notes/1").status_code == 204
        assert client.get("/notes/1").status_code == 404

    def test_a_title_that_is_taken_is_a_conflict(self, client):
        for title in ("Tea", "Milk"):
            client.post("/notes", json={"title": title})

        assert client.post("/notes", json={"title": "Tea"}).status_code == 409
        assert client.patch("/notes/2", json={"title": "Tea"}).status_code == 409
        assert [note["title"] for note in client.get("/notes").json()] == ["Milk", "Tea"]

    @pytest.mark.parametrize("sent", [{}, {"title": ""}, {"title": 5}, ["Tea"]])
    def test_nonsense_is_refused(self, client, sent):
        assert client.post("/notes", json=sent).status_code == 422


class Watch:
    """Holds every note that any session gave, with the session: none may have two."""

    def __init__(self):
        self.seen = []
        self.sessions = []

    def note(self, session, notes):
        for note in notes:
            if isinstance(note, Note):
                assert object_session(note) is getattr(session, "sync_session", session)
                self.seen.append((note, session))

    def check(self):
        sessions_of = {}
        for note, session in self.seen:
            sessions_of.setdefault(id(note), set()).add(id(session))
        assert sessions_of
        assert all(len(owners) == 1 for owners in sessions_of.values())
        assert len(self.sessions) == sum(EXPECTED.values())

    def blocking(self, engine):
        """A dependency in place of the application's own."""
        watch = self

        class Watched(Session):
            def add(self, instance):
                super().add(instance)
                watch.note(self, [instance])

            def get(self, *given, **named):
                found = super().get(*given, **named)
                watch.note(self, [found])
                return found

            def scalars(self, *given, **named):
                found = super().scalars(*given, **named).all()
                watch.note(self, found)
                return SimpleNamespace(all=lambda: found)

        def get_session():
            with Watched(engine) as session:
                self.sessions.append(session)
                yield session

        return get_session

    def awaiting(self, engine):
        """A dependency in place of the application's own."""
        watch = self

        class Watched(AsyncSession):
            def add(self, instance):
                super().add(instance)
                watch.note(self, [instance])

            async def get(self, *given, **named):
                found = await super().get(*given, **named)
                watch.note(self, [found])
                return found

            async def scalars(self, *given, **named):
                found = (await super().scalars(*given, **named)).all()
                watch.note(self, found)
                return SimpleNamespace(all=lambda: found)

        async def get_session():
            async with Watched(engine, expire_on_commit=False) as session:
                self.sessions.append(session)
                yield session

        return get_session


async def visit(client, number, statuses):
    requests = visits(number)
    asked = next(requests)
    while asked:
        method, path, sent = asked
        answer = await client.request(method, path, json=sent)
        statuses[answer.status_code] += 1
        body = answer.json() if answer.content else None
        try:
            asked = requests.send((answer.status_code, body))
        except StopIteration:
            asked = None


def test_requests_of_many_tasks_share_nothing(app, module):
    watch, statuses = Watch(), Counter()
    make = watch.awaiting if module is awaiting else watch.blocking
    app.dependency_overrides[module.get_session] = make(app.state.engine)

    async def all_of_them():
        async with (
            app.router.lifespan_context(app),
            AsyncClient(
                transport=ASGITransport(app), base_url="http://notes", timeout=60
            ) as client,
        ):
            await asyncio.gather(*[visit(client, number, statuses) for number in range(CLIENTS)])
            assert_nothing_is_held(app)

    asyncio.run(all_of_them())

    assert statuses == EXPECTED
    watch.check()


TURNS = 20

STILL_AT_WORK = {
    "postgresql": "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
    "AND pid <> pg_backend_pid() AND state <> 'idle'",
    "mariadb": "SELECT count(*) FROM information_schema.innodb_trx t "
    "JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id "
    "WHERE p.db = database() AND p.id <> connection_id()",
}
"""How many connections are in a transaction, or run something."""


async def impatient(client, number, outcomes):
    """Send requests; go away from every second one or so before its answer has come."""
    chance, own = Random(number), [0]
    for _ in range(TURNS):
        title = f"{number}.{chance.randrange(9)}"
        place = f"/notes/{chance.choice(own)}"
        method, path, sent = chance.choice(
            [
                ("POST", "/notes", {"title": title}),
                ("PATCH", place, {"title": title}),
                ("GET", f"/notes?title={title}", None),
                ("GET", place, None),
                ("DELETE", place, None),
            ]
        )
        patience = chance.choice([None, chance.uniform(0, 0.05)])
        try:
            async with asyncio.timeout(patience):
                answer = await client.request(method, path, json=sent)
        except TimeoutError:
            outcomes["gone"] += 1
        else:
            outcomes[answer.status_code] += 1
            if answer.status_code == 201:
                own.append(answer.json()["id"])


async def still_at_work(engine, dialect):
    if dialect not in STILL_AT_WORK:
        return 0
    async with engine.connect() as connection:
        return await connection.scalar(text(STILL_AT_WORK[dialect]))


@pytest.mark.parametrize("backend", AWAITING_BACKENDS, ids=str)
def test_clients_that_go_away_leave_nothing_behind(backend, databases, tmp_path):
    backend.require()
    app = awaiting.create_app(databases.url(backend, tmp_path))
    outcomes = Counter()

    async def all_of_them():
        async with (
            app.router.lifespan_context(app),
            AsyncClient(transport=ASGITransport(app), base_url="http://notes") as client,
        ):
            await asyncio.gather(*[impatient(client, n, outcomes) for n in range(CLIENTS)])
            assert_nothing_is_held(app)
            # The server may need a moment for what it was told to stop.
            for _ in range(100):
                if not await still_at_work(app.state.engine, backend.dialect):
                    break
                await asyncio.sleep(0.05)
            else:
                pytest.fail("a connection was left in a transaction")
            made = await client.post("/notes", json={"title": "at the end"})
            assert made.status_code == 201

    asyncio.run(all_of_them())

    assert outcomes.total() == CLIENTS * TURNS == 1280
    # 503: a deadlock of the server, which asks for the transaction to be run again.
    assert outcomes.keys() <= {"gone", 200, 201, 204, 404, 409, 503}
    assert outcomes["gone"] > 50
    assert outcomes[200] > 20
    assert outcomes[201] > 20
