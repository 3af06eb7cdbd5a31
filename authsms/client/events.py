"""Reads what a server tells by webhook, once it is clear that it comes from there."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

OLDEST: Final = timedelta(minutes=5)


class ForgedEventError(Exception):
    """This is not the server's, or an old call that somebody sends again; answer 400 and do nothing."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened.

    Attributes:
        id: The same each time when it is told more than once; do nothing the second time.
        kind: ``notice.recipient``, ``contact.stopped``, ``offer.answered``, ``offer.filled``, ``offer.closed`` or
            ``test``; ignore others.
        data: What is told of it.
    """

    id: str
    kind: str
    created: datetime
    data: Mapping[str, str]


def read_event(secret: str, headers: Mapping[str, str], body: bytes, *, now: datetime | None = None) -> Event:
    """Return what a call tells; answer it with 204 once that is stored.

    Args:
        secret: The webhook's.
        headers: Of the request; frameworks compare their names without regard to case, and so must this mapping.
        body: Of the request, byte for byte as it came.
        now: The present when left out.

    Raises:
        ForgedEventError: The signature is not right, or the call is older than `OLDEST`.
    """
    timestamp = headers.get("Authsms-Timestamp", "")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):  # noqa: PLR2004 - digits of seconds
        raise ForgedEventError("The call bears no timestamp.")
    signed = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    shown = headers.get("Authsms-Signature", "").encode("utf-8", "replace")
    if not hmac.compare_digest(f"v1={signed}".encode(), shown):
        raise ForgedEventError("The signature is not the server's.")
    if abs((now or datetime.now(UTC)) - datetime.fromtimestamp(int(timestamp), UTC)) > OLDEST:
        raise ForgedEventError("The call is an old one.")
    told = json.loads(body)
    return Event(told["id"], told["kind"], datetime.fromisoformat(told["created"]), told["data"])
