"""The Flask example: its answers, and 64 threads that ask at once."""

import threading
from collections import Counter
from http.client import HTTPConnection
from json import dumps, loads

import pytest
from flask import request
from werkzeug.serving import make_server

from dovetail.orm import object_session
from examples.flask_notes.app import Session, create_app
from examples.flask_notes.notes import Note
from tests.examples.clients import CLIENTS, EXPECTED, visits


@pytest.fixture
def app(url):
    app = create_app(url)
    yield app
    engine = app.extensions["engine"]
    assert Session.registry.registry == {}
    assert engine.pool.checkedout() == 0
    assert list(engine.pool.holders()) == []
    engine.dispose()


class TestAnswers:
    @pytest.fixture
    def client(self, app):
        return app.test_client()

    def test_a_note_is_kept_shown_changed_and_forgotten(self, client):
        made = client.post("/notes", json={"title": "Tea", "body": "green"})
        place = f"/notes/{made.json['id']}"

        assert (made.status_code, made.json) == (201, {"id": 1, "title": "Tea", "body": "green"})
        assert client.get(place).json == made.json
        assert client.patch(place, json={"body": "black"}).json == {**made.json, "body": "black"}
        assert client.get("/notes?title=Te").json == [{**made.json, "body": "black"}]
        assert client.get("/notes?title=%25").json == []
        assert client.delete(place).status_code == 204
        assert client.get(place).status_code == 404

    def test_a_title_that_is_taken_is_a_conflict(self, client):
        for title in ("Tea", "Milk"):
            client.post("/notes", json={"title": title})

        assert client.post("/notes", json={"title": "Tea"}).status_code == 409
        assert client.patch("/notes/2", json={"title": "Tea"}).status_code == 409
        assert [note["title"] for note in client.get("/notes").json] == ["Milk", "Tea"]

    @pytest.mark.parametrize("sent", [{}, {"title": ""}, {"title": 5}, ["Tea"]])
    def test_nonsense_is_refused(self, client, sent):
        assert client.post("/notes", json=sent).status_code == 400

    def test_a_session_whose_flush_failed_is_rolled_back_within_the_request(self, app):
        with app.test_request_context():
            Session.add_all([Note(title="Tea"), Note(title="Tea")])
            try:
                Session.commit()
            except Exception as error:
                _, status = app.handle_user_exception(error)
            assert status == 409
            assert Session.is_active


class Marked:
    """Every note in an answer says which request its session was made for."""

    def __init__(self, app, monkeypatch):
        shown = Note.as_dict

        @app.before_request
        def mark():
            Session.info["request"] = request.headers["X-Request"]

        def as_dict(note):
            session = object_session(note)
            assert session is Session()
            return {**shown(note), "request": session.info["request"]}

        monkeypatch.setattr(Note, "as_dict", as_dict)


def work(send, number, statuses):
    """What one client does; *send* answers with (status, body, name of the request)."""
    requests = visits(number)
    asked = next(requests)
    while asked:
        status, body, name = send(*asked)
        statuses[status] += 1
        for note in body if isinstance(body, list) else [body]:
            if note and "error" not in note:
                assert note["request"] == name
        try:
            asked = requests.send((status, body))
        except StopIteration:
            asked = None


def in_threads(start_client):
    """Let all clients work at once; how often each status was answered."""
    statuses, errors = Counter(), []
    barrier = threading.Barrier(CLIENTS)

    def run(number):
        own = Counter()
        try:
            send = start_client(number)
            barrier.wait()
            work(send, number, own)
        except BaseException as error:
            errors.append(error)
        statuses.update(own)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    return statuses


def test_requests_of_many_threads_share_nothing(app, monkeypatch):
    Marked(app, monkeypatch)

    def start_client(number):
        client = app.test_client()
        counter = iter(range(1000))

        def send(method, path, sent):
            name = f"{number}/{next(counter)}"
            answer = client.open(path, method=method, json=sent, headers={"X-Request": name})
            return answer.status_code, answer.json, name

        return send

    assert in_threads(start_client) == EXPECTED


def test_a_server_with_a_thread_for_each_request_serves_many_clients(app, monkeypatch):
    Marked(app, monkeypatch)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()

    def start_client(number):
        counter = iter(range(1000))

        def send(method, path, sent):
            name = f"{number}/{next(counter)}"
            connection = HTTPConnection("127.0.0.1", server.server_port, timeout=60)
            headers = {"X-Request": name, "Content-Type": "application/json"}
            connection.request(method, path, sent and dumps(sent), headers)
            answer = connection.getresponse()
            text = answer.read()
            connection.close()
            return answer.status, loads(text) if text else None, name

        return send

    try:
        assert in_threads(start_client) == EXPECTED
    finally:
        server.shutdown()
        serving.join()
        server.server_close()
