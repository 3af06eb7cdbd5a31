"""Packets: who may ask, what must be signed, what is repeated, and what is broken."""

import random
import socket
import struct
import threading
import time

import pytest
from pyrad.packet import AuthPacket

from authsms.logon.radius_profile import RadiusProfile
from authsms.protocols.radius.packets import Ask, Drop, Request, read_request
from tests.functional.protocols.radius.device import SECRET, count, open_gateway, wait_for_another
from tests.integration.logon.house import PASSWORD

UNSIGNED = RadiusProfile(must_sign=False)
QUIET_SECONDS = 0.3


def test_a_request_that_nobody_signed_is_dropped(house):
    """B-01: the default; radclient of Debian 12 signs nothing unless it is told to."""
    with open_gateway(house, signs=False) as gateway:
        heard = gateway.radclient.ask(User_Name="alice", User_Password=PASSWORD, seconds=QUIET_SECONDS)

    assert "" == heard.kind
    assert [] == house.tags()[1:]


def test_an_excepted_client_need_not_sign_and_is_named_loudly(house, logged):
    """B-01: the exception is one client's, and every start says so."""
    with open_gateway(house, UNSIGNED, signs=False) as gateway:
        heard = gateway.log_in()

    assert "Access-Challenge" == heard.kind
    assert "Message-Authenticator" == heard.attributes[0][0]
    assert "radius.unsigned_client" in logged.text


def test_an_excepted_client_signs_what_came_through_a_proxy(house):
    """B-04: forging an answer takes a Proxy-State in the request."""
    with open_gateway(house, UNSIGNED, signs=False) as gateway:
        heard = gateway.radclient.ask(
            User_Name="alice", User_Password=PASSWORD, Proxy_State="0x0102", seconds=QUIET_SECONDS
        )

    assert "" == heard.kind


def test_a_wrong_signature_is_dropped_and_the_right_one_accepted(gateway, house):
    """B-02: both directions, also where signing is not required."""
    stranger = type(gateway.radclient)(gateway.server.port, "another-secret-of-16-characters")
    heard = stranger.ask(User_Name="alice", User_Password=PASSWORD, seconds=QUIET_SECONDS)

    assert "" == heard.kind
    assert "Access-Challenge" == gateway.log_in().kind


def test_an_excepted_client_with_a_wrong_signature_is_dropped(house):
    """An exception from having to sign is none from signing right."""
    with open_gateway(house, UNSIGNED) as gateway:
        stranger = type(gateway.radclient)(gateway.server.port, "another-secret-of-16-characters")

        assert "" == stranger.ask(User_Name="alice", User_Password=PASSWORD, seconds=QUIET_SECONDS).kind


def test_proxy_states_come_back_in_order_behind_the_signature(gateway):
    """A proxy finds its request by them (RFC 2865 section 5.33)."""
    heard = gateway.log_in(Proxy_State="0x0102")

    assert ["0x0102"] == heard.get("Proxy-State")
    assert "Message-Authenticator" == heard.attributes[0][0]


def test_strangers_hear_nothing_and_the_most_specific_network_decides(gateway, house):
    """Which secret is right depends on where a request comes from, and on nothing it says."""
    before = count("unknown-client")
    gateway.clients.add("All", "127.0.0.0/8", event="web", secret="the-secret-of-the-whole-network")
    gateway.clients.remove("Gateway")
    gateway.clients.add("Elsewhere", "192.0.2.0/24", event="web", secret=SECRET)
    gateway.server._clients.look_again()
    silent = gateway.radclient.ask(User_Name="alice", User_Password=PASSWORD, seconds=QUIET_SECONDS)
    gateway.clients.add("Gateway", "127.0.0.1", event="web", secret=SECRET)
    gateway.server._clients.look_again()
    heard = gateway.log_in()
    for name in ("Gateway", "All"):
        gateway.clients.remove(name)
    gateway.server._clients.look_again()
    unknown = gateway.radclient.ask(User_Name="alice", User_Password=PASSWORD, seconds=QUIET_SECONDS)
    wait_for_another("unknown-client", before)

    assert ["", "Access-Challenge", ""] == [silent.kind, heard.kind, unknown.kind]
    assert before + 1 == count("unknown-client")


def test_ipv6_is_answered(house):
    """The same door, the other family."""
    with open_gateway(house, host="::1") as gateway:
        assert "Access-Challenge" == gateway.log_in().kind


def test_a_status_request_is_answered_if_it_is_signed(gateway):
    """Proxies ask whether a server is alive (RFC 5997)."""
    assert "Access-Accept" == gateway.radclient.ask("status").kind


def test_a_repeated_request_gets_the_same_bytes_and_no_second_text(gateway, house):
    """B-06, ATK-62: a lost answer costs nobody a text."""
    request = _request("alice", PASSWORD)
    with _socket(gateway.server.port) as asking:
        answers = [_exchange(asking, request) for _ in range(3)]

    assert answers[0] == answers[1] == answers[2] != b""
    assert 1 == len(house.sent)


def test_a_client_that_repeats_while_its_request_is_worked_on_gets_one_text(gateway, house):
    """The directory is slow, radclient impatient."""
    before, waiting = count("duplicate"), threading.Event()

    def be_slow() -> None:
        until = time.monotonic() + 20
        while count("duplicate") < before + 2 and time.monotonic() < until:
            waiting.wait(0.01)

    house.people.before_check = be_slow
    heard = gateway.radclient.ask(User_Name="alice", User_Password=PASSWORD, seconds=0.3, tries=100)

    assert "Access-Challenge" == heard.kind
    assert 1 == len(house.sent)


def test_more_requests_than_can_wait_are_dropped(gateway, house):
    """The line is bounded; who was dropped is answered when he comes again."""
    before, release = count("overload"), threading.Event()
    house.people.before_check = lambda: release.wait(20)
    with _socket(gateway.server.port) as asking:
        requests = [_request("mallory", "nope", identifier) for identifier in range(60)]
        for request in requests:
            asking.send(request)
        until = time.monotonic() + 20
        while count("overload") == before and time.monotonic() < until:
            release.wait(0.01)
        release.set()
        house.people.before_check = lambda: None
        last = _exchange(asking, requests[-1], identifier=59)

    assert before < count("overload")
    assert 59 == last[1]


def test_broken_packets_do_not_stop_the_server(gateway):
    """ATK-62: bytes changed, lengths wrong, attributes of no or too many bytes; it answers afterwards."""
    dice = random.Random(1812)  # noqa: S311 - a corpus that is the same each time
    whole = _request("alice", PASSWORD)
    corpus = [b"", b"\x01", whole[:19], whole[:20], whole + bytes(5000), bytes(4096), b"\xff" * 4096]
    for _ in range(250):
        broken = bytearray(whole)
        for _ in range(dice.randint(1, 6)):
            broken[dice.randrange(len(broken))] = dice.randrange(256)
        corpus.append(bytes(broken[: dice.choice((len(broken), dice.randrange(len(broken))))]))
    with _socket(gateway.server.port) as asking:
        for packet in corpus:
            asking.send(packet)

    assert "Access-Challenge" == gateway.log_in().kind


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (1, b"\xff\xfe"),
        (1, b"a\0b"),
        (1, b"\r\nalice"),
        (1, "\u202ealice".encode()),
        (1, b"*)(uid=*"),
        (1, b"a" * 253),
        (24, b""),
        (31, b"\xff" * 253),
        (4, b"\0" * 4),
        (26, b"\0\0\0\x09\x01"),
        (26, b""),
        (79, b"\x02\x01\x00\x05\x01"),
    ],
)
def test_signed_nonsense_is_answered_without_a_trace(gateway, kind, value, logged):
    """A device passes on whatever a person types, and more."""
    packet = AuthPacket(1, 7, SECRET.encode(), bytes(range(16)))
    packet.add_message_authenticator()
    packet[1], packet[2] = [b"mallory"], [packet.PwCrypt("nope")]
    packet[kind] = [value]
    with _socket(gateway.server.port) as asking:
        answer = _exchange(asking, packet.RequestPacket(), identifier=7)

    assert 3 == answer[0]
    assert "Traceback" not in logged.text


def test_a_packet_is_dropped_for_the_reason_it_deserves():
    """Each rule by itself, without a socket."""
    secret = SECRET.encode()
    whole = _request("alice", PASSWORD)
    signed_twice = _resized(whole + whole[20:38])
    bare = AuthPacket(1, 1, secret, bytes(16))
    bare[1] = [b"alice"]
    odd = AuthPacket(1, 1, secret, bytes(16))
    odd.add_message_authenticator()
    odd[2] = [b"short"]

    assert Drop.MALFORMED is read_request(signed_twice, secret, must_sign=True)
    assert Drop.MALFORMED is read_request(_resized(whole + b"\x01\x20abc"), secret, must_sign=False)
    assert Drop.MALFORMED is read_request(_resized(whole + b"\x01\x01"), secret, must_sign=False)
    assert Drop.MALFORMED is read_request(odd.RequestPacket(), secret, must_sign=True)
    assert Drop.OTHER_CODE is read_request(b"\x04" + whole[1:], secret, must_sign=True)
    assert Drop.UNSIGNED is read_request(bare.RequestPacket(), secret, must_sign=True)
    assert Drop.FORGED is read_request(whole, b"x" * 16, must_sign=False)
    assert Ask.ACCESS is _read(whole, secret).ask


def test_a_password_that_is_no_text_is_none():
    """Passing over odd bytes would make several passwords right."""
    packet = AuthPacket(1, 1, SECRET.encode(), bytes(16))
    packet.add_message_authenticator()
    packet[1], packet[2] = [b"alice"], [packet.PwCrypt(PASSWORD.encode() + b"\xff")]

    assert _read(packet.RequestPacket(), SECRET.encode()).password is None


def _read(packet: bytes, secret: bytes) -> Request:
    read = read_request(packet, secret, must_sign=True)
    assert isinstance(read, Request)
    return read


def _request(user: str, password: str, identifier: int = 1) -> bytes:
    packet = AuthPacket(1, identifier, SECRET.encode(), bytes([identifier]) * 16)
    packet.add_message_authenticator()
    packet[1], packet[2] = [user.encode()], [packet.PwCrypt(password)]
    written: bytes = packet.RequestPacket()
    return written


def _resized(packet: bytes) -> bytes:
    return packet[:2] + struct.pack("!H", len(packet)) + packet[4:]


def _socket(port: int) -> socket.socket:
    asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    asking.settimeout(0.5)
    asking.connect(("127.0.0.1", port))
    return asking


def _exchange(asking: socket.socket, packet: bytes, identifier: int = 1) -> bytes:
    """Send a request until its answer comes, as devices do."""
    for _ in range(40):
        asking.send(packet)
        try:
            while (answer := asking.recv(4096))[1] != identifier:
                continue
        except TimeoutError:
            continue
        return answer
    raise AssertionError("no answer")
