"""A line between a server and its database (or anything else on TCP) that can be slow, silent or cut."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.parts.processes import HOST

_CHUNK = 1 << 16


class Line:
    """Passes everything on to another port.

    Attributes:
        delay: Seconds by which everything that goes there is late.
    """

    def __init__(self, target: int) -> None:
        self.delay = 0.0
        self._target = target
        self._passes = threading.Event()
        self._passes.set()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server((HOST, 0), backlog=256)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def hang(self) -> None:
        """Pass nothing on any more, but keep connections open and take new ones."""
        self._passes.clear()

    def resume(self) -> None:
        """End a hang; what was held back goes on."""
        self._passes.set()

    def cut(self) -> None:
        """Break all connections; new ones are taken."""
        with self._lock:
            for end in self._open:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End."""
        self._listener.close()
        self.resume()
        self.cut()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                try:
                    far = socket.create_connection((HOST, self._target), 5)
                except OSError:
                    near.close()
                    continue
                far.settimeout(None)
                for end in (near, far):
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with self._lock:
                    self._open |= {near, far}
                threading.Thread(target=self._pass_on, args=(near, far, True), daemon=True).start()
                threading.Thread(target=self._pass_on, args=(far, near, False), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, is_late: bool) -> None:
        with suppress(OSError):
            while data := source.recv(_CHUNK):
                self._passes.wait()
                if is_late and self.delay:
                    time.sleep(self.delay)
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        with self._lock:
            self._open.discard(source)
        source.close()


@contextmanager
def run_line(target: int) -> Iterator[Line]:
    """Run a line to the port *target*."""
    line = Line(target)
    try:
        yield line
    finally:
        line.close()
