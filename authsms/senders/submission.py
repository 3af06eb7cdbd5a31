"""What is handed to a provider, and the four ways that can end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import takewhile
from types import MappingProxyType
from typing import Final, TypeAlias

from authsms.foundation.phone import PhoneNumber


class Purpose(StrEnum):
    """Why a text is sent; decides consent, sender and priority."""

    AUTHENTICATION = "authentication"
    VERIFICATION = "verification"
    NOTICE = "notice"
    OFFER = "offer"


CODES: Final = frozenset({Purpose.AUTHENTICATION, Purpose.VERIFICATION})
"""Purposes of texts that somebody waits for."""


@dataclass(frozen=True, slots=True)
class Submission:
    """One text for one phone.

    Attributes:
        message_id: Our own reference; at most 64 characters, repeated by a second try.
        lifetime: How long the text is worth delivering, or None.
        callback_url: Where the provider may report, or None when it cannot reach this server.
        sender: The sender id or number the policy chose for this text; empty means the one of the service's settings.
        patience: How long to wait for the answer at the most, or None for as long as is usual.
    """

    message_id: str
    recipient: PhoneNumber = field(repr=False)
    text: str = field(repr=False)
    lifetime: timedelta | None = None
    callback_url: str | None = field(default=None, repr=False)
    sender: str = ""
    patience: timedelta | None = None


class RefusalScope(StrEnum):
    """What has to change before a refused request can succeed.

    A refused destination (a country that the account is not open to, say) is a matter of the configuration, too, but
    says nothing about texts that go elsewhere.
    """

    MESSAGE = "message"
    DESTINATION = "destination"
    CONFIGURATION = "configuration"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider has the text.

    Attributes:
        provider_id: The provider's id of the message, or our reference where it gives none; at most 128 characters.
        state: The provider's first word about it, e.g. ``queued``.
        segments: How many parts it is sent in, when the provider says so.
    """

    provider_id: str
    state: str = ""
    segments: int | None = None


@dataclass(frozen=True, slots=True)
class NotTaken:
    """The provider certainly has not taken the text; trying again cannot deliver it twice.

    Attributes:
        code: The provider's error code, or one of ours (``connect``, ``resolve``, ``tls``, ``busy``, ``http_503`` …).
        detail: Words for the administrator; cleaned, at most 300 characters.
        retry_after: How long the provider asks to wait, at most an hour.
    """

    code: str
    detail: str
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class PerhapsTaken:
    """Nobody knows whether the provider has the text; trying again can deliver it twice."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The provider will not take this; trying again is pointless until something changes.

    Attributes:
        scope: Whether this message is at fault, where it goes, or the account and its configuration.
        opted_out: The recipient told the provider to stop texts; no other provider may be tried either.
    """

    scope: RefusalScope
    code: str
    detail: str
    opted_out: bool = False


Outcome: TypeAlias = Accepted | NotTaken | PerhapsTaken | Refused


class Verdict(StrEnum):
    """What a provider's error code means for the message."""

    RETRY = "retry"
    UNKNOWN = "unknown"
    MESSAGE = "message"
    DESTINATION = "destination"
    CONFIGURATION = "configuration"
    OPTED_OUT = "opted_out"


@dataclass(frozen=True, slots=True)
class CodeMeaning:
    """What one error code of a provider means, and what the administrator can do about it."""

    verdict: Verdict
    advice: str


def read_codes(table: str) -> Mapping[str, CodeMeaning]:
    """Return the error codes in *table*: lines of a `Verdict`, one or more numeric codes, and an advice."""
    codes: dict[str, CodeMeaning] = {}
    for line in filter(None, table.splitlines()):
        verdict, *words = line.split()
        numbers = list(takewhile(str.isdigit, words))
        meaning = CodeMeaning(Verdict(verdict), " ".join(words[len(numbers) :]))
        codes.update(dict.fromkeys(numbers, meaning))
    return MappingProxyType(codes)


@dataclass(frozen=True, slots=True)
class Balance:
    """What is left on the account."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Trial:
    """A submission with everything an administrator may see of it; secrets, number and text are taken out.

    Attributes:
        request: Method, address, headers and body, one thing a line.
        status: HTTP status of the answer, or None when there was none.
        answer: The provider's own answer.
        advice: What to do about the outcome, or empty.
        seconds: How long it took.
    """

    outcome: Outcome
    request: str
    status: int | None
    answer: str
    advice: str
    seconds: float
