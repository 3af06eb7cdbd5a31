"""Mail addresses, read so that nothing but one address can come of them.

What a directory calls an address is written by strangers: it may hold line ends, further recipients, or a route for the
mail server. Only a plain ``local@domain`` (RFC 5321 section 4.1.2, a dot-string and host names) is let through; quoted
local parts, address literals, comments and display names are not.
"""

import re
from typing import Final

from authsms.foundation.errors import InvalidInputError

LONGEST: Final = 254
_LONGEST_LOCAL: Final = 64
_ATOM: Final = r"[A-Za-z0-9&'+/=_~-]+"
"""Without ``%`` and ``!``, which are routes to some mail servers, and without ``?``, which makes encoded words."""
_LOCAL: Final = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")


def read_address(text: str) -> str:
    """Return the one address that *text* is, its domain as the DNS knows it.

    Raises:
        InvalidInputError: It is none, or more than that.
    """
    local, _, domain = text.strip(" ").rpartition("@") if len(text) <= LONGEST else ("", "", "")
    if not domain.isascii():
        domain = _dns_name(domain)
    address = f"{local}@{domain}"
    is_plain = _LOCAL.fullmatch(local) and len(local) <= _LONGEST_LOCAL and _DOMAIN.fullmatch(domain)
    if not is_plain or len(address) > LONGEST or domain.rpartition(".")[2].isdigit():
        raise InvalidInputError("That is not a mail address.", field="mail")
    return address


def _dns_name(domain: str) -> str:
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return ""
