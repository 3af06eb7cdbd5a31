"""A protected site: the proxy in front is real, or its requests are written by hand."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import requests

from authsms.logon.endpoints import Endpoint
from tests.functional.protocols.house import Browser, House

SITE = "https://wiki.example.test"


class _Echo(BaseHTTPRequestHandler):
    """Answers with what it was asked."""

    def do_GET(self) -> None:
        """Tell path and headers."""
        body = json.dumps({"path": self.path, "headers": list(self.headers.items())}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@contextmanager
def run_echo() -> Iterator[int]:
    """Run a site that tells what reaches it; return its port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Echo) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@dataclass
class Visit:
    """A browser at a site whose proxy is played by this class: it asks, passes on, and follows nothing by itself.

    Attributes:
        cookies: What the browser holds at the site's own host.
    """

    house: House
    endpoint: Endpoint
    browser: Browser
    cookies: dict[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """What the proxy asks."""
        return f"{self.browser.base}/forward-auth/{self.endpoint.id}"

    def another(self) -> "Visit":
        """Return a second browser at the same site."""
        return Visit(self.house, self.endpoint, Browser(self.house))

    def ask(self, path: str = "/", query: str = "", **headers: str) -> requests.Response:
        """Ask about a request of this browser, as Caddy and Traefik do, or with a *query* as nginx does."""
        sent = {"X-Forwarded-Uri": path, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return self._send(f"{self.address}{query}", sent)

    def pass_on(self, address: str) -> requests.Response:
        """Open an address below ``/.authsms/``, and keep the cookies."""
        parts = urlsplit(address)
        path = parts.path.removeprefix("/.authsms/")
        answer = self._send(f"{self.address}/site/{path}?{parts.query}", {})
        self.cookies |= answer.cookies.get_dict()
        return answer

    def start(self, path: str = "/") -> str:
        """Go from the site to this server; return the address there."""
        asked = self.ask(path)
        return self.pass_on(asked.headers["Location"]).headers["Location"]

    def ticket(self, path: str = "/") -> str:
        """Return the callback a browser that is signed in is sent to."""
        return self.browser.get(self.start(path)).headers["Location"]

    def enter(self, path: str = "/") -> requests.Response:
        """Walk the whole way; return the answer of the callback."""
        return self.pass_on(self.ticket(path))

    def _send(self, address: str, headers: dict[str, str]) -> requests.Response:
        with requests.Session() as http:
            http.trust_env = False
            return http.get(address, headers=headers, cookies=self.cookies, allow_redirects=False, timeout=20)
