"""The site that passkeys are made for, and what is known of them without the library that judges them."""

import ipaddress
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from authsms.logon.ceremony import Ceremony

LONGEST_ANSWER: Final = 16_384
_SPELLED: Final = re.compile(r"[A-Za-z0-9_-]{1,1364}")
"""A credential of at most 1023 bytes, base64url."""


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A key as a browser knows it: its name, base64url, and how it is reached."""

    credential: str
    transports: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that a browser has just made.

    Attributes:
        public_key: COSE.
        is_synced: It can leave its device.
    """

    known: KnownKey
    public_key: bytes = field(repr=False)
    sign_count: int
    is_synced: bool


@dataclass(frozen=True, slots=True)
class Presence:
    """What a key has proven.

    Attributes:
        sign_count: How often it says it has signed; 0 when it does not count.
        is_verified: It has asked its owner for a finger, a face or a PIN.
    """

    sign_count: int
    is_synced: bool
    is_verified: bool

    @property
    def proofs(self) -> tuple[str, ...]:
        """Words of RFC 8176."""
        return ("swk" if self.is_synced else "hwk", *(["mfa"] if self.is_verified else []))


class RelyingParty:
    """The site at one public address; safe to share between threads."""

    def __init__(self, public_url: str) -> None:
        self._origin = public_url
        self._id = urlsplit(public_url).hostname or ""

    @property
    def is_possible(self) -> bool:
        """Whether browsers make keys for this address at all: only for names, never for IP addresses."""
        try:
            ipaddress.ip_address(self._id)
        except ValueError:
            return bool(self._id)
        return False

    @property
    def ceremony(self) -> "Ceremony":
        """What keys are made and judged with."""
        from authsms.logon.ceremony import Ceremony  # noqa: PLC0415 - webauthn costs 0.1 s that no server start should pay

        return Ceremony(self._origin, self._id)


def credential_of(brought: str) -> str | None:
    """Return which key a browser says it has used, base64url, or None when that is no answer of a browser."""
    if len(brought) > LONGEST_ANSWER:
        return None
    try:
        named = json.loads(brought)["id"]
    except (ValueError, TypeError, LookupError, RecursionError):
        return None
    return named if isinstance(named, str) and _SPELLED.fullmatch(named) else None
