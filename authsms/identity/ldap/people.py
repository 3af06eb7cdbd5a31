"""Entries of a directory, read as people; every value is suspect until it is bounded."""

import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from authsms.foundation.clock import Clock
from authsms.foundation.errors import DirectoryUnavailableError, InvalidInputError
from authsms.foundation.logs import get_logger
from authsms.foundation.phone import PhoneNumber, parse_phone
from authsms.identity.ldap.answers import Entry
from authsms.identity.ldap.settings import GroupSource, IdForm, LdapSettings
from authsms.identity.names import plain_text
from authsms.identity.repository import Person

_LONGEST_SHOWN = 200
_LONGEST_MAIL = 254
_LONGEST_ID = 128
_MOST_PHONES = 10
_LONGEST_PHONE = 64
_ACCOUNT_DISABLED = 0x2
_NEVER = {"", "0", "9223372036854775807"}
_FILETIME_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_LOCKED_FOR_GOOD = "000001010000Z"
_PLAIN_ID = re.compile(r"[A-Za-z0-9._=-]{1,128}")
_STATE_ATTRIBUTES = ("userAccountControl", "accountExpires", "pwdAccountLockedTime", "nsAccountLock")
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class PersonReader:
    """Turns entries of one directory into people.

    Attributes:
        repository: Name of the repository.
        default_region: Country of numbers without a country code.
    """

    repository: str
    settings: LdapSettings
    clock: Clock
    default_region: str

    def attributes(self) -> list[str]:
        """Return the attributes to ask for."""
        settings = self.settings
        wanted = [
            settings.id_attribute,
            settings.login_attribute,
            *settings.phone_attributes,
            *settings.name_attributes,
            settings.mail_attribute,
            *_STATE_ATTRIBUTES,
        ]
        if settings.groups is GroupSource.MEMBER_OF:
            wanted.append("memberOf")
        return list(dict.fromkeys(name for name in wanted if name))

    def person(self, entry: Entry, groups: frozenset[str]) -> Person:
        """Return *entry* as a person.

        Raises:
            DirectoryUnavailableError: It has no immutable id; the service account may not read it, or the setting is
                wrong. Nothing could be counted against such a person.
        """
        settings = self.settings
        person_id = self.read_id(entry)
        if not person_id:
            _log.error("directory.id_missing", repository=self.repository, attribute=settings.id_attribute)
            raise DirectoryUnavailableError("The directory shows no immutable id.")
        login = plain_text(entry.text(settings.login_attribute), _LONGEST_SHOWN)
        names = (plain_text(entry.text(name, longest=1024), _LONGEST_SHOWN) for name in settings.name_attributes)
        return Person(
            repository=self.repository,
            id=person_id,
            login=login,
            display_name=next(filter(None, names), login),
            phones=self._phones(entry, person_id),
            groups=groups,
            mail=plain_text(entry.text(settings.mail_attribute, longest=_LONGEST_MAIL), _LONGEST_MAIL),
            enabled=self._is_enabled(entry),
            handle=entry.dn,
        )

    def read_id(self, entry: Entry) -> str:
        """Return the immutable id in its canonical form, or an empty text."""
        values = entry.values.get(self.settings.id_attribute.lower(), ())
        if len(values) != 1 or len(values[0]) > _LONGEST_ID:
            return ""
        try:
            if self.settings.id_form is IdForm.GUID:
                return str(uuid.UUID(bytes_le=values[0]))
            text = values[0].decode("ascii")
            return str(uuid.UUID(text)) if self.settings.id_form is IdForm.UUID else _plain_id(text)
        except ValueError:
            return ""

    def id_octets(self, person_id: str) -> bytes | None:
        """Return how the directory writes *person_id*, or None when it cannot be one of its ids."""
        try:
            if self.settings.id_form is IdForm.GUID:
                return uuid.UUID(person_id).bytes_le
            if self.settings.id_form is IdForm.UUID:
                return str(uuid.UUID(person_id)).encode()
        except ValueError:
            return None
        return _plain_id(person_id).encode() or None

    def _phones(self, entry: Entry, person_id: str) -> tuple[PhoneNumber, ...]:
        """Return the usable numbers: by attribute in the order of the settings, within one attribute sorted."""
        phones: list[PhoneNumber] = []
        for attribute in self.settings.phone_attributes:
            for text in entry.texts(attribute, longest=_LONGEST_PHONE):
                try:
                    phones.append(parse_phone(text, default_region=self.default_region))
                except InvalidInputError:
                    _log.info("directory.phone_unusable", repository=self.repository, id=person_id, attribute=attribute)
        return tuple(dict.fromkeys(phones))[:_MOST_PHONES]

    def _is_enabled(self, entry: Entry) -> bool:
        flags = entry.text("userAccountControl")
        if flags.lstrip("-").isdigit() and int(flags) & _ACCOUNT_DISABLED:
            return False
        if entry.text("pwdAccountLockedTime") == _LOCKED_FOR_GOOD or entry.text("nsAccountLock").upper() == "TRUE":
            return False
        expires = entry.text("accountExpires")
        if expires in _NEVER or not expires.isdigit():
            return True
        try:
            return _FILETIME_EPOCH + timedelta(microseconds=int(expires) // 10) > self.clock.now()
        except OverflowError:
            return True


def _plain_id(text: str) -> str:
    return text if _PLAIN_ID.fullmatch(text) else ""
