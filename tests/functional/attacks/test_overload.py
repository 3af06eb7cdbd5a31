"""Too much, too big, too slow, or nothing at all: refused with a status, and honest people get in meanwhile."""

import http.client
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.functional.effort import rounds
from tests.functional.provided import Provider
from tests.functional.running import Installation, is_signed_in
from tests.functional.visitor import Answer, Browser, connect, read_answer, volley

pytestmark = pytest.mark.xdist_group("house")
_LONGEST = 25.0
"""Seconds for what takes less than one; who is kept waiting gives up after forty."""

_REFUSALS = range(300, 500)
_FORM = "application/x-www-form-urlencoded"


@pytest.fixture(autouse=True)
def _it_lives_on(house: Installation, provider: Provider) -> object:
    """Whatever a test throws at it: the same processes are there afterwards, and somebody can log in."""
    before = house.nodes[0].family()
    yield
    person, browser = house.person(), house.browser()
    page = house.sign_in(person, browser)
    browser.submit(page, "code", code=house.code(person))

    assert before == house.nodes[0].family()
    assert is_signed_in(browser)


def test_a_flood_of_passwords_is_answered_and_hashing_stays_bounded(house: Installation) -> None:
    """Each costs 19 MiB and 27 ms of a core; more than the cores can do is told to come back.

    The oracle: only redirects, 429 and 503 with Retry-After; `/healthz` answers meanwhile; memory grows by less than
    200 MiB, where eighty hashes at once would take 1.5 GiB.
    """
    count = rounds(80, 2000)
    shots = [_password(house) for _ in range(count)]
    before, slowest, done = _memory(house), [0.0], threading.Event()
    watcher = threading.Thread(target=_watch_health, args=(house, slowest, done))
    watcher.start()
    answers = [answer for start in range(0, count, 80) for answer in volley(shots[start : start + 80])]
    done.set()
    watcher.join()

    assert {303, 429, 503} >= {answer.status for answer in answers}
    assert all(answer.header("Retry-After") for answer in answers if answer.status != 303)
    assert slowest[0] < _LONGEST
    assert _memory(house) - before < 200 << 20


def test_a_flood_of_codes_from_open_processes_is_answered(house: Installation, provider: Provider) -> None:
    """Cheap checks come first: a guess beyond the fifth is not hashed at all. The oracle: comparisons, and statuses."""
    person, browser = house.person(), house.browser()
    page = house.sign_in(person, browser)
    house.code(person)
    form = page.page.form_with("code")
    path, before = form.action.removeprefix(browser.origin), house.comparisons()
    shots = [
        (twin, twin.write_form(path, {**form.fields, "code": f"{number:06d}"}.items()))
        for number, twin in enumerate([browser.twin() for _ in range(rounds(150, 3000))])
    ]
    answers = [answer for start in range(0, len(shots), 150) for answer in volley(shots[start : start + 150])]

    assert {303, 429, 503} >= {answer.status for answer in answers}
    assert house.comparisons() - before <= 5


def _body(size: int) -> Callable[[Browser], bytes]:
    return lambda browser: browser.write("POST", "/login/web", body=b"a" * size, headers=[("Content-Type", _FORM)])


def _announced(size: int) -> Callable[[Browser], bytes]:
    headers = [("Content-Length", str(size)), ("Content-Type", _FORM)]
    return lambda browser: browser.write("POST", "/login/web", body=b"a=b", headers=headers)


def _fields(count: int) -> Callable[[Browser], bytes]:
    return lambda browser: browser.write_form("/login/web", [(f"f{number}", "x") for number in range(count)])


def _multipart(parts: int, size: int) -> Callable[[Browser], bytes]:
    part = b'--x\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\n' + b"a" * size + b"\r\n"
    headers = [("Content-Type", "multipart/form-data; boundary=x")]
    return lambda browser: browser.write("POST", "/login/web", body=part * parts + b"--x--\r\n", headers=headers)


def _chunked(size: int) -> Callable[[Browser], bytes]:
    chunk = b"10000\r\n" + b"a" * 65_536 + b"\r\n"
    head = b"POST /login/web HTTP/1.1\r\nHost: %s\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    return lambda browser: (
        head % browser.origin.removeprefix("http://").encode() + chunk * (size // 65_536) + b"0\r\n\r\n"
    )


def _json(depth: int) -> Callable[[Browser], bytes]:
    headers = [("Content-Type", "application/json")]
    return lambda browser: browser.write("POST", "/login/web", body=b"[" * depth, headers=headers)


def _get(path: str, *headers: tuple[str, str]) -> Callable[[Browser], bytes]:
    return lambda browser: browser.write("GET", path, headers=headers)


_ODD = {
    "a megabyte": _body(1 << 20),
    "a hundred megabytes announced": _announced(100 << 20),
    "an impossible length": _announced(1 << 70),
    "a megabyte in chunks": _chunked(1 << 20),
    "ten thousand fields": _fields(10_000),
    "a thousand parts": _multipart(1000, 10),
    "one large part": _multipart(1, 200_000),
    "deep JSON": _json(100_000),
    "a long path": _get("/login/" + "a" * 20_000),
    "a long query": _get("/login/web?c=" + "a" * 20_000),
    "a long name of an event": _get("/login/" + "%F0%9F%98%80" * 200),
    "a broken path": _get("/login/%ff%fe%00"),
    "ten thousand cookies": _get("/login/web", ("Cookie", "; ".join(f"a{number}=b" for number in range(4_000)))),
    "broken cookies": _get("/sessions", ("Cookie", 'authsms-session="\\"; authsms-browser=;;=;\x01')),
    "an odd language": _get("/login/web", ("Accept-Language", "de;q=9e9,\\*;q=-1," + "x," * 2000)),
    "an odd method": lambda browser: browser.write("BREW", "/login/web"),
}


@pytest.mark.parametrize("odd", _ODD.values(), ids=_ODD.keys())
def test_what_no_browser_sends_is_refused(house: Installation, odd: Callable[[Browser], bytes]) -> None:
    """The oracle: a status below 500 or a closed connection, within seconds, and no line in the log says "failed"."""
    browser, began, read = house.browser(), time.monotonic(), len(house.logs())
    status = _status(browser, odd(browser))

    assert status == 0 or 200 <= status < 500
    assert time.monotonic() - began < _LONGEST
    assert "failed" not in house.logs()[read:]


def test_empty_and_missing_values_are_no_denial_of_service(house: Installation, provider: Provider) -> None:
    """PrivacyIDEA CVE-2018-1000809: `user=&pass=`. The oracle: every answer is a redirect or a refusal, and quick."""
    person, browser = house.person(), house.browser()
    page = browser.get("/login/web")
    token = ("csrf_token", page.page.form_with("password").fields["csrf_token"])
    values = ["", " ", "\0", "\u200b", "\n", "%", "\\", "*", "(", "\\\\", "LOCAL\\", "\\x", "a" * 300, "é" * 257]
    answers = [
        browser.post("/login/web", [token, ("user_name", name), ("password", password)])
        for name in (*values, person.login)
        for password in ("", "\0", " " * 8)
    ]
    answers += [
        browser.post("/login/web", [token, *fields]) for fields in ([], [("user_name", "")], [("password", "")])
    ]

    assert all(answer.status in _REFUSALS for answer in answers)
    assert max(answer.seconds for answer in answers) < _LONGEST
    assert not is_signed_in(browser)


def test_slow_senders_do_not_keep_others_out(house: Installation, provider: Provider) -> None:
    """Requests that never get past their head, or are for another host, hold no thread, as their bodies are not read.

    A form for this host that never ends does hold one; the manual says what keeps these away. The oracle: an honest
    login while all of them are open.
    """
    slow = [connect(house.url) for _ in range(rounds(200, 1000))]
    for number, line in enumerate(slow):
        line.sendall(b"POST /login/web HTTP/1.1\r\nHost: x\r\n" + b"Content-Length: 50\r\n\r\nabc" * (number % 2))
    person, browser = house.person(), house.browser()
    began = time.monotonic()
    page = house.sign_in(person, browser)
    browser.submit(page, "code", code=house.code(person))
    elapsed = time.monotonic() - began
    for line in slow:
        line.close()

    assert is_signed_in(browser)
    assert elapsed < _LONGEST


def test_a_form_that_never_ends_keeps_nobody_from_sending_another(house: Installation, provider: Provider) -> None:
    """It holds the thread that reads it, and nothing else. The oracle: an honest login while six have not ended."""
    person, browser, strangers = house.person(), house.browser(), [house.browser() for _ in range(6)]
    forms = [house.sign_in(house.person(), stranger).page.form_with("code") for stranger in strangers]
    page, code = house.sign_in(person, browser), house.code(person)
    slow = [connect(house.url) for _ in strangers]
    for line, stranger, form in zip(slow, strangers, forms, strict=True):
        path = form.action.removeprefix(stranger.origin)
        line.sendall(stranger.write_form(path, {**form.fields, "code": "123456"}.items())[:-1])
    time.sleep(0.5)
    request = browser.write_form(*_filled(browser, page, code))
    with suppress(OSError):
        browser.call(request)
    for line in slow:
        line.close()

    assert is_signed_in(browser)


def _filled(browser: Browser, page: Answer, code: str) -> tuple[str, list[tuple[str, str]]]:
    form = page.page.form_with("code")
    return form.action.removeprefix(browser.origin), [*{**form.fields, "code": code}.items()]


def _password(house: Installation) -> tuple[Browser, bytes]:
    browser = house.browser()
    form = browser.get("/login/web").page.form_with("password")
    fields = {**form.fields, "user_name": f"nobody{len(house.browsers)}", "password": "not the password"}
    return browser, browser.write_form("/login/web", fields.items())


def _watch_health(house: Installation, slowest: list[float], done: threading.Event) -> None:
    while not done.wait(0.05):
        began = time.monotonic()
        Browser(house.url, house.public_url).get("/healthz")
        slowest[0] = max(slowest[0], time.monotonic() - began)


def _memory(house: Installation) -> int:
    pages = [int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) for pid in house.nodes[0].family()]
    return sum(pages) * 4096


def _status(browser: Browser, request: bytes) -> int:
    """Return the status that a request gets, 0 when the connection is closed instead."""
    answer: Answer | None = None
    with suppress(OSError, http.client.HTTPException), connect(browser.server, browser.address) as line:
        with suppress(ConnectionError):
            line.sendall(request)
        line.shutdown(socket.SHUT_WR)
        answer = read_answer(line, browser.origin)
    return 0 if answer is None else answer.status
