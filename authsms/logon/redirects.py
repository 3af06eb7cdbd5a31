"""Which addresses an endpoint may have people sent back to."""

import ipaddress
from urllib.parse import urlsplit

from authsms.foundation.errors import InvalidInputError


def check_redirect(address: str) -> None:
    """Return when *address* may be registered: a whole https address, or http on the person's own machine (RFC 8252).

    Raises:
        InvalidInputError: It has a fragment, credentials, odd characters, or another scheme.
    """
    parts = urlsplit(address)
    secure = parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname or ""))
    clean = address.isprintable() and not any(mark in address for mark in ' \\*"<>') and parts.username is None
    if not secure or not parts.hostname or "#" in address or not clean:
        raise InvalidInputError(
            "A redirect address is a whole https address without a fragment (http on this machine only).",
            field="redirect_uris",
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
