"""Which addresses an endpoint may have people sent back to."""

import ipaddress
from urllib.parse import urlsplit

from authsms.foundation.errors import InvalidInputError


def check_redirect(address: str) -> None:
    """Return when *address* may be registered: a whole https address, or http on the person's own machine (RFC 8252).

    Raises:
        InvalidInputError: It has a fragment, credentials, odd characters, or another scheme.
    """
    clean = address.isprintable() and not any(mark in address for mark in ' \\*"<>#')
    if not clean or not _is_place(address):
        raise InvalidInputError(
            "A redirect address is a whole https address without a fragment (http on this machine only).",
            field="redirect_uris",
        )


def _is_place(address: str) -> bool:
    """Return whether *address* names a host that may be asked for, and no credentials."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    secure = parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))
    return secure and bool(host) and parts.username is None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
