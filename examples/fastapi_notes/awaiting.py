"""A FastAPI application whose endpoints await, each request with an AsyncSession.

uvicorn --factory examples.fastapi_notes.awaiting:create_app
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse

from dovetail import select
from dovetail.exc import DBAPIError, IntegrityError
from dovetail.ext.asyncio import AsyncSession, create_async_engine

from .notes import Base, NewNote, Note, NoteChange, ShownNote


async def get_session(request: Request) -> AsyncIterator[AsyncSession]:
    """The session of a request: closed when the request has been answered.

    What was committed stays readable: reading it again would have to be awaited.
    """
    async with AsyncSession(request.app.state.engine, expire_on_commit=False) as session:
        yield session


CurrentSession = Annotated[AsyncSession, Depends(get_session)]
router = APIRouter()


def create_app(url: str | None = None) -> FastAPI:
    """The application, on the database at *url*, or at ``NOTES_DATABASE``."""
    url = url or os.environ.get("NOTES_DATABASE", "sqlite+aiosqlite:///notes.db")
    # On SQLite, which has one writer, a transaction takes the lock when it begins.
    waiting = {"isolation_level": "IMMEDIATE", "timeout": 30} if url.startswith("sqlite") else {}
    engine = create_async_engine(url, connect_args=waiting)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        yield
        await engine.dispose()

    app = FastAPI(lifespan=lifespan)
    app.state.engine = engine
    app.include_router(router)

    @app.exception_handler(DBAPIError)
    async def failure(request: Request, error: DBAPIError) -> JSONResponse:
        if error.retry_scope != "transaction":
            raise error
        return JSONResponse({"error": "others were first: send it again"}, 503)

    @app.exception_handler(IntegrityError)
    async def conflict(request: Request, error: IntegrityError) -> JSONResponse:
        return JSONResponse({"error": "a note with this title exists"}, 409)

    return app


@router.get("/notes", response_model=list[ShownNote])
async def list_notes(session: CurrentSession, title: str = "") -> list[Note]:
    """The newest notes whose title begins with *title*."""
    notes = select(Note).order_by(Note.id.desc()).limit(20)
    if title:
        notes = notes.where(Note.title.startswith(title, autoescape=True))
    async with session.begin():
        return (await session.scalars(notes)).all()


@router.post("/notes", status_code=201, response_model=ShownNote)
async def create_note(session: CurrentSession, sent: NewNote) -> Note:
    """Keep a note; 409 where its title is taken."""
    note = Note(**sent.model_dump())
    async with session.begin():
        session.add(note)
    return note


@router.get("/notes/{note_id}", response_model=ShownNote)
async def show_note(session: CurrentSession, note_id: int) -> Note:
    """One note."""
    async with session.begin():
        return await find_note(session, note_id)


@router.patch("/notes/{note_id}", response_model=ShownNote)
async def edit_note(session: CurrentSession, note_id: int, sent: NoteChange) -> Note:
    """Change the title, the body, or both; 409 where the title is taken."""
    async with session.begin():
        note = await find_note(session, note_id)
        for name, value in sent.model_dump(exclude_none=True).items():
            setattr(note, name, value)
    return note


@router.delete("/notes/{note_id}", status_code=204)
async def delete_note(session: CurrentSession, note_id: int) -> None:
    """Forget a note."""
    async with session.begin():
        await session.delete(await find_note(session, note_id))


async def find_note(session: AsyncSession, note_id: int) -> Note:
    """The note, or the answer that there is none."""
    note = await session.get(Note, note_id)
    if note is None:
        raise HTTPException(404, "there is no such note")
    return note
