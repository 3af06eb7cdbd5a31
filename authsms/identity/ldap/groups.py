"""The groups of a person in a directory."""

import re
from collections.abc import Iterable

from ldap3.core.exceptions import LDAPInvalidDnError
from ldap3.utils.dn import parse_dn

from authsms.identity.ldap.answers import Entry, LdapAnswer
from authsms.identity.ldap.connection import DirectoryConnection, UnusableAnswerError
from authsms.identity.ldap.requests import Search
from authsms.identity.ldap.settings import LdapSettings
from authsms.identity.names import plain_text

MOST_GROUPS = 5000
_PAGE = 500
_LONGEST_NAME = 200
_ESCAPED = re.compile(rb"\\(?:([0-9a-fA-F]{2})|(.))", re.DOTALL)

Rdn = tuple[str, str]


def search_groups(connection: DirectoryConnection, settings: LdapSettings, group_filter: bytes) -> frozenset[str]:
    """Return the names of all groups that match *group_filter*, page by page.

    Raises:
        DirectoryUnavailableError: There are more than `MOST_GROUPS`, or a page was refused. A part of the groups is
            never taken for all of them: a chain could be chosen by what is missing.
    """
    names: set[str] = set()
    cookie = b""
    for _ in range(MOST_GROUPS // _PAGE):
        answer = connection.search(
            Search(
                base=settings.group_base or settings.base,
                filter=group_filter,
                attributes=[settings.group_name_attribute],
                page_size=_PAGE,
                cookie=cookie,
            )
        )
        demand_success(answer)
        names.update(_names_of(answer.entries, settings))
        cookie = answer.cookie
        if not cookie:
            return frozenset(names)
    raise UnusableAnswerError("The directory names more groups than anybody can be in.")


def member_of(entry: Entry, settings: LdapSettings) -> frozenset[str]:
    """Return the names of the groups that *entry* itself lists; direct ones only.

    Raises:
        DirectoryUnavailableError: The directory shows only a part of them.
    """
    if any(name.startswith("memberof;range=") for name in entry.values):
        raise UnusableAnswerError("Too many groups for memberOf; set groups = search.")
    below = read_dn(settings.group_base or settings.base)
    names = set()
    for dn in entry.texts("memberOf", most=MOST_GROUPS, longest=1000):
        parts = read_dn(dn)
        if parts and parts[-len(below) :] == below:
            names.add(plain_text(dn if settings.group_names == "dn" else _first_value(dn), _LONGEST_NAME))
    return frozenset(filter(None, names))


def demand_success(answer: LdapAnswer) -> None:
    """Return when a search went well.

    Raises:
        DirectoryUnavailableError: It did not; the reason is in the message.
    """
    if answer.code != 0:
        raise UnusableAnswerError(f"The directory refused a search: code {answer.code} {answer.message}".strip())


def read_dn(dn: str) -> tuple[Rdn, ...]:
    """Return the parts of *dn* for comparing: lower case, unescaped; empty when it cannot be read."""
    try:
        return tuple((name.lower(), _unescape(value).casefold()) for name, value, _ in parse_dn(dn, strip=True))
    except (LDAPInvalidDnError, IndexError):
        return ()


def _names_of(entries: Iterable[Entry], settings: LdapSettings) -> Iterable[str]:
    for entry in entries:
        name = entry.dn if settings.group_names == "dn" else entry.text(settings.group_name_attribute)
        if plain_text(name, _LONGEST_NAME):
            yield plain_text(name, _LONGEST_NAME)


def _first_value(dn: str) -> str:
    return _unescape(parse_dn(dn, strip=True)[0][1])


def _unescape(value: str) -> str:
    octets = _ESCAPED.sub(
        lambda found: bytes.fromhex(found.group(1).decode()) if found.group(1) else found.group(2), value.encode()
    )
    return octets.decode(errors="replace")
