"""Whether an address can be listened on, asked before anything is started there."""

import socket

from authsms.foundation.errors import ConfigurationError


def require_free(host: str, port: int) -> None:
    """Return when this process could listen on *host* and *port*.

    Raises:
        ConfigurationError: It could not; the text says why.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise ConfigurationError(
            f"Nothing can listen on {host}, port {port}: {error.strerror}. Stop what is there, or choose another."
        ) from error
