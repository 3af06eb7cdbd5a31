"""Transaction ids: the sealed right to go on with a logon, for the endpoint and the user name that began it.

Nothing is stored. The logon engine sees to it that each step is taken once, and the id fits into a RADIUS State.
"""

import base64
import binascii
import hmac
from typing import Final

from authsms.foundation.errors import SealBrokenError
from authsms.foundation.vault import Vault
from authsms.logon.steps import Ticket

_LONGEST: Final = 400
_SHORT: Final = 32


class Transactions:
    """Writes and reads transaction ids."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def write(self, endpoint_id: str, user: str, ticket: Ticket) -> str:
        """Return the id under which *user* goes on with a logon at this endpoint."""
        plain = f"{ticket.process_id}.{ticket.secret}.{self._name(endpoint_id, user)}"
        sealed = self._vault.seal(plain.encode(), context=_context(endpoint_id))
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def read(self, endpoint_id: str, user: str, text: str) -> Ticket | None:
        """Return what `write` wrote; None when it is not genuine, or another's."""
        if len(text) > _LONGEST or not text.isascii():
            return None
        try:
            sealed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            plain = self._vault.unseal(sealed, context=_context(endpoint_id)).decode()
        except (SealBrokenError, binascii.Error):
            return None
        process_id, secret, name = plain.split(".")
        return Ticket(process_id, secret) if hmac.compare_digest(name, self._name(endpoint_id, user)) else None

    def _name(self, endpoint_id: str, user: str) -> str:
        return self._vault.keyed_hash("validate-user", endpoint_id, user)[:_SHORT]


def _context(endpoint_id: str) -> str:
    return f"validate.transaction:{endpoint_id}"
