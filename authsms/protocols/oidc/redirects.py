"""Which return address a registered one allows: the very same string, or another port of a loopback address.

RFC 9700 section 2.1 demands comparison as exact strings. RFC 8252 section 7.3 lets a program on the person's own
machine choose its port at run time; that holds for the loopback *addresses* only, because a name such as ``localhost``
can be made to point elsewhere.
"""

import re
from collections.abc import Iterable
from urllib.parse import urlencode

_LOOPBACK = re.compile(r"(?P<host>http://(?:127\.0\.0\.1|\[::1\]))(?::(?P<port>[1-9][0-9]{0,4}))?(?P<rest>/[!-~]*)?")
_HIGHEST_PORT = 65535


def is_registered(address: str, registered: Iterable[str]) -> bool:
    """Return whether *address* is one of *registered*, or differs from a loopback one in nothing but its port."""
    known = tuple(registered)
    if address in known:
        return True
    loopback = _without_port(address)
    return loopback is not None and any(loopback == _without_port(other) for other in known)


def with_parameters(address: str, parameters: Iterable[tuple[str, str]]) -> str:
    """Return *address* with *parameters* added to its query; what it held before stays, byte for byte."""
    return f"{address}{'&' if '?' in address else '?'}{urlencode(list(parameters))}"


def _without_port(address: str) -> tuple[str, str] | None:
    found = _LOOPBACK.fullmatch(address)
    if found is None or int(found["port"] or 1) > _HIGHEST_PORT:
        return None
    return found["host"], found["rest"] or ""
