"""Where the guarded way out may lead."""

import threading
import time

import pytest

from authsms.senders.exchange import NotSent, ProviderAnswer, ProviderRequest
from authsms.senders.http import Deadlines, HttpGuard
from tests.plugins import hostile
from tests.plugins.hostile import PATIENT, QUICK, HostileServer


def _guard(*allowed: str, deadlines: Deadlines = PATIENT, **options) -> HttpGuard:
    return HttpGuard(allowed or ("127.0.0.1",), deadlines=deadlines, **options)


def _form(url: str) -> ProviderRequest:
    return ProviderRequest.form(url, (("to", "+491"),), basic=("user", "password"))


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "localhost",
        "localhost.",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",  # noqa: S104 - a destination here
        "127。0。0。1",
        "user@127.0.0.1",
    ],
)
def test_no_spelling_of_loopback_is_called(host):
    """The corpus, with zero hits on the canary."""
    with HostileServer(hostile.answer(200)) as canary:
        guard = HttpGuard(["10.0.0.0/8"], deadlines=PATIENT)
        replies = [guard.client().send(_form(f"{scheme}://{host}:{canary.port}/")) for scheme in ("http", "https")]

    assert 0 == canary.connections
    assert all(isinstance(reply, NotSent) for reply in replies)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "gopher://127.0.0.1/", "http+unix://%2Frun", "http:///x"])
def test_no_other_scheme_is_spoken(url):
    """A form field must not become a way to read files."""
    reply = _guard().client().send(ProviderRequest.get(url))

    assert isinstance(reply, NotSent)
    assert reply.is_refused


def test_one_private_address_among_public_ones_is_enough_to_refuse():
    """An attacker's name server mixes them."""
    guard = _guard("10.0.0.0/8", lookup=lambda _host, _port: ["93.184.215.14", "192.168.1.1"])

    reply = guard.client().send(_form("https://gateway.example/"))

    assert isinstance(reply, NotSent)
    assert ("address_refused", True) == (reply.code, reply.is_refused)


def test_the_name_is_resolved_once():
    """DNS rebinding: a second look-up could answer differently."""
    asked = []

    def lookup(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    with HostileServer(hostile.answer(200, b"ok")) as server:
        guard = _guard("127.0.0.0/8", lookup=lookup)
        reply = guard.client().send(_form(f"http://gateway.example:{server.port}/send"))

    assert isinstance(reply, ProviderAnswer)
    assert ["gateway.example"] == asked
    assert b"Host: gateway.example:" in server.requests[0]


def test_the_next_address_is_tried_when_one_does_not_answer():
    """A provider with one broken machine still takes texts."""
    with HostileServer(hostile.answer(200, b"ok")) as server:
        guard = _guard("127.0.0.0/8", lookup=lambda _host, _port: ["127.0.0.2", "127.0.0.1"])
        reply = guard.client().send(_form(f"http://gateway.example:{server.port}/"))

    assert isinstance(reply, ProviderAnswer)


def test_a_name_that_cannot_be_resolved_was_not_sent():
    """DNS gone; nothing is called then (the protection must not be skipped)."""

    def lookup(_host: str, _port: int) -> list[str]:
        raise OSError

    reply = _guard(lookup=lookup).client().send(_form("https://gateway.example/"))

    assert isinstance(reply, NotSent)
    assert "resolve" == reply.code


def test_a_name_server_that_hangs_holds_nobody_longer_than_connecting_may_take():
    """The system's look-up knows no time-out."""
    ended = threading.Event()

    def lookup(_host: str, _port: int) -> list[str]:
        ended.wait(10)
        return []

    started = time.monotonic()
    reply = _guard(deadlines=QUICK, lookup=lookup).client().send(_form("https://gateway.example/"))
    ended.set()

    assert isinstance(reply, NotSent)
    assert time.monotonic() - started < 9
