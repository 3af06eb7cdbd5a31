"""A browser made of sockets: it keeps cookies, fills in forms, and can let many requests go at the same moment."""

import http.client
import itertools
import socket
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from authsms.simulator.walk import Page

_SECONDS = 40
_TRIES = 8
_PAUSE_SECONDS = 1.0
_addresses = itertools.count(1)
Headers = Sequence[tuple[str, str]]


def fresh_address() -> str:
    """Return a loopback address that nobody has called from, so that limits by address see another client."""
    number = next(_addresses)
    return f"127.{1 + number // 60_000 % 250}.{number // 250 % 240}.{1 + number % 250}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for one request."""

    url: str
    status: int
    headers: Headers
    body: bytes
    seconds: float = 0.0

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")

    @property
    def page(self) -> Page:
        """Forms, links and words of the page."""
        return Page(self.url, self.text)

    @property
    def location(self) -> str:
        """Where a redirect leads; empty when it is none."""
        return self.header("Location")

    def header(self, name: str) -> str:
        """Return a header, or nothing."""
        return ", ".join(value for key, value in self.headers if key.lower() == name.lower())

    @property
    def set_cookies(self) -> list[str]:
        """The cookies that were set, each as it was sent."""
        return [value for key, value in self.headers if key.lower() == "set-cookie"]


@dataclass
class Browser:
    """One person's browser; every request is a connection of its own.

    Attributes:
        server: Where to connect to.
        public: The address the pages live at; server when left out.
        address: Loopback address to call from.
        cookies: Name and value of each.
        extra: Headers of every request.
        seen: Every cookie value ever held.
    """

    server: str
    public: str = ""
    address: str = field(default_factory=fresh_address)
    cookies: dict[str, str] = field(default_factory=dict)
    extra: Headers = ()
    seen: list[str] = field(default_factory=list)

    @property
    def origin(self) -> str:
        """What the pages call their origin."""
        return self.public or self.server

    def get(self, path: str, headers: Headers = ()) -> Answer:
        """Fetch a page and take its cookies; redirects are not followed."""
        return self.call(self.write("GET", path, headers=headers))

    def post(self, path: str, fields: Iterable[tuple[str, str]], headers: Headers = ()) -> Answer:
        """Send a form as a page of the server itself would; redirects are not followed."""
        return self.call(self.write_form(path, fields, headers))

    def follow(self, answer: Answer) -> Answer:
        """Fetch what a redirect of the server leads to, and so on; redirects to other places are not followed."""
        while answer.status in {301, 302, 303, 307} and answer.location.startswith(("/", self.origin)):
            answer = self.get(answer.location.removeprefix(self.origin))
        return answer

    def submit(self, answer: Answer, name: str, **fields: str) -> Answer:
        """Fill in the form that has a field *name* and send it; return what comes in the end.

        A server that has too much to do is asked again after a moment, as people do.
        """
        sent = self.submit_only(answer, name, **fields)
        for _ in range(_TRIES - 1):
            if sent.status != http.HTTPStatus.SERVICE_UNAVAILABLE:
                break
            time.sleep(_PAUSE_SECONDS)
            sent = self.submit_only(answer, name, **fields)
        return self.follow(sent)

    def submit_only(self, answer: Answer, name: str, **fields: str) -> Answer:
        """Fill in and send a form, but do not follow the redirect."""
        form = answer.page.form_with(name)
        path = form.action.removeprefix(self.origin)
        return self.post(path, {**form.fields, **fields}.items())

    def submit_to(self, answer: Answer, ending: str, **fields: str) -> Answer:
        """Send the form whose address ends with *ending*; return what comes in the end."""
        form = next(form for form in answer.page.forms if form.action.endswith(ending))
        return self.follow(self.post(form.action.removeprefix(self.origin), {**form.fields, **fields}.items()))

    def write(self, method: str, path: str, *, body: bytes = b"", headers: Headers = ()) -> bytes:
        """Return a request in bytes; headers that are given replace those of the same name."""
        usual = [
            ("Host", urlsplit(self.origin).netloc),
            ("Connection", "close"),
            ("Accept-Language", "en"),
            *self.extra,
        ]
        if self.cookies:
            usual.append(("Cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items())))
        if body or method == "POST":
            usual.append(("Content-Length", str(len(body))))
        given = {name.lower() for name, _ in headers}
        lines = [f"{name}: {value}" for name, value in usual if name.lower() not in given]
        lines += [f"{name}: {value}" for name, value in headers if value]
        return "\r\n".join([f"{method} {path} HTTP/1.1", *lines, "", ""]).encode("latin-1") + body

    def write_form(self, path: str, fields: Iterable[tuple[str, str]], headers: Headers = ()) -> bytes:
        """Return the request that posts a form."""
        usual = [("Content-Type", "application/x-www-form-urlencoded"), ("Origin", self.origin)]
        usual.append(("Sec-Fetch-Site", "same-origin"))
        given = {name.lower() for name, _ in headers}
        kept = [(name, value) for name, value in usual if name.lower() not in given]
        return self.write("POST", path, body=urlencode(list(fields)).encode(), headers=[*kept, *headers])

    def call(self, request: bytes) -> Answer:
        """Send a request and take the cookies of the answer."""
        line = connect(self.server, self.address)
        began = time.monotonic()
        line.sendall(request)
        answer = self.read(line, request)
        return Answer(answer.url, answer.status, answer.headers, answer.body, time.monotonic() - began)

    def read(self, line: socket.socket, request: bytes) -> Answer:
        """Return the answer that comes over *line*, and take its cookies."""
        answer = read_answer(line, self.origin + request.split(b" ", 2)[1].decode("latin-1"))
        for cookie in answer.set_cookies:
            pair, _, rest = cookie.partition(";")
            name, _, value = pair.partition("=")
            if "max-age=0" in rest.lower():
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
                self.seen.append(value)
        return answer

    def twin(self) -> "Browser":
        """Return another browser with the same cookies and address: what a second tab would be."""
        return Browser(self.server, self.public, self.address, dict(self.cookies), self.extra, self.seen)


def volley(shots: Sequence[tuple[Browser, bytes]]) -> list[Answer]:
    """Send every request but its last byte, then all last bytes at once; return the answers in order."""
    lines = [connect(browser.server, browser.address) for browser, _ in shots]
    for line, (_, request) in zip(lines, shots, strict=True):
        line.sendall(request[:-1])
    for line, (_, request) in zip(lines, shots, strict=True):
        line.sendall(request[-1:])
    return [browser.read(line, request) for line, (browser, request) in zip(lines, shots, strict=True)]


def connect(server: str, address: str = "127.0.0.1") -> socket.socket:
    """Return a connection to *server* that comes from *address*."""
    parts = urlsplit(server)
    line = socket.create_connection((parts.hostname or "", parts.port or 80), _SECONDS, source_address=(address, 0))
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return line


def read_answer(line: socket.socket, url: str) -> Answer:
    """Return the answer that comes over *line*, which is closed then.

    Raises:
        OSError: There is none.
        http.client.HTTPException: It is none.
    """
    with line:
        response = http.client.HTTPResponse(line)
        response.begin()
        return Answer(url, response.status, response.getheaders(), response.read())
