"""A FastAPI application whose endpoints run in threads, each request with a Session.

uvicorn --factory examples.fastapi_notes.blocking:create_app
"""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse

from dovetail import create_engine, select
from dovetail.exc import DBAPIError, IntegrityError
from dovetail.orm import Session

from .notes import Base, NewNote, Note, NoteChange, ShownNote


def get_session(request: Request) -> Iterator[Session]:
    """The session of a request: closed when the request has been answered.

    What was committed stays readable.  Each endpoint ends its own transaction: one that
    stayed open would keep its connection, and on SQLite its lock, while the answer waits for
    a thread.
    """
    with Session(request.app.state.engine, expire_on_commit=False) as session:
        yield session


CurrentSession = Annotated[Session, Depends(get_session)]
router = APIRouter()


def create_app(url: str | None = None) -> FastAPI:
    """The application, on the database at *url*, or at ``NOTES_DATABASE``."""
    url = url or os.environ.get("NOTES_DATABASE", "sqlite:///notes.db")
    # On SQLite, which has one writer, a transaction takes the lock when it begins.
    waiting = {"isolation_level": "IMMEDIATE", "timeout": 30} if url.startswith("sqlite") else {}
    engine = create_engine(url, connect_args=waiting)
    Base.metadata.create_all(engine)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        engine.dispose()

    app = FastAPI(lifespan=lifespan)
    app.state.engine = engine
    app.include_router(router)

    @app.exception_handler(DBAPIError)
    def failure(request: Request, error: DBAPIError) -> JSONResponse:
        if error.retry_scope != "transaction":
            raise error
        return JSONResponse({"error": "others were first: send it again"}, 503)

    @app.exception_handler(IntegrityError)
    def conflict(request: Request, error: IntegrityError) -> JSONResponse:
        return JSONResponse({"error": "a note with this title exists"}, 409)

    return app


@router.get("/notes", response_model=list[ShownNote])
def list_notes(session: CurrentSession, title: str = "") -> list[Note]:
    """The newest notes whose title begins with *title*."""
    notes = select(Note).order_by(Note.id.desc()).limit(20)
    if title:
        notes = notes.where(Note.title.startswith(title, autoescape=True))
    with session.begin():
        return session.scalars(notes).all()


@router.post("/notes", status_code=201, response_model=ShownNote)
def create_note(session: CurrentSession, sent: NewNote) -> Note:
    """Keep a note; 409 where its title is taken."""
    note = Note(**sent.model_dump())
    with session.begin():
        session.add(note)
    return note


@router.get("/notes/{note_id}", response_model=ShownNote)
def show_note(session: CurrentSession, note_id: int) -> Note:
    """One note."""
    with session.begin():
        return find_note(session, note_id)


@router.patch("/notes/{note_id}", response_model=ShownNote)
def edit_note(session: CurrentSession, note_id: int, sent: NoteChange) -> Note:
    """Change the title, the body, or both; 409 where the title is taken."""
    with session.begin():
        note = find_note(session, note_id)
        for name, value in sent.model_dump(exclude_none=True).items():
            setattr(note, name, value)
    return note


@router.delete("/notes/{note_id}", status_code=204)
def delete_note(session: CurrentSession, note_id: int) -> None:
    """Forget a note."""
    with session.begin():
        session.delete(find_note(session, note_id))


def find_note(session: Session, note_id: int) -> Note:
    """The note, or the answer that there is none."""
    note = session.get(Note, note_id)
    if note is None:
        raise HTTPException(404, "there is no such note")
    return note
