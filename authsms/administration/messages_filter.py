"""Which messages somebody wants to see, as typed, and what that means."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from authsms.delivery.activity import Activity, Wanted
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
        number: Keyed hash of a whole number, from `FilterReader.number_of`: the number itself has no place in an
            address, which proxies write down.
        provider_id: The provider's id of a message, or ours.
    """

    states: frozenset[MessageState] = frozenset()
    service: str = ""
    purpose: Purpose | None = None
    since: datetime | None = None
    until: datetime | None = None
    person: str = ""
    number: str = ""
    provider_id: str = ""


class FilterReader:
    """Finds out whom and what a filter means.

    Args:
        default_region: Country of numbers without a country code.
    """

    def __init__(self, people: PeopleService, activity: Activity, default_region: str) -> None:
        self._people = people
        self._activity = activity
        self._region = default_region

    def read(self, wanted: MessageFilter) -> Wanted:
        """Return what a filter means: people by their keys."""
        keys, stranger = self._keys_of(wanted.person.strip()[:_LONGEST_TYPED])
        return Wanted(
            states=wanted.states,
            service=wanted.service,
            purpose=wanted.purpose,
            since=wanted.since,
            until=wanted.until,
            person_keys=keys,
            stranger=stranger,
            number=wanted.number,
            provider_id=wanted.provider_id.strip()[:_LONGEST_TYPED],
        )

    def number_of(self, phone: str) -> str:
        """Return the keyed hash of a phone number in any spelling.

        Raises:
            InvalidInputError: It is none; `field` is ``phone``.
        """
        return self._activity.number_of(parse_phone(phone.strip(), default_region=self._region))

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
