"""How the simulator calls webhooks, against servers that answer in every way there is."""

import socket
import ssl
from collections import deque
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Semaphore, Thread

import pytest

from authsms.simulator.calls import Caller, NobodyThereError
from tests.parts.certificates import Authority
from tests.parts.processes import HOST

THANKS = b"HTTP/1.1 204 No Content\r\n\r\n"
HANG_UP = b""


@dataclass(slots=True)
class Scripted:
    """A server whose connections have their answers; one that is over closes the connection."""

    listener: socket.socket
    script: deque[list[bytes]]
    context: ssl.SSLContext | None = None
    asked: list[bytes] = field(default_factory=list)
    closed: Semaphore = field(default_factory=lambda: Semaphore(0))

    @property
    def url(self) -> str:
        """Where it is."""
        return f"{'https' if self.context else 'http'}://{HOST}:{self.listener.getsockname()[1]}/hook?a=b"

    def serve(self) -> None:
        """Take one connection after the other."""
        with suppress(OSError):
            while self.script:
                line, _ = self.listener.accept()
                self._answer(line, self.script.popleft())
                self.closed.release()

    def _answer(self, line: socket.socket, answers: list[bytes]) -> None:
        with (
            suppress(OSError),
            closing(self.context.wrap_socket(line, server_side=True) if self.context else line) as end,
        ):
            for answer in answers:
                asked = b""
                while not asked.endswith(b"body"):
                    asked += end.recv(1 << 16)
                self.asked.append(asked)
                end.sendall(answer)


@contextmanager
def scripted(*script: list[bytes], context: ssl.SSLContext | None = None) -> Iterator[Scripted]:
    """Run a server of so many connections."""
    with socket.create_server((HOST, 0)) as listener:
        server = Scripted(listener, deque(script), context)
        thread = Thread(target=server.serve, daemon=True)
        thread.start()
        yield server
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        thread.join(10)


@pytest.fixture
def caller() -> Iterator[Caller]:
    """It trusts the usual authorities."""
    with closing(Caller(ssl.create_default_context)) as caller:
        yield caller


def call(caller: Caller, server: Scripted) -> int:
    return caller.call("POST", server.url, {"X-Signature": "right"}, b"body")


@pytest.mark.parametrize(
    "answer",
    [
        THANKS,
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: y\r\n\r\nok",
        b"HTTP/1.1 403 Forbidden\r\ncontent-length:0\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" + THANKS,
    ],
    ids=["nothing", "body", "refused", "continued"],
)
def test_a_connection_is_used_again(caller: Caller, answer: bytes) -> None:
    """Providers keep theirs open, too."""
    with scripted([answer, THANKS]) as server:
        first, second = call(caller, server), call(caller, server)

    assert (first, second) == (int(answer.replace(b"HTTP/1.1 100 Continue\r\n\r\n", b"")[9:12]), 204)
    assert server.asked[0].startswith(b"POST /hook?a=b HTTP/1.1\r\nHost: 127.0.0.1:")
    assert b"\r\nContent-Length: 4\r\nX-Signature: right\r\n\r\nbody" in server.asked[1]


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\n\r\nuntil the end",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok and more",
    ],
    ids=["chunked", "closing", "old", "unmeasured", "too long"],
)
def test_what_is_left_unread_is_no_answer_to_the_next_call(caller: Caller, answer: bytes) -> None:
    """Only the status counts; the next call has a connection of its own."""
    with scripted([answer], [THANKS]) as server:
        assert (call(caller, server), call(caller, server)) == (200, 204)


def test_a_connection_that_was_closed_meanwhile_is_not_used(caller: Caller) -> None:
    """Servers close idle connections without a word."""
    with scripted([THANKS], [THANKS]) as server:
        first = call(caller, server)
        assert server.closed.acquire(timeout=30)
        assert (first, call(caller, server)) == (204, 204)


@pytest.mark.parametrize(
    "answer",
    [HANG_UP, b"HTTP/1.1 20", b"SSH-2.0-OpenSSH\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok"],
    ids=["nothing", "beginning", "other", "cut"],
)
def test_half_an_answer_is_none(caller: Caller, answer: bytes) -> None:
    """The caller may try again."""
    with scripted([answer]) as server, pytest.raises(NobodyThereError):
        call(caller, server)


@pytest.mark.parametrize("address", ["ftp://127.0.0.1/", "nowhere", "http://[::1/"])
def test_an_address_that_is_none_is_told_apart(caller: Caller, address: str) -> None:
    """It is wrong the second time, too."""
    with pytest.raises(ValueError, match=r"be called|parse"):
        caller.call("GET", address, {}, b"")


def test_a_certificate_must_be_trusted(tmp_path: Path, caller: Caller) -> None:
    """As at any provider."""
    authority = Authority(tmp_path)
    files = authority.issue("server")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(files.certificate, files.key)
    trust = partial(ssl.create_default_context, cafile=str(authority.file))
    with scripted([THANKS], [THANKS], context=context) as server, closing(Caller(trust)) as trusting:
        assert call(trusting, server) == 204
        trusting.close()
        with pytest.raises(ssl.SSLError):
            call(caller, server)
