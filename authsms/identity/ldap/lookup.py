"""Looking people up by a part of what is known of them; for a help desk, never for a login."""

import math
from typing import Final

from authsms.foundation.errors import DirectoryUnavailableError
from authsms.identity.ldap.answers import Entry
from authsms.identity.ldap.connection import DirectoryConnection
from authsms.identity.ldap.groups import demand_success
from authsms.identity.ldap.people import PersonReader
from authsms.identity.ldap.requests import Filter, Search
from authsms.identity.ldap.settings import LdapSettings
from authsms.identity.names import dialled, visible_part
from authsms.identity.repository import Hits, Person

_TIME_LIMIT_EXCEEDED: Final = 3
_SIZE_LIMIT_EXCEEDED: Final = 4
_ADMIN_LIMIT_EXCEEDED: Final = 11
_CUT: Final = frozenset({_TIME_LIMIT_EXCEEDED, _SIZE_LIMIT_EXCEEDED, _ADMIN_LIMIT_EXCEEDED})
_ANYBODY: Final = "(objectClass=*)"


class PeopleLookup:
    """Asks one directory for people whose attributes hold a text.

    The text is put into a parsed filter as octets: whatever was typed, it stands for itself.
    """

    def __init__(self, settings: LdapSettings, reader: PersonReader) -> None:
        self._settings = settings
        self._reader = reader
        shown = (settings.login_attribute, *settings.name_attributes, settings.mail_attribute)
        self._by_words = self._filter(*shown)
        self._by_number = self._filter(*settings.phone_attributes)
        self._attributes = reader.attributes()

    def hits(self, connection: DirectoryConnection, text: str, limit: int) -> Hits:
        """Return at most *limit* people; what a server's own limits leave out counts as cut.

        Raises:
            DirectoryUnavailableError: The directory refuses the search.
        """
        digits = dialled(text)
        wanted, by = (digits, self._by_number) if digits else (visible_part(text), self._by_words)
        if by is None or not wanted:
            return Hits()
        answer = connection.search(
            Search(
                base=self._settings.base,
                filter=by.fill(text=wanted.encode()),
                attributes=self._attributes,
                size_limit=limit + 1,
                time_limit_seconds=math.ceil(self._settings.receive_timeout_seconds),
            )
        )
        if answer.code not in _CUT:
            demand_success(answer)
        people = [person for person in map(self._person, answer.entries) if person is not None]
        people.sort(key=lambda person: person.login.casefold())
        return Hits(tuple(people[:limit]), answer.code in _CUT or len(people) > limit)

    def _person(self, entry: Entry) -> Person | None:
        """Return *entry* as a person, or None: one odd entry shall not hide the others."""
        try:
            return self._reader.person(entry, frozenset())
        except DirectoryUnavailableError:
            return None

    def _filter(self, *attributes: str) -> Filter | None:
        """Return the filter of people with ``{text}`` in one of *attributes*, or None when none is set."""
        parts = "".join(f"({name}=*{{text}}*)" for name in dict.fromkeys(filter(None, attributes)))
        if not parts:
            return None
        try:
            return Filter(f"(&{self._settings.person_filter.replace('{login}', '*')}(|{parts}))")
        except ValueError:
            # A filter that leaves no room for a star says nothing about who is a person.
            return Filter(f"(&{_ANYBODY}(|{parts}))")
