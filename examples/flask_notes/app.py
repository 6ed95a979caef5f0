"""A Flask application with one session for each request.

flask --app examples.flask_notes.app run
"""

import os
from typing import Any

from flask import Flask, abort, jsonify, request
from flask.globals import app_ctx

from dovetail import create_engine, select
from dovetail.engine import Engine
from dovetail.exc import IntegrityError
from dovetail.orm import scoped_session, sessionmaker

from .notes import Base, Note


def request_scope() -> Any:
    """What tells one request from another: its application context."""
    return app_ctx._get_current_object()  # type: ignore[attr-defined]


make_session = sessionmaker()
Session = scoped_session(make_session, scopefunc=request_scope)


def make_engine(url: str) -> Engine:
    """The engine of the application."""
    if url.startswith("sqlite"):
        # SQLite has one writer. A transaction that takes the lock when it begins waits for
        # its turn; one that has read before it writes would have to be run again.
        return create_engine(url, connect_args={"isolation_level": "IMMEDIATE", "timeout": 30})
    return create_engine(url)


def create_app(url: str | None = None) -> Flask:
    """The application, on the database at *url*, or at ``NOTES_DATABASE``."""
    app = Flask(__name__)
    engine = make_engine(url or os.environ.get("NOTES_DATABASE", "sqlite:///notes.db"))
    Base.metadata.create_all(engine)
    make_session.configure(bind=engine)
    app.extensions["engine"] = engine

    @app.teardown_appcontext
    def remove_session(error: BaseException | None) -> None:
        # Closes the session: what was not committed is rolled back, the connection goes back.
        Session.remove()

    @app.errorhandler(IntegrityError)
    def conflict(error: IntegrityError) -> Any:
        Session.rollback()
        return jsonify(error="a note with this title exists"), 409

    app.add_url_rule("/notes", view_func=list_notes)
    app.add_url_rule("/notes", view_func=create_note, methods=["POST"])
    app.add_url_rule("/notes/<int:note_id>", view_func=show_note)
    app.add_url_rule("/notes/<int:note_id>", view_func=edit_note, methods=["PATCH"])
    app.add_url_rule("/notes/<int:note_id>", view_func=delete_note, methods=["DELETE"])
    return app


def list_notes() -> Any:
    """The newest notes; ``?title=`` finds those whose title begins so."""
    notes = select(Note).order_by(Note.id.desc()).limit(20)
    if beginning := request.args.get("title"):
        notes = notes.where(Note.title.startswith(beginning, autoescape=True))
    return jsonify([note.as_dict() for note in Session.scalars(notes)])


def create_note() -> Any:
    """Keep a note; 409 where its title is taken."""
    values = _values()
    if not values.get("title"):
        abort(400, "a note needs a title")
    note = Note(**values)
    Session.add(note)
    Session.commit()
    return jsonify(note.as_dict()), 201


def show_note(note_id: int) -> Any:
    """One note."""
    return jsonify(_note(note_id).as_dict())


def edit_note(note_id: int) -> Any:
    """Change the title, the body, or both; 409 where the title is taken."""
    note = _note(note_id)
    for name, value in _values().items():
        setattr(note, name, value)
    Session.commit()
    return jsonify(note.as_dict())


def delete_note(note_id: int) -> Any:
    """Forget a note."""
    Session.delete(_note(note_id))
    Session.commit()
    return "", 204


def _note(note_id: int) -> Note:
    note = Session.get(Note, note_id)
    if note is None:
        abort(404, "there is no such note")
    return note


def _values() -> dict[str, str]:
    """What the client sent, as far as a note has it."""
    sent = request.get_json()
    if not isinstance(sent, dict):
        abort(400, "an object is expected")
    values = {name: sent[name] for name in ("title", "body") if name in sent}
    if not all(isinstance(value, str) for value in values.values()):
        abort(400, "title and body are texts")
    return values
