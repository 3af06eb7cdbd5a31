"""Which messages somebody wants to see, as typed, and what that means."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from authsms.delivery.activity import Wanted
from authsms.delivery.states import MessageState
from authsms.foundation.errors import UnavailableError
from authsms.foundation.phone import parse_phone
from authsms.identity.service import PeopleService
from authsms.senders.submission import Purpose

_LONGEST_TYPED: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageFilter:
    """Which messages to show; what is left empty does not matter.

    Attributes:
        since: The first moment that counts.
        until: The first moment that does not count any more.
        person: A person's key, or a user name in any spelling.
        phone: A whole number in any spelling; only a keyed hash of it is compared.
        provider_id: The provider's id of a message, or ours.
    """

    states: frozenset[MessageState] = frozenset()
    service: str = ""
    purpose: Purpose | None = None
    since: datetime | None = None
    until: datetime | None = None
    person: str = ""
    phone: str = ""
    provider_id: str = ""


class FilterReader:
    """Finds out whom and what a filter means.

    Args:
        default_region: Country of numbers without a country code.
    """

    def __init__(self, people: PeopleService, default_region: str) -> None:
        self._people = people
        self._region = default_region

    def read(self, wanted: MessageFilter) -> Wanted:
        """Return what a filter means: people by their keys, the number in E.164.

        Raises:
            InvalidInputError: The phone number is none.
        """
        keys, stranger = self._keys_of(wanted.person.strip()[:_LONGEST_TYPED])
        phone = wanted.phone.strip()
        return Wanted(
            states=wanted.states,
            service=wanted.service,
            purpose=wanted.purpose,
            since=wanted.since,
            until=wanted.until,
            person_keys=keys,
            stranger=stranger,
            recipient=parse_phone(phone, default_region=self._region) if phone else None,
            provider_id=wanted.provider_id.strip()[:_LONGEST_TYPED],
        )

    def _keys_of(self, typed: str) -> tuple[tuple[str, ...], str]:
        """Return the keys of whoever is called *typed*, and the name under which he was perhaps not known."""
        if not typed:
            return (), ""
        keys = {typed} if ":" in typed else set()
        try:
            person = self._people.find(typed)
        except UnavailableError:
            person = None
        if person is not None:
            keys.add(person.key)
        return tuple(sorted(keys)), self._people.split(typed)[1]
