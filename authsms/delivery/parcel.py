"""A message in clear, for as long as it takes to hand it over."""

from dataclasses import dataclass

from authsms.delivery.ledger import Claimed, Subject
from authsms.foundation.errors import SealBrokenError
from authsms.foundation.logs import get_logger
from authsms.foundation.phone import PhoneNumber, country_of
from authsms.foundation.vault import Vault
from authsms.senders.routes import Consignment

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message in clear, on its way to a provider."""

    subject: Subject
    recipient: PhoneNumber
    text: str
    consignment: Consignment

    @property
    def country(self) -> str:
        """Where it goes."""
        return country_of(self.recipient)


def open_parcel(vault: Vault, claimed: Claimed) -> Parcel | None:
    """Return a claimed message in clear, or None when it was wiped or cannot be read."""
    subject = claimed.subject
    if claimed.recipient is None or claimed.text is None:
        return None
    try:
        recipient = vault.unseal(claimed.recipient, context=f"message.recipient:{subject.id}")
        text = vault.unseal(claimed.text, context=f"message.text:{subject.id}")
    except SealBrokenError:
        _log.error("message.unreadable", message=subject.id)
        return None
    number = PhoneNumber(recipient.decode())
    way = claimed.label, claimed.groups, claimed.through
    return Parcel(subject, number, text.decode(), Consignment(subject.purpose, number, subject.id, *way))
