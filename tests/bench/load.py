"""People who log in over the web pages, as many at once as asked for, and how long each step took them."""

import http.client
import json
import re
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from authsms.simulator.codes import find_code

_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
_TITLE = re.compile(r"<title>([^<]*)")
_ID = re.compile(r"[0-9a-f]{32}")
_TIMEOUT = 60
_LOOPBACK_ADDRESSES = 250
STEPS = ("login page", "password → code page", "code page", "text arrives", "code → signed in", "whole login")


class LoadError(Exception):
    """A login went wrong; the text says at which step."""


@dataclass(slots=True)
class Measured:
    """Seconds each step took, by name, and what went wrong."""

    steps: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in STEPS})
    failures: list[str] = field(default_factory=list)
    elapsed: float = 0.0

    @property
    def logins(self) -> int:
        """How many people got in."""
        return len(self.steps["whole login"])


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who logs in, and the virtual phone that gets the code."""

    login: str
    password: str
    phone: str


class _Browser:
    """One connection with cookies, from a loopback address of its own, so that limits by address see many people."""

    def __init__(self, url: str, number: int) -> None:
        parts = urlsplit(url)
        address = f"127.0.{1 + number // _LOOPBACK_ADDRESSES % 200}.{1 + number % _LOOPBACK_ADDRESSES}"
        self._connection = http.client.HTTPConnection(
            parts.hostname or "", parts.port, timeout=_TIMEOUT, source_address=(address, 0)
        )
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._cookies: dict[str, str] = {}

    def call(self, method: str, path: str, body: str = "") -> tuple[int, str, str]:
        """Return status, place to go on to, and page."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if method == "POST":
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": self._origin}
        self._connection.request(method, path, body or None, headers)
        answer = self._connection.getresponse()
        text = answer.read().decode()
        for line in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = line.partition(";")[0].partition("=")
            self._cookies[name] = value
        return answer.status, answer.headers.get("Location", ""), text

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody who looks at the code page and has read the code."""

    browser: _Browser
    place: str
    token: str
    code: str

    def answer(self) -> None:
        """Send the code.

        Raises:
            LoadError: It was not taken.
        """
        status, onward, _ = self.browser.call("POST", self.place, f"csrf_token={quote(self.token)}&code={self.code}")
        if status != http.HTTPStatus.SEE_OTHER or onward == self.place:
            raise LoadError(f"the code was not taken: {status} {_path(onward)}")

    def timed_answer(self) -> float:
        """Send the code and return how long the answer took."""
        times = dict[str, float]()
        with _timed(times, "answer"):
            self.answer()
        self.browser.close()
        return times["answer"]


class Crowd:
    """Lets people log in at one server until each had a turn or the time is over."""

    def __init__(self, server: str, simulator: str) -> None:
        self._server = server
        self._simulator = urlsplit(simulator)

    def run(self, visitors: Sequence[Visitor], at_once: int, seconds: float) -> Measured:
        """Return what was measured with *at_once* people at the same time."""
        measured, lock = Measured(), threading.Lock()
        queue: Iterator[tuple[int, Visitor]] = iter(enumerate(visitors))
        begun = time.monotonic()

        def serve() -> None:
            while time.monotonic() - begun < seconds:
                with lock:
                    number, visitor = next(queue, (-1, None))
                if visitor is None:
                    return
                try:
                    times = self._log_in(visitor, number)
                except (LoadError, OSError, http.client.HTTPException) as error:
                    with lock:
                        measured.failures.append(f"{type(error).__name__}: {error}")
                    continue
                with lock:
                    for name, value in times.items():
                        measured.steps[name].append(value)

        threads = [threading.Thread(target=serve) for _ in range(at_once)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        measured.elapsed = time.monotonic() - begun
        return measured

    def first_answers(self, visitors: Sequence[Visitor]) -> list[float]:
        """Return how long the answer to the password took each visitor, one after the other."""
        answers = []
        for number, visitor in enumerate(visitors):
            browser, times = _Browser(self._server, number), dict[str, float]()
            self._until_code_page(browser, visitor, times)
            answers.append(times["password → code page"])
            browser.close()
        return answers

    def hold_codes(self, visitors: Sequence[Visitor]) -> list["Holder"]:
        """Let people come as far as holding their code, and return them."""
        holders = []
        for number, visitor in enumerate(visitors):
            browser = _Browser(self._server, number)
            place, token = self._until_code_page(browser, visitor, {})
            holders.append(Holder(browser, place, token, self._read_code(visitor.phone)))
        return holders

    def _log_in(self, visitor: Visitor, number: int) -> dict[str, float]:
        browser, times = _Browser(self._server, number), dict[str, float]()
        try:
            with _timed(times, "whole login"):
                place, token = self._until_code_page(browser, visitor, times)
                with _timed(times, "text arrives"):
                    code = self._read_code(visitor.phone)
                with _timed(times, "code → signed in"):
                    Holder(browser, place, token, code).answer()
        finally:
            browser.close()
        return times

    def _until_code_page(self, browser: _Browser, visitor: Visitor, times: dict[str, float]) -> tuple[str, str]:
        with _timed(times, "login page"):
            status, _, page = browser.call("GET", "/login/web")
        token = _token(status, page)
        fields = f"csrf_token={token}&user_name={quote(visitor.login)}&password={quote(visitor.password)}"
        with _timed(times, "password → code page"):
            status, place, page = browser.call("POST", "/login/web", fields)
        if status != http.HTTPStatus.SEE_OTHER or "/logon/" not in place:
            raise LoadError(f"the password was not taken: {status} {_path(place)} {_title(page)}")
        with _timed(times, "code page"):
            status, _, page = browser.call("GET", place)
        return place, _token(status, page)

    def _read_code(self, phone: str) -> str:
        connection = http.client.HTTPConnection(self._simulator.hostname or "", self._simulator.port, timeout=_TIMEOUT)
        try:
            connection.request("GET", f"/phones/{quote(phone)}/messages?wait=30&since=0")
            messages = json.loads(connection.getresponse().read())["messages"]
        finally:
            connection.close()
        if not messages:
            raise LoadError("no text arrived")
        return find_code(str(messages[-1]["text"]))


def _path(place: str) -> str:
    return _ID.sub("…", place)


def _title(page: str) -> str:
    found = _TITLE.search(page)
    return found[1] if found else ""


def _token(status: int, page: str) -> str:
    found = _TOKEN.search(page)
    if found is None:
        raise LoadError(f"no form on the page: {status} {_title(page)}")
    return found[1]


@contextmanager
def _timed(times: dict[str, float], name: str) -> Iterator[None]:
    begun = time.monotonic()
    yield
    times[name] = time.monotonic() - begun
