"""Requests of web applications, watched: WSGI and ASGI."""

import asyncio
import logging
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi import FastAPI
from flask import Flask
from httpx import ASGITransport, AsyncClient

from dovetail import select
from dovetail.exc import ArgumentError, BudgetExceededError
from dovetail.ext.asyncio import AsyncSession, create_async_engine
from dovetail.orm import Session
from dovetail.watching import AsyncWatchMiddleware, WatchMiddleware
from tests.orm.library import Author


def flask(engine, **options):
    app = Flask(__name__)

    @app.get("/authors/<int:times>")
    def authors(times):
        with Session(engine) as session:
            for number in range(times):
                session.get(Author, number + 1)
        return "done"

    @app.get("/stream")
    def stream():
        def lines():
            with Session(engine) as session:
                yield from session.scalars(select(Author.name))

        return lines()

    @app.get("/broken")
    def broken():
        raise KeyError

    app.testing = True
    app.wsgi_app = WatchMiddleware(app.wsgi_app, engine, **options)
    return app


@pytest.fixture
def reports():
    return []


@pytest.fixture
def report(reports):
    return lambda watch, request: reports.append((request, watch.count))


class TestWsgi:
    def test_each_request_is_watched(self, engine, reports, report):
        client = flask(engine, report=report).test_client()
        response = client.get("/authors/2")
        response.close()
        with Session(engine) as session:
            session.get(Author, 1)
        client.get("/authors/1").close()

        timing = response.headers["Server-Timing"]
        assert re.fullmatch(r'db;dur=\d+\.\d{3};desc="2 statements"', timing)
        assert sorted(reports) == [("GET /authors/1", 1), ("GET /authors/2", 2)]

    def test_what_is_sent_while_the_body_is_read_counts(self, engine, reports, report):
        with flask(engine, report=report).test_client().get("/stream") as response:
            assert b"author 5" in response.data

        assert reports == [("GET /stream", 1)]

    def test_an_error_passes(self, engine, reports, report):
        with pytest.raises(KeyError):
            flask(engine, report=report).test_client().get("/broken")

        assert reports == []

    def test_what_is_wrong_is_logged(self, engine, caplog):
        with caplog.at_level(logging.WARNING, "dovetail.watch"):
            flask(engine).test_client().get("/authors/4").close()

        assert re.match(r"GET /authors/4: N\+1: 4 times at ", caplog.messages[0])

    def test_over_the_budget(self, engine, report):
        client = flask(engine, report=report, budget=1).test_client()
        client.get("/authors/1").close()
        with pytest.raises(BudgetExceededError, match="statements: 2, and 1 allowed"):
            client.get("/authors/2").close()

    def test_threads_are_told_apart(self, engine, reports, report):
        app = flask(engine, report=report)

        def request(times):
            app.test_client().get(f"/authors/{times}").close()

        with ThreadPoolExecutor(4) as threads:
            list(threads.map(request, [1, 2, 3, 4] * 5))

        assert sorted(reports) == sorted([(f"GET /authors/{n}", n) for n in (1, 2, 3, 4)] * 5)

    def test_options_are_checked_when_it_is_made(self, engine):
        with pytest.raises(ArgumentError, match="a budget is"):
            WatchMiddleware(None, engine, budget="many")


def fastapi(engine, **options):
    app = FastAPI()
    app.add_middleware(AsyncWatchMiddleware, engine=engine, **options)
    return app


async def get(app, path):
    transport = ASGITransport(app)
    async with AsyncClient(transport=transport, base_url="http://library") as client:
        return await client.get(path)


class TestAsgi:
    def test_endpoints_in_threads(self, engine, reports, report):
        app = fastapi(engine, report=report)

        @app.get("/authors/{times}")
        def authors(times: int):
            with Session(engine) as session:
                for number in range(times):
                    session.get(Author, number + 1)

        response = asyncio.run(get(app, "/authors/3"))

        assert response.headers["Server-Timing"].endswith('desc="3 statements"')
        assert reports == [("GET /authors/3", 3)]

    def test_endpoints_that_await(self, engine, reports, report):
        awaiting = create_async_engine(f"sqlite+aiosqlite:///{engine.url.database}")
        app = fastapi(awaiting, report=report, budget=2)

        @app.get("/authors/{times}")
        async def authors(times: int):
            async with AsyncSession(awaiting) as session:
                for number in range(times):
                    await session.get(Author, number + 1)

        async def main():
            await asyncio.gather(get(app, "/authors/1"), get(app, "/authors/2"))
            with pytest.raises(BudgetExceededError, match="statements: 3, and 2 allowed"):
                await get(app, "/authors/3")
            await awaiting.dispose()

        asyncio.run(main())
        assert sorted(reports) == [(f"GET /authors/{number}", number) for number in (1, 2, 3)]

    def test_what_is_no_request_passes(self, engine):
        seen = []

        async def app(scope, receive, send):
            seen.append(scope["type"])

        asyncio.run(AsyncWatchMiddleware(app, engine)({"type": "lifespan"}, None, None))

        assert seen == ["lifespan"]
