"""What a browser carries between a site and this server, sealed: nobody reads it, alters it, or uses it elsewhere."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from authsms.foundation.clock import Clock
from authsms.foundation.errors import SealBrokenError
from authsms.foundation.vault import Vault

ASKING_LIFETIME: Final = timedelta(minutes=30)
TICKET_LIFETIME: Final = timedelta(minutes=1)
_LONGEST: Final = 8000


@dataclass(frozen=True, slots=True)
class Asking:
    """A request for a login that is under way from a site to this server.

    Attributes:
        browser: Keyed hash of the secret that this browser has at the site.
        path: Where the person wanted to go there.
    """

    browser: str
    path: str


@dataclass(frozen=True, slots=True)
class Ticket:
    """A login that is under way from this server to a site; its continuation is finished only once."""

    continuation_id: str
    session_id: str


class Notes:
    """Writes and reads what browsers carry; each note is good for one endpoint and one use."""

    def __init__(self, vault: Vault, clock: Clock) -> None:
        self._vault = vault
        self._clock = clock

    def write_asking(self, endpoint_id: str, asking: Asking) -> str:
        """Return *asking* for the way to this server."""
        return self._write(endpoint_id, "asking", {"browser": asking.browser, "path": asking.path}, ASKING_LIFETIME)

    def read_asking(self, endpoint_id: str, text: str) -> Asking | None:
        """Return what `write_asking` wrote; None when it is not genuine or too old."""
        found = self._read(endpoint_id, "asking", text)
        return None if found is None else Asking(found["browser"], found["path"])

    def write_ticket(self, endpoint_id: str, ticket: Ticket) -> str:
        """Return *ticket* for the way to the site."""
        values = {"continuation": ticket.continuation_id, "session": ticket.session_id}
        return self._write(endpoint_id, "ticket", values, TICKET_LIFETIME)

    def read_ticket(self, endpoint_id: str, text: str) -> Ticket | None:
        """Return what `write_ticket` wrote; None when it is not genuine or too old."""
        found = self._read(endpoint_id, "ticket", text)
        return None if found is None else Ticket(found["continuation"], found["session"])

    def write_pass(self, endpoint_id: str, session_id: str) -> str:
        """Return what the browser shows at the site from then on; it is good for as long as the session is."""
        return self._write(endpoint_id, "pass", {"session": session_id})

    def read_pass(self, endpoint_id: str, text: str) -> str | None:
        """Return the id of the session behind what a browser shows; None when it is not genuine."""
        found = self._read(endpoint_id, "pass", text)
        return None if found is None else str(found["session"])

    def _write(self, endpoint_id: str, use: str, values: Mapping[str, str], lifetime: timedelta | None = None) -> str:
        until = (self._clock.now() + lifetime).isoformat() if lifetime else ""
        sealed = self._vault.seal(json.dumps({**values, "until": until}).encode(), context=_context(endpoint_id, use))
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def _read(self, endpoint_id: str, use: str, text: str) -> dict[str, Any] | None:
        if not 0 < len(text) <= _LONGEST or not text.isascii():
            return None
        try:
            sealed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            values: dict[str, Any] = json.loads(self._vault.unseal(sealed, context=_context(endpoint_id, use)))
        except (SealBrokenError, binascii.Error):
            return None
        until = values["until"]
        return None if until and datetime.fromisoformat(until) <= self._clock.now() else values


def _context(endpoint_id: str, use: str) -> str:
    return f"forward_auth.{use}:{endpoint_id}"
