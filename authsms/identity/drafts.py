"""What somebody wants a person of a built-in repository to be, checked before anything is written."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from authsms.foundation.errors import InvalidInputError
from authsms.foundation.phone import PhoneNumber, parse_phone
from authsms.identity.names import canonical_name, is_acceptable_password, plain_text

SHORTEST_PASSWORD = 8
LONGEST_SHOWN = 200
_MOST_PHONES = 10
_MOST_GROUPS = 200
_LONGEST_MAIL = 254
_MAIL = re.compile(r"[^@\s]+@[^@\s]+")
_HASHED = re.compile(r"\{[A-Za-z0-9._/-]+\}|\$[0-9a-z-]+\$")


@dataclass(frozen=True, slots=True)
class PersonDraft:
    """A person to be made or changed; None leaves what is there.

    Attributes:
        groups: Names of all groups the person shall be in.
        password: In clear; hashed before it is kept.
        must_change: Whether the password has to be changed at the next sign-in.
    """

    login: str
    display_name: str | None = None
    phones: tuple[PhoneNumber, ...] | None = None
    mail: str | None = None
    groups: frozenset[str] | None = None
    password: str | None = field(default=None, repr=False)
    enabled: bool | None = None
    must_change: bool | None = None


def read_login(text: str) -> str:
    """Return a usable login name.

    Raises:
        InvalidInputError: It is none, or holds a backslash, which parts repository and name.
    """
    name = canonical_name(text)
    if "\\" in name:
        raise InvalidInputError("A user name holds no backslash.", field="login")
    return name


def read_shown(text: str, what: str = "display_name") -> str:
    """Return a usable display or group name.

    Raises:
        InvalidInputError: It is too long, or holds nothing that can be shown.
    """
    shown = plain_text(text, LONGEST_SHOWN + 1)
    if not shown or len(shown) > LONGEST_SHOWN:
        raise InvalidInputError(
            "A name has 1 to %(longest_shown)s characters.", longest_shown=LONGEST_SHOWN, field=what
        )
    return shown


def read_groups(names: Iterable[str]) -> frozenset[str]:
    """Return usable group names; see `read_shown`."""
    groups = frozenset(read_shown(name, "groups") for name in names)
    if len(groups) > _MOST_GROUPS:
        raise InvalidInputError(
            "Nobody is in more than %(most_groups)s groups.", most_groups=_MOST_GROUPS, field="groups"
        )
    return groups


def read_phones(texts: Iterable[str], *, default_region: str) -> tuple[PhoneNumber, ...]:
    """Return usable numbers in their order; see `parse_phone`."""
    phones = tuple(dict.fromkeys(parse_phone(text, default_region=default_region) for text in texts))
    if len(phones) > _MOST_PHONES:
        raise InvalidInputError(
            "Nobody has more than %(most_phones)s numbers.", most_phones=_MOST_PHONES, field="phone"
        )
    return phones


def read_mail(text: str) -> str:
    """Return a mail address that looks like one, or an empty text for an empty one.

    Raises:
        InvalidInputError: It does not look like one.
    """
    mail = text.strip()
    if mail and (len(mail) > _LONGEST_MAIL or not _MAIL.fullmatch(mail) or not mail.isprintable()):
        raise InvalidInputError("That is not a mail address.", field="mail")
    return mail


def read_password(text: str) -> str:
    """Return a password that may be kept.

    Raises:
        InvalidInputError: It is too short or too long, or already hashed: what another system made of a password
            cannot be checked here, and must not become the password itself.
    """
    if _HASHED.match(text):
        raise InvalidInputError("The password is hashed already; only clear ones can be taken over.", field="password")
    if len(text) < SHORTEST_PASSWORD or not is_acceptable_password(text):
        raise InvalidInputError(
            "A password has %(shortest_password)s or more characters.",
            shortest_password=SHORTEST_PASSWORD,
            field="password",
        )
    return text
