"""A small threaded web server for the simulator and the sample application.

Ours because faults need the raw connection, and because real providers keep connections open: it speaks HTTP/1.1 with
keep-alive, sends each answer in one write, and reads each request to its end first. One thread serves one connection.
"""

import contextlib
import io
import logging
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterable
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from queue import SimpleQueue
from socketserver import TCPServer, ThreadingMixIn
from types import FrameType, TracebackType
from typing import Any, Self
from urllib.parse import unquote_to_bytes
from wsgiref.types import WSGIApplication

from typing_extensions import override

from authsms.simulator import wire
from authsms.simulator.config import refuse_remote

_LARGEST_BODY = 1 << 20
_IDLE_SECONDS = 75
_log = logging.getLogger(__name__)


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS
    disable_nagle_algorithm = True
    server: "_Server"

    def serve(self) -> None:
        """Answer one request."""
        self.close_connection = True
        body = self._read_body()
        if body is None:
            return
        environ = self._environ(body)
        answer = _call(self.server.application, environ, keep_alive=self.headers.get("Connection", "") != "close")
        keep = wire.send(self.connection, answer, environ.get(wire.ORDER_KEY), self.server.stopping)
        self.close_connection = not keep or b"Connection: close" in answer.head

    def _read_body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "0")
        if self.headers.get("Transfer-Encoding") is not None or not (length.isascii() and length.isdigit()):
            self.send_error(HTTPStatus.LENGTH_REQUIRED)
            return None
        if int(length) > _LARGEST_BODY:
            self.send_error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return None
        return self.rfile.read(int(length))

    def _environ(self, body: bytes) -> dict[str, Any]:
        path, _, query = self.path.partition("?")
        host, port = self.server.server_address[:2]
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "SERVER_NAME": str(host),
            "SERVER_PORT": str(port),
            "SERVER_PROTOCOL": self.request_version,
            "REMOTE_ADDR": self.client_address[0],
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in self.headers.items():
            key = "HTTP_" + name.upper().replace("-", "_")
            if "_" not in name and key not in {"HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH"}:
                environ[key] = f"{environ[key]},{value}" if key in environ else value
        return environ

    @override
    def handle(self) -> None:
        with contextlib.suppress(OSError):
            super().handle()

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: paths carry phone numbers."""


for _verb in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
    setattr(_Handler, f"do_{_verb}", _Handler.serve)


def _call(application: WSGIApplication, environ: dict[str, Any], *, keep_alive: bool) -> wire.Answer:
    """Return what the application answers, in bytes."""
    begun: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(
        status: str, headers: list[tuple[str, str]], _trouble: object = None, /
    ) -> Callable[[bytes], object]:
        begun.append((status, headers))
        return pieces.append

    pieces: list[bytes] = []
    answer: Iterable[bytes] = application(environ, start_response)
    try:
        pieces.extend(answer)
    finally:
        close = getattr(answer, "close", None)
        if close is not None:
            close()
    status, headers = begun[-1]
    body = b"".join(pieces)
    lines = [f"HTTP/1.1 {status}", f"Date: {formatdate(usegmt=True)}", *(f"{name}: {value}" for name, value in headers)]
    if not any(name.lower() == "content-length" for name, _ in headers) and status[:3] not in {"204", "304"}:
        lines.append(f"Content-Length: {len(body)}")
    lines.append("Connection: keep-alive" if keep_alive else "Connection: close")
    head = "\r\n".join([*lines, ""]).encode("latin-1")
    return wire.Answer(head, b"" if environ["REQUEST_METHOD"] == "HEAD" else body)


class _Server(ThreadingMixIn, TCPServer):
    """The listening socket, and the connections it accepted."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, application: WSGIApplication, host: str, port: int) -> None:
        self.application = application
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host.strip("[]"), port), _Handler)

    @override
    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    @override
    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    @override
    def handle_error(self, request: Any, client_address: Any) -> None:
        _log.exception("simulator.request_failed")

    def hang_up(self) -> None:
        """Close all connections."""
        for each in list(self._open):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


class WebServer:
    """Serves a WSGI application on one address, in the background or until a signal.

    Args:
        host: Address to listen on.
        port: Port to listen on; 0 takes a free one.
        allow_remote: Whether an address other machines can reach is fine.

    Raises:
        ConfigurationError: Other machines could reach *host* and nobody said they may.
        OSError: The address is taken.
    """

    def __init__(self, application: WSGIApplication, host: str, port: int, *, allow_remote: bool = False) -> None:
        refuse_remote(host, allow_remote=allow_remote)
        self._host = host
        self._server = _Server(application, host, port)
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """The root URL, without a slash at the end."""
        host = f"[{self._host}]" if ":" in self._host and not self._host.startswith("[") else self._host
        return f"http://{host}:{self.port}"

    def start(self) -> None:
        """Serve in a background thread."""
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, name="simulator-server", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Close the listening socket and all connections."""
        self._server.stopping.set()
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
        self._server.hang_up()
        self._server.server_close()

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT; for the main thread."""
        ended = SimpleQueue[int]()  # unlike an event it may be told by a handler that interrupts another one

        def end(number: int, _frame: FrameType | None) -> None:
            ended.put(number)

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, end)
        self.start()
        ended.get()
        self.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def serve(
    application: WSGIApplication,
    host: str = "127.0.0.1",
    port: int = 8025,
    *,
    allow_remote: bool = False,
    ready: Callable[[str], None] | None = None,
) -> None:
    """Serve *application* until SIGTERM or SIGINT; *ready* is told the URL once connections are accepted.

    Raises:
        ConfigurationError: Other machines could reach *host* and nobody said they may.
        OSError: The address is taken.
    """
    server = WebServer(application, host, port, allow_remote=allow_remote)
    if ready is not None:
        ready(server.url)
    server.run()
