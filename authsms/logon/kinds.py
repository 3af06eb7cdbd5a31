"""Kinds of endpoints, and which addresses each of them needs."""

import ipaddress
import re
from dataclasses import dataclass, replace
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
    VALIDATE = "validate"


@dataclass(frozen=True, slots=True)
class ValidateProfile:
    """How an endpoint asks that is a plug-in for privacyIDEA.

    Attributes:
        networks: Whoever calls from there needs no secret; for plug-ins that cannot send one.
        joins_codes: A code may follow the password without a mark between them.
    """

    networks: tuple[str, ...] = ()
    joins_codes: bool = False


SECRET_ONLY: Final = ValidateProfile()


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
    if kind is EndpointKind.VALIDATE:
        if addresses:
            raise InvalidInputError("A plug-in is not returned to; it has no addresses.", field="redirect_uris")
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


def checked_networks(profile: ValidateProfile) -> ValidateProfile:
    """Return *profile* with its networks as they are written canonically.

    Raises:
        InvalidInputError: One is none, or is the whole internet.
    """
    try:
        networks = [ipaddress.ip_network(network) for network in profile.networks]
    except ValueError:
        networks = []
    if len(networks) != len(profile.networks) or any(network.prefixlen == 0 for network in networks):
        raise InvalidInputError(
            "Write one address, or a network such as 192.0.2.0/28 or 2001:db8::/64.", field="networks"
        )
    return replace(profile, networks=tuple(str(network) for network in networks))
