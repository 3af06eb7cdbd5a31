"""Reads requests and writes answers: the only place that knows what a packet looks like.

Everything is hostile until the Message-Authenticator says otherwise. Lengths are checked before pyrad reads a packet,
because it passes over an attribute that ends behind the packet. A request that is not in order is dropped: whoever
answers it tells strangers that somebody is here.
"""

from collections import Counter
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Final

from pyrad.packet import AuthPacket

from authsms.foundation.characters import is_writable

LARGEST: Final = 4096  # RFC 2865 section 3
_HEADER: Final = 20
_USER_NAME: Final = 1
_USER_PASSWORD: Final = 2
_FILTER_ID: Final = 11
_REPLY_MESSAGE: Final = 18
_STATE: Final = 24
_CLASS: Final = 25
_CALLING_STATION: Final = 31
_PROXY_STATE: Final = 33
_PROMPT: Final = 76
_MESSAGE_AUTHENTICATOR: Final = 80
_ONCE: Final = (_USER_NAME, _USER_PASSWORD, _STATE, _MESSAGE_AUTHENTICATOR)
_NO_ECHO: Final = bytes(4)
_BLOCK: Final = 16
_MOST_PASSWORD: Final = 128
_LONGEST_VALUE: Final = 253


class Ask(IntEnum):
    """What a request wants."""

    ACCESS = 1
    STATUS = 12


class Say(IntEnum):
    """What an answer says."""

    ACCEPT = 2
    REJECT = 3
    CHALLENGE = 11


class Drop(StrEnum):
    """Why a request is dropped without a word."""

    MALFORMED = "malformed"
    OTHER_CODE = "other-code"
    UNSIGNED = "unsigned"
    FORGED = "forged"


@dataclass(frozen=True, slots=True)
class Request:
    """A request that may be answered.

    Attributes:
        identifier: Number of the request at its client; with `authenticator`, the same for a repetition.
        user_name: As sent; None when it is missing or no text.
        password: Likewise; None when the client hides it in another way than PAP, too.
        state: What a challenge of ours carried, or nothing.
        station: Where the person is, as far as the client knows (an address, a telephone number).
        packet: What an answer is made from.
    """

    ask: Ask
    identifier: int
    authenticator: bytes
    user_name: str | None
    password: str | None = field(repr=False)
    state: bytes = field(repr=False)
    station: str
    packet: AuthPacket = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer.

    Attributes:
        message: What the person reads.
        state: Names a challenge.
        filters: Values of Filter-Id.
        classes: Values of Class.
    """

    say: Say
    message: str = ""
    state: bytes = field(default=b"", repr=False)
    filters: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()


def read_request(data: bytes, secret: bytes, *, must_sign: bool) -> Request | Drop:
    """Return the request in *data*, or why it is dropped.

    A request with a Proxy-State has come through somebody who could have signed it, and an attacker needs that
    attribute to forge answers; so it must be signed, whatever *must_sign* says.
    """
    kinds = _attribute_kinds(data)
    if kinds is None or any(kinds[kind] > 1 for kind in _ONCE):
        return Drop.MALFORMED
    if data[0] not in set(Ask):
        return Drop.OTHER_CODE
    ask = Ask(data[0])
    packet = AuthPacket(ask.value, 0, secret, packet=data)
    signed = bool(kinds[_MESSAGE_AUTHENTICATOR])
    if not signed and (must_sign or kinds[_PROXY_STATE] or ask is Ask.STATUS):
        return Drop.UNSIGNED
    if signed and not packet.verify_message_authenticator():
        return Drop.FORGED
    return _request(packet, ask)


def _request(packet: AuthPacket, ask: Ask) -> Request | Drop:
    hidden = _first(packet, _USER_PASSWORD)
    if len(hidden) % _BLOCK or len(hidden) > _MOST_PASSWORD:
        return Drop.MALFORMED
    return Request(
        ask=ask,
        identifier=packet.id,
        authenticator=packet.authenticator,
        user_name=_text(_first(packet, _USER_NAME)),
        password=_revealed(packet, hidden) if hidden else None,
        state=_first(packet, _STATE),
        station=_text(_first(packet, _CALLING_STATION)) or "",
        packet=packet,
    )


def write_reply(request: Request, reply: Reply) -> bytes:
    """Return the packet that answers *request*; its Message-Authenticator comes first, then its Proxy-State."""
    packet = request.packet.CreateReply()
    packet.code = reply.say.value
    if reply.message:
        packet[_REPLY_MESSAGE] = [reply.message.encode()[:_LONGEST_VALUE]]
    if reply.state:
        packet[_STATE] = [reply.state]
    if reply.say is Say.CHALLENGE:
        packet[_PROMPT] = [_NO_ECHO]
    if reply.filters:
        packet[_FILTER_ID] = [value.encode() for value in reply.filters]
    if reply.classes:
        packet[_CLASS] = [value.encode() for value in reply.classes]
    written: bytes = packet.ReplyPacket()
    return written


def _attribute_kinds(data: bytes) -> Counter[int] | None:
    """Return how often each attribute is there; None when a length does not fit."""
    if not _HEADER <= len(data) <= LARGEST:
        return None
    end = int.from_bytes(data[2:4])
    if not _HEADER <= end <= len(data):
        return None
    kinds: Counter[int] = Counter()
    at = _HEADER
    while at < end:
        length = data[at + 1] if at + 1 < end else 0
        is_signature = data[at] == _MESSAGE_AUTHENTICATOR
        if length < 2 or at + length > end or (is_signature and length != 2 + _BLOCK):  # noqa: PLR2004 - kind and length
            return None
        kinds[data[at]] += 1
        at += length
    return kinds


def _first(packet: AuthPacket, kind: int) -> bytes:
    values: list[bytes] = packet.get(kind, [])
    return values[0] if values else b""


def _text(value: bytes) -> str | None:
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return None
    return text if text and is_writable(text) else None


def _revealed(packet: AuthPacket, hidden: bytes) -> str | None:
    """Return the password; None when it is no UTF-8, whose odd bytes pyrad would pass over."""
    password: str = packet.PwDecrypt(hidden)
    whole = packet.PwCrypt(password.encode().ljust(len(hidden), b"\0")) == hidden
    return password if whole and "\0" not in password else None
