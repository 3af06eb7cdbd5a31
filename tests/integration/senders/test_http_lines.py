"""Which connection carries the next request: never one on which anything of an earlier answer may still come."""

import itertools
import socket
import ssl
import time

import pytest

from authsms.senders.exchange import ProviderAnswer, ProviderRequest, Reply, Silence
from authsms.senders.http import Deadlines, HttpClient, HttpGuard
from tests.parts.certificates import Authority
from tests.plugins import hostile
from tests.plugins.hostile import PATIENT, Behaviour, HostileServer

_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
_STALE = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstale"
_HINT = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
_CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def _always(answer: bytes) -> Behaviour:
    """Answer each request on a connection with the same bytes."""

    def behave(connection: socket.socket) -> None:
        connection.sendall(answer)
        while connection.recv(65_536):
            connection.sendall(answer)

    return behave


def _client(deadlines: Deadlines = PATIENT, **options) -> HttpClient:
    return HttpGuard(("127.0.0.1",), deadlines=deadlines, **options).client()


def _ask(behave: Behaviour) -> Reply:
    with HostileServer(behave) as server:
        return _client().send(ProviderRequest.get(server.url))


def _bodies(server: HostileServer, client: HttpClient) -> list[bytes]:
    """Return what two calls get."""
    replies = [client.send(ProviderRequest.get(server.url)) for _ in range(2)]
    client.close()
    return [reply.body for reply in replies if isinstance(reply, ProviderAnswer)]


@pytest.mark.parametrize(
    "before",
    [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 102 Processing\r\n\r\n", _HINT, _HINT * 3],
    ids=["continue", "processing", "hint", "three-hints"],
)
def test_what_comes_before_the_answer_is_not_taken_for_it(before):
    """The answer itself would be left for the next text, and a receipt would go to the wrong person."""
    numbers = itertools.count()

    def behave(connection: socket.socket) -> None:
        while True:
            connection.sendall(before)
            connection.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 1\r\n\r\n%d" % next(numbers))
            if not connection.recv(65_536):
                return

    with HostileServer(behave) as server:
        bodies = _bodies(server, _client())

    assert [b"0", b"1"] == bodies
    assert 1 == server.connections


@pytest.mark.parametrize(
    "before",
    [
        _HINT * 11,
        b"HTTP/1.1 103 Early Hints\r\n" + b"Link: </a>\r\n" * 101 + b"\r\n",
        b"HTTP/1.1 103 Early Hints\r\nLink: " + b"a" * 65_536 + b"\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: other\r\n\r\n",
    ],
    ids=["too-many", "too-many-headers", "too-long", "another-protocol"],
)
def test_a_provider_that_does_not_come_to_the_answer_is_not_waited_for(before):
    """What follows a change of protocol is no HTTP, and nobody has asked for one."""
    reply = _ask(hostile.raw(before + _OK))

    assert isinstance(reply, Silence)
    assert "malformed_answer" == reply.code


@pytest.mark.parametrize("size", ["-1", "+5", "0x5", "0_5", "000000005", "5 5", ""])
def test_a_length_that_others_read_differently_is_refused(size):
    """Minus one would mean all there is, without a limit."""
    reply = _ask(hostile.raw(_CHUNKED + f"{size}\r\nhello\r\n0\r\n\r\n".encode()))

    assert isinstance(reply, Silence)
    assert "malformed_answer" == reply.code


@pytest.mark.parametrize(
    "headers",
    [
        *("Content-Length: +5", "Content-Length: 1_0", "Content-Length: -5", "Content-Length: 0x5"),
        *("Content-Length: 5, 5", "Content-Length: 5\r\n 0", "Content-Length:", "Content-Length: \u0665"),
        *("Content-Length: 5\r\nContent-Length: 15", "Content-Length: 5\r\nContent-Length: +5"),
        *("Transfer-Encoding: gzip, chunked", "Transfer-Encoding: gzip", "Transfer-Encoding: chunked, gzip"),
        *("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "Transfer-Encoding: \vchunked"),
        "Transfer-Encoding: identity\r\nContent-Length: 5",
    ],
)
def test_an_answer_of_which_others_see_another_end_is_refused(headers):
    """Whatever stands between would take the rest of it for the next answer, or the next answer for its rest."""
    reply = _ask(hostile.raw(f"HTTP/1.1 200 OK\r\n{headers}\r\n\r\n5\r\nhello\r\n0\r\n\r\n".encode()))

    assert isinstance(reply, Silence)
    assert "malformed_answer" == reply.code


def test_an_answer_without_a_body_is_not_waited_for():
    """Some servers announce pieces where none can come (RFC 9112 section 6.3); whether they send them, nobody knows."""
    head = b"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n"
    with HostileServer(_always(head)) as server:
        assert [b""] * 2 == _bodies(server, _client())

    assert 2 == server.connections


@pytest.mark.parametrize(
    ("head", "connections"),
    [
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", 2),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", 2),
        (b"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nok", 1),
        (b"HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n", 1),
        (b"HTTP/1.1 200 OK\r\nConnection: X-A\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", 2),
        (b"HTTP/1.0 200 OK\r\nConnection: keep-alive, close\r\nContent-Length: 2\r\n\r\nok", 2),
    ],
    ids=["close", "old", "old-but-kept", "without-body", "said-twice", "said-both"],
)
def test_an_answer_says_whether_another_may_follow_it(head, connections):
    """An old server has to say that it keeps the connection, a new one that it does not."""
    with HostileServer(_always(head)) as server:
        assert 2 == len(_bodies(server, _client()))

    assert connections == server.connections


@pytest.mark.parametrize("headers", ["Content-Length: 2 ", "Content-Length: 2\r\nContent-Length: 2"])
def test_a_length_that_nobody_reads_differently_is_taken(headers):
    """Said twice it is still the same; the connection serves again."""
    with HostileServer(_always(f"HTTP/1.1 200 OK\r\n{headers}\r\n\r\nok".encode())) as server:
        bodies = _bodies(server, _client())

    assert [b"ok"] * 2 == bodies
    assert 1 == server.connections


@pytest.mark.parametrize(
    "head",
    [b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n"],
    ids=["length", "version"],
)
def test_a_connection_whose_answers_come_in_pieces_against_the_rules_is_not_used_again(head):
    """RFC 9112 section 6.1: beside a length, or from a server too old to know pieces."""
    with HostileServer(_always(head + b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n")) as server:
        bodies = _bodies(server, _client())

    assert [b"ok"] * 2 == bodies
    assert 2 == server.connections


@pytest.mark.parametrize("size", ["5", "00000005", "5;name=value", "5 ; name", "5  "])
def test_a_body_in_pieces_comes_back_whole(size):
    """Whatever else is said with the length of a piece; the connection serves again."""
    with HostileServer(
        _always(_CHUNKED + f"{size}\r\nhello\r\nA\r\n, somebody\r\n0\r\nX-A: 1\r\n\r\n".encode())
    ) as server:
        bodies = _bodies(server, _client())

    assert [b"hello, somebody"] * 2 == bodies
    assert 1 == server.connections


def test_pieces_that_break_off_are_no_answer():
    """A number that was cut may be the beginning of another."""
    reply = _ask(hostile.raw(_CHUNKED + b"5\r\nhello\r\n0"))

    assert isinstance(reply, Silence)
    assert "connection_lost" == reply.code


@pytest.mark.parametrize("end", [b"xx", b"\n1", b"  \r\n"])
def test_a_piece_that_is_longer_than_it_says_is_no_answer(end):
    """What is left of it would be taken for the length of the next one."""
    reply = _ask(hostile.raw(_CHUNKED + b"5\r\nhello" + end + b"0\r\n\r\n"))

    assert isinstance(reply, Silence)
    assert "malformed_answer" == reply.code


def test_headers_after_the_body_are_limited():
    """As those before it."""
    reply = _ask(hostile.raw(_CHUNKED + b"0\r\n" + b"X-More: 1\r\n" * 101 + b"\r\n"))

    assert isinstance(reply, Silence)
    assert "malformed_answer" == reply.code


@pytest.mark.parametrize("rest", [b"!", _STALE], ids=["one-byte", "an-answer"])
def test_a_connection_on_which_more_came_than_the_answer_is_not_used_again(rest):
    """Whose it is, nobody knows."""
    with HostileServer(_always(_OK + rest)) as server:
        bodies = _bodies(server, _client())

    assert [b"ok"] * 2 == bodies
    assert 2 == server.connections


def test_what_tls_has_unpacked_beyond_the_answer_is_noticed(tmp_path):
    """It came in one record with the answer: the network has nothing more to show."""
    authority = Authority(tmp_path)
    files = authority.issue("server")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 8000\r\nX-Fill: "
    fill = b"y" * (8192 - 8000 - len(head) - 4)  # the answer takes one read
    with HostileServer(_always(head + fill + b"\r\n\r\n" + b"z" * 8000 + _STALE), tls=context) as server:
        bodies = _bodies(server, _client(ca_file=authority.file))

    assert [b"z" * 8000] * 2 == bodies
    assert 2 == server.connections


def test_a_connection_that_has_waited_for_long_is_closed():
    """A firewall between may have forgotten it without a word."""
    with HostileServer(_always(_OK)) as server:
        client = _client(Deadlines(connect=PATIENT.connect, total=PATIENT.total, idle=0.01))
        client.send(ProviderRequest.get(server.url))
        time.sleep(0.02)
        client.send(ProviderRequest.get(server.url))
        client.close()

    assert 2 == server.connections
