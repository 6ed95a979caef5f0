"""What clients of the examples do, and what answers they must get."""

from collections.abc import Generator
from typing import Any

CLIENTS = 64
ROUNDS = 4
EXPECTED = {
    201: CLIENTS * ROUNDS,
    409: CLIENTS * ROUNDS,
    200: CLIENTS * ROUNDS * 5 // 2,
    204: CLIENTS * ROUNDS // 2,
}
"""How many requests end how; 1280 in all."""

Asked = tuple[str, str, Any]
Answered = tuple[int, Any]


def visits(number: int) -> Generator[Asked, Answered, None]:
    """The requests of client *number*, each (method, path, JSON); is sent (status, JSON)."""
    for turn in range(ROUNDS):
        title = f"{number}.{turn}"
        status, note = yield "POST", "/notes", {"title": title, "body": "new"}
        assert (status, note["title"], note["body"]) == (201, title, "new")
        place = f"/notes/{note['id']}"
        status, _ = yield "POST", "/notes", {"title": title}
        assert status == 409
        status, note = yield "PATCH", place, {"body": f"by {number}"}
        assert (status, note["title"], note["body"]) == (200, title, f"by {number}")
        status, found = yield "GET", f"/notes?title={number}.", None
        assert (status, found[0]["title"]) == (200, title)
        if turn % 2:
            status, _ = yield "DELETE", place, None
            assert status == 204
        else:
            status, note = yield "GET", place, None
            assert (status, note["body"]) == (200, f"by {number}")
