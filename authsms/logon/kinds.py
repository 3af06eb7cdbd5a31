"""Kinds of endpoints, and which addresses each of them needs."""

import re
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from authsms.foundation.errors import InvalidInputError
from authsms.logon.redirects import check_redirect

_ORIGIN: Final = re.compile(r"https?://[a-z0-9.-]+(?::[1-9][0-9]{0,4})?|https?://\[[0-9a-f:]+\](?::[1-9][0-9]{0,4})?")
_USUAL_PORTS: Final = {"https": ":443", "http": ":80"}


class EndpointKind(StrEnum):
    """How an endpoint asks for a login."""

    OIDC = "oidc"
    FORWARD_AUTH = "forward-auth"
    REST = "rest"


def checked_addresses(kind: EndpointKind, addresses: tuple[str, ...]) -> tuple[str, ...]:
    """Return the addresses to store for an endpoint of this kind.

    Raises:
        InvalidInputError: One of them cannot be used, or a site is not one.
    """
    if kind is EndpointKind.OIDC:
        for address in addresses:
            check_redirect(address)
        return addresses
    if kind is EndpointKind.REST:
        if addresses:
            raise InvalidInputError("Nobody is returned to an endpoint that uses REST; leave the addresses empty.")
        return ()
    if len(addresses) != 1:
        raise InvalidInputError("Name exactly one site; each further one is an endpoint of its own.", field="site")
    return (checked_site(addresses[0]),)


def checked_site(address: str) -> str:
    """Return the origin (RFC 6454) of a protected site as browsers write it: lower case, no path, no usual port.

    Raises:
        InvalidInputError: It is more than scheme, host and port, is not https, or is not written in ASCII.
    """
    origin = address.strip().removesuffix("/").lower()
    if not _ORIGIN.fullmatch(origin):
        raise InvalidInputError(
            "A site is https, a host and perhaps a port, such as https://wiki.example.com; international names in "
            "their xn-- form.",
            field="site",
        )
    check_redirect(origin)
    return origin.removesuffix(_USUAL_PORTS[urlsplit(origin).scheme])
