"""Pieces of webhook signatures that several providers share."""

import hmac
from urllib.parse import SplitResult, urlsplit, urlunsplit

_HTTPS_PORT, _HTTP_PORT = 443, 80


def is_same(given: str, expected: str) -> bool:
    """Return whether two secrets are equal, in a time that does not tell how far they are."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode("utf-8", "replace"))


def with_and_without_port(url: str) -> tuple[str, str]:
    """Return *url* without its port, and with its own or the scheme's usual one; both without a fragment.

    Providers of the Twilio family sign either form.
    """
    parts = urlsplit(url)
    host = parts.netloc.removesuffix(f":{parts.port}")
    port = parts.port or (_HTTPS_PORT if parts.scheme == "https" else _HTTP_PORT)
    return _at(parts, host), _at(parts, f"{host}:{port}")


def _at(parts: SplitResult, netloc: str) -> str:
    return urlunsplit(parts._replace(netloc=netloc, fragment=""))
