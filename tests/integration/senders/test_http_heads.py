"""The head of a provider's answer: read as one of HTTP, and refused where others may read it differently."""

import pytest

from authsms.senders.exchange import ProviderAnswer, ProviderRequest, Reply, Silence
from authsms.senders.http import HttpGuard
from tests.plugins import hostile
from tests.plugins.hostile import PATIENT, HostileServer


def _ask(answer: bytes) -> Reply:
    with HostileServer(hostile.raw(answer)) as server:
        return HttpGuard(("127.0.0.1",), deadlines=PATIENT).client().send(ProviderRequest.get(server.url))


@pytest.mark.parametrize(
    "headers",
    [
        *(
            "Content-Length : 5",
            "Content-Length\r\nX-A: 1",
            " Content-Length: 5",
            "X A: 1",
            ": 1",
            "X-A: 1\rContent-Length: 5",
        ),
        *("X-A: \0", "X-A: 1\r\n" * 101),
    ],
    ids=["space", "no-colon", "nothing-to-go-on", "two-words", "no-name", "half-an-end", "zero", "too-many"],
)
def test_a_head_that_others_read_differently_is_refused(headers):
    """One sees a header where another sees none."""
    reply = _ask(f"HTTP/1.1 200 OK\r\n{headers}\r\nContent-Length: 2\r\n\r\nok".encode())

    assert isinstance(reply, Silence)
    assert "malformed_answer" == reply.code


@pytest.mark.parametrize(
    "first",
    [
        "HTTP/1.1 2_00 OK",
        "HTTP/1.1 +200 OK",
        "HTTP/1.1\v200 OK",
        "HTTP/1.1 200 OK\rX-A: 1",
        "HTTP/1.x 200 OK",
        "200 OK",
    ],
)
def test_a_first_line_that_others_read_differently_is_refused(first):
    """A number that is none would be a yes for one and no answer for another."""
    reply = _ask(f"{first}\r\nContent-Length: 2\r\n\r\nok".encode())

    assert isinstance(reply, Silence)
    assert "malformed_answer" == reply.code


@pytest.mark.parametrize("first", ["HTTP/1.1 200", "HTTP/1.1 200 ", "HTTP/1.1  200 OK", "HTTP/1.1 200 \x85 \xfc"])
def test_a_first_line_need_not_say_much(first):
    """Servers leave the words out, or write them in an alphabet of their own."""
    reply = _ask(f"{first}\r\nContent-Length: 2\r\n\r\nok".encode("latin-1"))

    assert isinstance(reply, ProviderAnswer)
    assert (200, b"ok") == (reply.status, reply.body)


@pytest.mark.parametrize(
    "head",
    ["", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nX-A: 1", "HTTP/1.1 200 OK\r\nX-A: 1\r\n"],
)
def test_a_head_that_breaks_off_is_no_answer(head):
    """What it would have said is not known, nor whether a body belongs to it (RFC 9112 section 8)."""
    reply = _ask(head.encode())

    assert isinstance(reply, Silence)
    assert "connection_lost" == reply.code


def test_a_header_may_go_on_in_the_next_line():
    """As it was allowed long ago (RFC 9112 section 5.2)."""
    reply = _ask(b"HTTP/1.1 200 OK\r\nX-A: one\r\n\ttwo: three\r\nX-a:four\r\nContent-Length: 2\r\n\r\nok")

    assert isinstance(reply, ProviderAnswer)
    assert "one two: three, four" == " ".join(reply.headers["x-a"].split())
