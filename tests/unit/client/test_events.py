"""What a program takes for the server's word, and what not."""

from datetime import UTC, datetime, timedelta

import pytest

from authsms.client import ForgedEventError, read_event
from authsms.messaging.hook_courier import signature

SECRET = "the-secret-of-the-webhook"
NOW = datetime(2026, 5, 3, 12, tzinfo=UTC)
BODY = b'{"id": "e1", "kind": "test", "created": "2026-05-03T12:00:00+00:00", "data": {}}'


def called(body: bytes = BODY, *, at: datetime = NOW, secret: str = SECRET) -> dict[str, str]:
    """Return the headers of a call."""
    timestamp = str(int(at.timestamp()))
    shown = signature(secret.encode(), timestamp, body)
    return {"Authsms-Timestamp": timestamp, "Authsms-Signature": f"v1={shown}"}


def test_a_call_of_the_server_is_read():
    """With some difference between the clocks."""
    event = read_event(SECRET, called(), BODY, now=NOW + timedelta(minutes=4))

    assert ("e1", "test", NOW, {}) == (event.id, event.kind, event.created, event.data)


@pytest.mark.parametrize(
    "headers",
    [
        called(secret="another"),
        called(BODY + b" "),
        called(at=NOW - timedelta(minutes=6)),
        {**called(), "Authsms-Timestamp": str(int(NOW.timestamp()) + 1)},
        {**called(), "Authsms-Timestamp": "soon"},
        {**called(), "Authsms-Signature": "v1=ü"},
        {},
    ],
    ids=["secret", "body", "replay", "timestamp", "no number", "odd", "nothing"],
)
def test_anything_else_is_not(headers):
    """Neither forged nor sent again later."""
    with pytest.raises(ForgedEventError):
        read_event(SECRET, headers, BODY, now=NOW)
