"""The guarded way out, against a provider that misbehaves."""

import logging
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from authsms.senders.exchange import NotSent, ProviderAnswer, ProviderRequest, Reply, Silence
from authsms.senders.http import Deadlines, HttpClient, HttpGuard
from tests.integration.delivery.waiting import wait_until
from tests.plugins import hostile
from tests.plugins.hostile import ENDLESS, PATIENT, HostileServer

SECRET = "s3cret-value"


def _guard(*allowed: str, deadlines: Deadlines = PATIENT, **options) -> HttpGuard:
    return HttpGuard(allowed or ("127.0.0.1",), deadlines=deadlines, **options)


def _form(url: str) -> ProviderRequest:
    return ProviderRequest.form(url, (("to", "+491"),), basic=("user", SECRET))


def _timed(client: HttpClient, request: ProviderRequest, patience: timedelta | None = None) -> tuple[Reply, float]:
    started = time.monotonic()
    return client.send(request, patience), time.monotonic() - started


def test_an_answer_comes_back_whole():
    """The ordinary case."""
    with HostileServer(hostile.answer(201, b'{"id":"1"}', "X-Thing: 5")) as server:
        reply = _guard().client().send(_form(server.url))

    assert isinstance(reply, ProviderAnswer)
    assert (201, b'{"id":"1"}', True) == (reply.status, reply.body, reply.is_whole)
    assert "5" == reply.headers["x-thing"]
    assert server.requests[0].endswith(b"\r\n\r\nto=%2B491")


def test_a_connection_is_used_again():
    """A handshake per text would double the time of sending."""

    def keep_alive(connection: socket.socket) -> None:
        for _ in range(3):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            server.requests.append(connection.recv(65_536))

    with HostileServer(keep_alive) as server:
        client = _guard().client()
        for _ in range(3):
            client.send(ProviderRequest.get(server.url))
        client.close()

    assert 1 == server.connections


def test_a_connection_that_was_closed_meanwhile_is_not_used_again():
    """A text that leaves on it would be lost, and nobody could tell."""
    with HostileServer(hostile.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")) as server:
        client = _guard().client()
        replies = []
        for _ in range(2):
            replies.append(client.send(_form(server.url)))
            wait_until(server.is_idle)

    assert [ProviderAnswer] * 2 == [type(reply) for reply in replies]
    assert 2 == server.connections


def test_a_refused_connection_was_certainly_not_sent():
    """The next service may be tried without risk."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        reply = _guard().client().send(_form(f"http://127.0.0.1:{taken.getsockname()[1]}"))

    assert NotSent("connect", "No connection to the provider.") == reply


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [
        (hostile.silence, "timeout"),
        (hostile.drip_body, "timeout"),
        (hostile.drip_last_body, "timeout"),
        (hostile.drip_head, "timeout"),
        (hostile.hang_up, "connection_lost"),
        (hostile.reset, "connection_lost"),
        (hostile.raw(b"HTTP/1.1 201 Created\r\nContent-Length: 50\r\n\r\n{"), "connection_lost"),
        (hostile.raw(b"\x00\x01\x02 nonsense\r\n\r\n"), "malformed_answer"),
        (hostile.flood_head, "malformed_answer"),
        (hostile.answer(201, b"{}", *[f"X-H{number}: {'y' * 900}" for number in range(60)]), "malformed_answer"),
    ],
)
def test_whatever_follows_the_request_but_no_answer_is_silence(behaviour, code):
    """The text may have been taken, and nobody waits longer than the deadline."""
    with HostileServer(behaviour) as server:
        client = _guard(deadlines=ENDLESS if code == "timeout" else PATIENT).client()
        reply, seconds = hostile.heard(server, lambda: _timed(client, _form(server.url)))

    assert isinstance(reply, Silence)
    assert code == reply.code
    assert seconds < PATIENT.total


def test_an_impatient_caller_is_let_go_before_the_deadline():
    """Another provider may be asked meanwhile."""
    with HostileServer(hostile.silence) as server:
        client = _guard().client()
        reply, seconds = hostile.heard(server, lambda: _timed(client, _form(server.url), timedelta(seconds=0.5)))

    assert isinstance(reply, Silence)
    assert "timeout" == reply.code
    assert seconds < PATIENT.connect


def test_a_huge_body_is_cut_at_64_kilobytes():
    """An endless answer costs neither memory nor time."""
    with HostileServer(hostile.flood_body) as server:
        reply = _guard().client().send(_form(server.url))

    assert isinstance(reply, ProviderAnswer)
    assert (64 * 1024, False) == (len(reply.body), reply.is_whole)


def test_a_compressed_bomb_is_not_unpacked():
    """The body is taken as it comes."""
    packed = b"\x1f\x8b" + b"\0" * 100
    with HostileServer(hostile.answer(200, packed, "Content-Encoding: gzip")) as server:
        reply = _guard().client().send(_form(server.url))

    assert isinstance(reply, ProviderAnswer)
    assert packed == reply.body


def test_a_redirect_is_not_followed_and_its_body_not_swallowed():
    """A provider could point into the private network."""
    with HostileServer(hostile.answer(200, b"internal")) as inside:
        location = f"Location: {inside.url}/latest/meta-data/"
        with HostileServer(hostile.answer(302, b"", location)) as server:
            reply = _guard().client().send(_form(server.url))

    assert isinstance(reply, ProviderAnswer)
    assert 302 == reply.status
    assert [] == inside.requests


def test_a_cookie_is_not_kept():
    """A cookie would tie texts together, and the next one to a session of the provider's choice."""
    with HostileServer(hostile.answer(200, b"", "Set-Cookie: a=b; Path=/", "Connection: close")) as server:
        client = _guard().client()
        client.send(_form(server.url))
        client.send(_form(server.url))

    assert 2 == len(server.requests)
    assert b"cookie" not in server.requests[1].lower()


def test_proxies_and_credentials_of_the_environment_are_ignored(monkeypatch, tmp_path):
    """The environment of the process is not where the way out is configured."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login other password other\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with HostileServer(hostile.answer(500)) as proxy, HostileServer(hostile.answer(200, b"ok")) as server:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        reply = _guard().client().send(ProviderRequest.get(server.url))

    assert isinstance(reply, ProviderAnswer)
    assert b"ok" == reply.body
    assert [] == proxy.requests
    assert b"authorization" not in server.requests[0].lower()


def test_no_log_line_tells_the_address_of_a_call(caplog):
    """Numbers and secrets of some providers stand in the query."""
    caplog.set_level(logging.DEBUG)
    with HostileServer(hostile.raw(b"HTTP/1.1 200 OK\r\nbad header\r\nContent-Length: 0\r\n\r\n")) as server:
        _guard().client().send(ProviderRequest.get(server.url, (("password", SECRET), ("to", "+4915112345678"))))

    assert SECRET not in caplog.text
    assert "4915112345678" not in caplog.text


def test_many_threads_share_one_client():
    """One session per service, all sender threads on it."""
    replies: list[Reply] = []
    with HostileServer(hostile.answer(200, b"ok", "Connection: close")) as server:
        client = _guard().client(connections=4)

        def send() -> None:
            replies.extend(client.send(_form(server.url)) for _ in range(10))

        threads = [threading.Thread(target=send) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert 80 == sum(isinstance(reply, ProviderAnswer) for reply in replies)


def test_calls_beyond_the_bound_wait_shortly_and_are_not_sent():
    """A provider that hangs takes no more than its share of threads."""
    with HostileServer(hostile.silence) as server, ThreadPoolExecutor(1) as pool:
        client = _guard(deadlines=Deadlines(connect=0.6, total=60)).client(connections=1)
        first = pool.submit(client.send, _form(server.url))
        wait_until(lambda: len(server.requests) == 1)
        second = client.send(_form(server.url))
        was_waiting = not first.done()
        server.hang_up()

    assert ("busy", True) == (getattr(second, "code", ""), was_waiting)
    assert "connection_lost" == getattr(first.result(), "code", "")
