"""A contact as it is kept, and as it is read."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import Select, Table, func, select

from authsms.contacts.agreement import ContactKind, ContactState
from authsms.contacts.models import ContactRow
from authsms.identity.preferences import kept_language

CONTACT: Final = cast("Table", ContactRow.__table__)
_LOCALE: Final = func.coalesce(kept_language(CONTACT.c.person_key), CONTACT.c.locale).label("locale")
WHOLE: Final[Select[Any]] = select(*(one for one in CONTACT.c if one is not CONTACT.c.locale), _LOCALE)
"""Rows of `CONTACT` with the language their owner reads by now."""


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact as it may be shown to its owner.

    Attributes:
        country: ISO 3166.
        locale: The language its owner is texted in: the one he keeps, else that in which he agreed.
        challenge_id: The code that is awaited, or empty.
        wording: What was ticked last.
    """

    id: str
    person_key: str
    login: str
    kind: ContactKind
    masked: str
    country: str
    state: ContactState
    locale: str
    challenge_id: str = field(repr=False)
    wording: str
    verified_at: datetime | None
    created_at: datetime
    sealed: bytes = field(repr=False)

    @property
    def is_live(self) -> bool:
        """Whether it may be sent notices and offers."""
        return self.state is ContactState.VERIFIED


@dataclass(frozen=True, slots=True)
class Stated:
    """A consent that was given elsewhere, as a file says."""

    at: datetime
    wording: str
    source: str


@dataclass(frozen=True, slots=True)
class Tick:
    """What was ticked, and the code that was sent for it."""

    challenge_id: str
    wording: str
    locale: str


def place_of(contact_id: str) -> str:
    """Return what the seal of a contact's number is bound to."""
    return f"contact.number:{contact_id}"


def contact_of(row: Any) -> Contact:
    """Return a whole row of `CONTACT` as it is read."""
    return Contact(
        *(row.id, row.person_key, row.login, ContactKind(row.kind), row.masked, row.country, ContactState(row.state)),
        *(row.locale, row.challenge_id, row.wording, row.verified_at, row.created_at, row.number),
    )
