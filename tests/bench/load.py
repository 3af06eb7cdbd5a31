"""People who log in over the web pages, as many at once as asked for, and how long each step took them."""

import json
import re
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import quote, urlsplit

from authsms.simulator.codes import find_code
from tests.bench.line import Line, LineError, Page

_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
_TITLE = re.compile(r"<title>([^<]*)")
_ID = re.compile(r"[0-9a-f]{32}")
_ADDRESSES = 250
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


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody who looks at the code page and has read the code."""

    line: Line
    place: str
    token: str
    code: str

    def answer(self) -> None:
        """Send the code.

        Raises:
            LoadError: It was not taken.
        """
        answer = self.line.post(self.place, f"csrf_token={quote(self.token)}&code={self.code}")
        if answer.status != HTTPStatus.SEE_OTHER or answer.onward == self.place:
            raise LoadError(f"the code was not taken: {answer.status} {_path(answer.onward)}")

    def timed_answer(self) -> float:
        """Send the code and return how long the answer took."""
        times = dict[str, float]()
        with _timed(times, "answer"):
            self.answer()
        self.line.close()
        return times["answer"]


class Crowd:
    """Lets people log in at one server until each had a turn or the time is over."""

    def __init__(self, server: str, simulator: str) -> None:
        self._server = urlsplit(server).netloc
        self._simulator = urlsplit(simulator).netloc

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
                except (LoadError, LineError, OSError) as error:
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
            line, times = self._line(number), dict[str, float]()
            self._until_code_page(line, visitor, times)
            answers.append(times["password → code page"])
            line.close()
        return answers

    def hold_codes(self, visitors: Sequence[Visitor]) -> list["Holder"]:
        """Let people come as far as holding their code, and return them."""
        holders = []
        for number, visitor in enumerate(visitors):
            line = self._line(number)
            place, token = self._until_code_page(line, visitor, {})
            holders.append(Holder(line, place, token, self._read_code(visitor.phone)))
        return holders

    def _log_in(self, visitor: Visitor, number: int) -> dict[str, float]:
        line, times = self._line(number), dict[str, float]()
        try:
            with _timed(times, "whole login"):
                place, token = self._until_code_page(line, visitor, times)
                with _timed(times, "text arrives"):
                    code = self._read_code(visitor.phone)
                with _timed(times, "code → signed in"):
                    Holder(line, place, token, code).answer()
        finally:
            line.close()
        return times

    def _line(self, number: int) -> Line:
        """Return a connection from a loopback address of its own, so that limits by address see many people."""
        return Line(self._server, f"127.0.{1 + number // _ADDRESSES % 200}.{1 + number % _ADDRESSES}")

    def _until_code_page(self, line: Line, visitor: Visitor, times: dict[str, float]) -> tuple[str, str]:
        with _timed(times, "login page"):
            page = line.get("/login/web")
        fields = f"csrf_token={_token(page)}&user_name={quote(visitor.login)}&password={quote(visitor.password)}"
        with _timed(times, "password → code page"):
            answer = line.post("/login/web", fields)
        if answer.status != HTTPStatus.SEE_OTHER or "/logon/" not in answer.onward:
            told = f"{answer.status} {_path(answer.onward)} {_title(answer.text)}"
            raise LoadError(f"the password was not taken: {told}")
        with _timed(times, "code page"):
            page = line.get(answer.onward)
        return answer.onward, _token(page)

    def _read_code(self, phone: str) -> str:
        line = Line(self._simulator)
        try:
            messages = json.loads(line.get(f"/phones/{quote(phone)}/messages?wait=30&since=0").text)["messages"]
        finally:
            line.close()
        if not messages:
            raise LoadError("no text arrived")
        return find_code(str(messages[-1]["text"]))


def _path(place: str) -> str:
    return _ID.sub("…", place)


def _title(page: str) -> str:
    found = _TITLE.search(page)
    return found[1] if found else ""


def _token(page: Page) -> str:
    found = _TOKEN.search(page.text)
    if found is None:
        raise LoadError(f"no form on the page: {page.status} {_title(page.text)}")
    return found[1]


@contextmanager
def _timed(times: dict[str, float], name: str) -> Iterator[None]:
    begun = time.monotonic()
    yield
    times[name] = time.monotonic() - begun
