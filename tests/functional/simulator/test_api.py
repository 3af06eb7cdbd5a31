"""The JSON interface and the page, without a browser."""

import threading
import time

import pytest

PHONE = "+491711234567"
HOSTILE = "<script>alert(1)</script>\x00\x1b[31m\u202eevil"


def test_a_waiting_client_gets_the_text_when_it_comes(simulator):
    """No test has to sleep."""
    timer = threading.Timer(0.2, simulator.submit)
    timer.start()
    begun = time.monotonic()
    texts = simulator.texts(wait=60)

    assert [text["text"] for text in texts] == ["hello"]
    assert time.monotonic() - begun < 30
    timer.join()


def test_since_gives_only_news(simulator):
    """`latest` is what to ask with."""
    simulator.submit(Body="one")
    url = f"{simulator.url}/phones/{PHONE}/messages"
    latest = simulator.http.get(url, timeout=10).json()["latest"]
    simulator.submit(Body="two")

    news = simulator.http.get(url, params={"since": latest}, timeout=10).json()["messages"]
    assert [text["text"] for text in news] == ["two"]


def test_phones_are_listed_labelled_and_cleared(simulator):
    """All that a demonstration needs."""
    simulator.http.put(f"{simulator.url}/phones/{PHONE}", json={"label": "Alice"}, timeout=10)
    simulator.submit()
    (phone,) = simulator.http.get(f"{simulator.url}/phones", timeout=10).json()["phones"]
    gone = simulator.http.delete(f"{simulator.url}/phones/{PHONE}/messages", timeout=10)

    assert (phone["number"], phone["label"], phone["messages"], phone["unread"]) == (PHONE, "Alice", 1, 1)
    assert (gone.status_code, simulator.texts()) == (204, [])


def test_a_browser_that_asks_for_phones_gets_the_page(simulator):
    """The address people guess."""
    answer = simulator.http.get(f"{simulator.url}/phones", headers={"Accept": "text/html"}, timeout=10)

    assert answer.url == f"{simulator.url}/"
    assert "Virtual phones" in answer.text


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/phones/tomorrow/messages", None, 400),
        ("GET", f"/phones/{PHONE}/messages?since=x", None, 400),
        ("GET", f"/phones/{PHONE}/messages?wait=nan", None, 400),
        ("POST", f"/phones/{PHONE}/replies", {}, 400),
        ("POST", f"/phones/{PHONE}/replies", {"text": "hi"}, 409),
        ("POST", f"/phones/{PHONE}/replies", {"text": "hi", "to": "+15005550006", "provider": "nobody"}, 400),
        ("PUT", "/faults/nobody", {"kind": "slow"}, 404),
        ("PUT", "/faults/twilio", {"kind": "melt"}, 400),
        ("PUT", "/providers/twilio", {"inbound_url": "javascript:alert(1)"}, 400),
        ("GET", "/nothing", None, 404),
    ],
)
def test_a_bad_request_is_explained(simulator, method, path, body, status):
    """In a sentence, as JSON where JSON was asked for."""
    answer = simulator.http.request(method, simulator.url + path, json=body, timeout=10)

    assert answer.status_code == status


def test_nobody_can_reply_to_a_name(simulator):
    """As in real life."""
    simulator.submit(From="ACME")
    answer = simulator.http.post(f"{simulator.url}/phones/{PHONE}/replies", json={"text": "hi"}, timeout=10)

    assert answer.status_code == 409
    assert "name" in answer.json()["error"]


def test_a_hostile_text_is_shown_literally(simulator):
    """Nothing is run, nothing is hidden, nothing is turned round."""
    simulator.submit(Body=HOSTILE)
    page = simulator.http.get(simulator.url, timeout=10).text

    assert "&lt;script&gt;alert(1)&lt;/script&gt;␀␛[31m[U+202E]evil" in page
    assert "<script>alert" not in page


def test_the_page_has_a_strict_policy(simulator):
    """Nothing from outside, nothing inline."""
    headers = simulator.http.get(simulator.url, timeout=10).headers

    assert "default-src 'none'; script-src 'self'; style-src 'self'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert (headers["X-Content-Type-Options"], headers["Cache-Control"]) == ("nosniff", "no-store")


def test_the_page_works_without_its_script(simulator):
    """A form brings one back to the phone it belongs to."""
    simulator.submit()
    answer = simulator.http.post(
        f"{simulator.url}/phone/{PHONE}/reply", data={"text": "hi"}, allow_redirects=False, timeout=10
    )

    assert (answer.status_code, answer.headers["Location"]) == (303, f"/#phone-{PHONE.lstrip('+')}")
    assert [text["text"] for text in simulator.texts()] == ["hello", "hi"]
    assert '<noscript><meta http-equiv="refresh"' in simulator.http.get(simulator.url, timeout=10).text


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_another_sites_page_can_change_nothing(simulator, headers):
    """A developer's browser visits the whole world."""
    answer = simulator.http.post(f"{simulator.url}/phone", data={"number": PHONE}, headers=headers, timeout=10)

    assert answer.status_code == 403


def test_a_name_that_resolves_to_loopback_is_not_served(simulator):
    """DNS rebinding."""
    answer = simulator.http.get(simulator.url, headers={"Host": "rebound.example"}, timeout=10)

    assert answer.status_code == 400


@pytest.mark.parametrize(
    "head",
    [
        "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        "nonsense\r\n\r\n",
    ],
)
def test_odd_requests_are_refused_and_the_line_is_closed(simulator, head):
    """What cannot be read to its end must not be followed by another request."""
    import socket  # noqa: PLC0415

    host, port = simulator.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as line:
        line.sendall(head.encode())
        answer = b"".join(iter(lambda: line.recv(4096), b""))

    assert b"Error code" in answer or b" 4" in answer.split(b"\r\n")[0]
