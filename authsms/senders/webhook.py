"""What providers report to us: the request they send, and what it says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from authsms.senders.exchange import JsonValue, Pairs, read_json


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """A request that claims to come from a provider.

    Attributes:
        url: The whole address as the provider called it, query included, made from the configured public address:
            a reverse proxy changes what the web framework sees, and signatures cover what the provider saw.
        headers: Any case; read them with `header`.
        query: Decoded pairs of the query, in order.
        form: Decoded pairs of a form body, in order, blank values kept; empty for any other body.
        body: The body as it came. It may hold a live code: it is never logged.
        received_at: Now, for signatures with an expiry.
    """

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: Pairs = field(default=(), repr=False)
    form: Pairs = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)
    received_at: datetime | None = None

    def header(self, name: str) -> str:
        """Return a header whatever its case, or an empty text."""
        wanted = name.lower()
        return next((value for found, value in self.headers.items() if found.lower() == wanted), "")

    def value(self, name: str) -> str:
        """Return the first value of *name* in the form, else in the query, else an empty text."""
        return next((value for found, value in (*self.form, *self.query) if found == name), "")

    def json_value(self) -> JsonValue:
        """Return the body as JSON, or None when it is none; `value_at` and `text_at` look into it."""
        return read_json(self.body)


class ReceiptState(StrEnum):
    """What a receipt says.

    ``SENT`` covers every word for "the provider has it and is not done"; ``UNKNOWN_WORD`` is a word nobody has
    documented, kept as it is and never taken for success or failure.
    """

    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNKNOWN_WORD = "unknown_word"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a text.

    Attributes:
        provider_id: The provider's id of the message; empty when it only repeats our reference.
        state: What that means.
        word: The provider's own word.
        code: Its error code, or empty.
        occurred_at: When, if the provider says so with a time zone.
        reference: Our message id, where the provider repeats it.
        opted_out: The recipient told the provider to stop texts.
    """

    provider_id: str
    state: ReceiptState
    word: str
    code: str = ""
    occurred_at: datetime | None = None
    reference: str = ""
    opted_out: bool = False


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """A text somebody sent to us.

    Attributes:
        sender: The number it came from, as the provider writes it.
        recipient: The number it was sent to.
        keyword_handled: The provider has answered a keyword already; we must not answer, too.
        keyword: ``STOP``, ``START`` or ``HELP`` when the provider says which it understood, else empty.
    """

    provider_id: str
    sender: str = field(repr=False)
    recipient: str = field(repr=False)
    text: str = field(repr=False)
    keyword_handled: bool = False
    keyword: str = ""


@dataclass(frozen=True, slots=True)
class WebhookReply:
    """What the provider wants to read; an empty body is answered with 204."""

    body: str = ""
    content_type: str = "text/plain; charset=utf-8"


def zoned_moment(text: str | None) -> datetime | None:
    """Return a time in ISO 8601 that names its zone; None when *text* is none."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else None
