"""Faults, seen on the socket."""

import json
import socket
import statistics
import time
from base64 import b64encode
from urllib.parse import urlencode, urlsplit

import pytest
import requests

PHONE = "+491711234567"


class Line:
    """A raw connection that submits one text and reads what comes, piece by piece."""

    def __init__(self, simulator):
        place = urlsplit(simulator.messages_url)
        form = urlencode({"To": PHONE, "From": "+15005550006", "Body": "hello"}).encode()
        pair = b64encode(f"{simulator.twilio.sid}:{simulator.twilio.token}".encode()).decode()
        lines = [
            f"POST {place.path} HTTP/1.1",
            f"Host: {place.netloc}",
            f"Authorization: Basic {pair}",
            "Content-Type: application/x-www-form-urlencoded",
            f"Content-Length: {len(form)}",
        ]
        self.socket = socket.create_connection((place.hostname, place.port), timeout=10)
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode() + form)

    def pieces(self):
        """Yield what arrives until the other side closes."""
        while piece := self.socket.recv(65_536):
            yield piece

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


def test_a_dropped_connection_says_nothing_but_the_text_arrives(simulator):
    """The hardest case: taken, and nobody told the sender."""
    simulator.set_fault(kind="drop")
    with Line(simulator) as line:
        assert b"" == b"".join(line.pieces())

    assert len(simulator.texts()) == 1


def test_a_dropped_connection_can_swallow_the_text(simulator):
    """The same silence, the other truth."""
    simulator.set_fault(kind="drop", taken=False)
    with Line(simulator) as line:
        assert b"" == b"".join(line.pieces())

    assert simulator.texts() == []


def test_a_connection_can_be_reset(simulator):
    """RST, not FIN."""
    simulator.set_fault(kind="reset")
    with Line(simulator) as line, pytest.raises(ConnectionResetError):
        b"".join(line.pieces())


def test_an_answer_can_end_in_the_middle(simulator):
    """The status line says 201 and the body is half there."""
    simulator.set_fault(kind="cut")
    with Line(simulator) as line:
        head, _, body = b"".join(line.pieces()).partition(b"\r\n\r\n")

    length = int(head.lower().partition(b"content-length: ")[2].split()[0])
    assert head.startswith(b"HTTP/1.1 201")
    assert 0 < len(body) < length


@pytest.mark.parametrize(("kind", "first"), [("drip", b"HTTP/1.1 201"), ("drip_head", b"H")])
def test_an_answer_can_drip(simulator, kind, first):
    """Byte by byte, each in its own segment, so that no read time-out ever strikes."""
    simulator.set_fault(kind=kind, seconds=0.02)
    begun = time.monotonic()
    with Line(simulator) as line:
        pieces = [piece for piece, _ in zip(line.pieces(), range(12), strict=False)]

    assert pieces[0].startswith(first)
    assert statistics.median(map(len, pieces[1:])) <= 20  # of hundreds; a reader that is held up finds several
    assert time.monotonic() - begun > 0.15


def test_a_hanging_provider_never_answers(simulator):
    """Until the client goes; the text has arrived meanwhile."""
    simulator.set_fault(kind="hang")
    with Line(simulator) as line:
        line.socket.settimeout(0.3)
        with pytest.raises(TimeoutError):
            line.socket.recv(1)

    assert len(simulator.texts(wait=10)) == 1


def test_a_hanging_provider_gives_up_after_its_seconds(simulator):
    """Then it closes without a word."""
    simulator.set_fault(kind="hang", seconds=0.2)
    with Line(simulator) as line:
        assert b"" == b"".join(line.pieces())


def test_a_slow_provider_answers_late_and_rightly(simulator):
    """A client with less patience sees a time-out."""
    simulator.set_fault(kind="slow", seconds=0.3)
    begun = time.monotonic()
    answer = simulator.submit()

    assert answer.status_code == 201
    assert time.monotonic() - begun >= 0.3


def test_a_huge_answer_has_no_announced_length(simulator):
    """A client must count, not trust; the end is valid JSON all the same."""
    simulator.set_fault(kind="huge", size=3_000_000)
    with Line(simulator) as line:
        head, _, body = b"".join(line.pieces()).partition(b"\r\n\r\n")

    assert b"content-length" not in head.lower()
    assert len(body) == 3_000_000
    assert json.loads(body)["status"] == "queued"


def test_a_redirect_leads_where_no_client_may_go(simulator):
    """The metadata address, unless told otherwise."""
    simulator.set_fault(kind="redirect")
    auth = (simulator.twilio.sid, simulator.twilio.token)
    form = {"To": PHONE, "From": "+15005550006", "Body": "hello"}
    answer = simulator.http.post(simulator.messages_url, data=form, auth=auth, allow_redirects=False, timeout=10)

    assert (answer.status_code, answer.headers["Location"][:22]) == (302, "http://169.254.169.254")


def test_garbage_and_nothing_are_not_json(simulator):
    """Both with a cheerful 201."""
    for kind in ("garbage", "empty"):
        simulator.set_fault(kind=kind)
        answer = simulator.submit()
        assert answer.status_code == 201
        with pytest.raises(requests.JSONDecodeError):
            answer.json()


def test_a_lie_is_a_perfect_success_without_a_text(simulator, receiver):
    """Only the receipt that never comes tells."""
    simulator.set_fault(kind="lie", times=1)
    assert simulator.submit(StatusCallback=receiver.url).status_code == 201
    assert simulator.texts() == []

    simulator.submit(StatusCallback=receiver.url)
    assert len(receiver.wait_for(3)) == 3


def test_errors_can_be_asked_for_by_code_and_status(simulator):
    """Any line of the provider's table."""
    simulator.set_fault(kind="fail", code=30001, status=503)
    answer = simulator.submit()

    assert (answer.status_code, answer.json()["code"]) == (503, 30001)


def test_a_throttled_client_is_told_when_to_come_back(simulator):
    """Twilio documents no Retry-After, others send one."""
    simulator.set_fault(kind="throttle", seconds=7)
    answer = simulator.submit()

    assert (answer.status_code, answer.json()["code"], answer.headers["Retry-After"]) == (429, 20429, "7")


def test_a_fault_of_one_number_leaves_the_others_alone(simulator):
    """Faults by number let tests run side by side."""
    simulator.set_fault(kind="fail", phone=PHONE)

    assert simulator.submit().status_code == 500
    assert simulator.submit(To="+491717654321").status_code == 201


def test_a_connection_is_kept_open(simulator):
    """As providers do; a client with a pool needs one connection for many calls."""
    for _ in range(5):
        simulator.submit()
    pools = simulator.http.get_adapter(simulator.url).poolmanager.pools

    assert [1] == [pools[key].num_connections for key in pools.keys()]  # noqa: SIM118 - this container has only keys
