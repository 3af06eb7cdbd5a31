"""Whether an address can be listened on, and when somebody does."""

import socket
import threading
import time

from authsms.foundation.errors import ConfigurationError

_LONGEST_WAIT_SECONDS = 10.0
_PAUSE_SECONDS = 0.02


def require_free(host: str, port: int, kind: socket.SocketKind = socket.SOCK_STREAM) -> None:
    """Return when this process could listen on *host* and *port*, by TCP unless *kind* says otherwise.

    Raises:
        ConfigurationError: It could not; the text says why.
    """
    try:
        family, _, protocol, _, address = socket.getaddrinfo(host, port, type=kind)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise ConfigurationError(
            f"Nothing can listen on {host}, port {port}: {error.strerror}. Stop what is there, or choose another."
        ) from error


def wait_until_answered(host: str, port: int, stop: threading.Event) -> None:
    """Return once somebody listens on *host* and *port*, when *stop* is set, or after ten seconds."""
    until = time.monotonic() + _LONGEST_WAIT_SECONDS
    while time.monotonic() < until and not stop.wait(_PAUSE_SECONDS):
        try:
            socket.create_connection((host, port), timeout=1).close()
        except OSError:
            continue
        return
