"""Requests of RFC 4511 as octets.

Filters are parsed once, when the settings are read. What people type is put into the parsed form as octets afterwards,
so that no spelling of a name can become a part of the filter. It also takes a fraction of the time: ldap3's general
encoder was the largest cost of a login.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from ldap3.core.exceptions import LDAPExceptionError
from ldap3.operation.search import compile_filter, parse_filter
from pyasn1.codec.ber import encoder

from authsms.identity.ldap.answers import element_bounds

WHOLE_SUBTREE = 2
ONLY_BASE = 0
_NEVER_FOLLOW_ALIASES = 0
_BOOLEAN, _INTEGER, _OCTETS, _ENUMERATED, _SEQUENCE = 0x01, 0x02, 0x04, 0x0A, 0x30
_BIND, _SEARCH, _PASSWORD, _CONTROLS = 0x60, 0x63, 0x80, 0xA0
_MODIFY, _EXTENDED, _SET = 0x66, 0x77, 0x31
_ADD, _DELETE = 0, 1
_REQUEST_NAME, _REQUEST_VALUE = 0x80, 0x81
_OLD_PASSWORD, _NEW_PASSWORD = 0x81, 0x82
_PASSWORD_MODIFY = b"1.3.6.1.4.1.4203.1.11.1"
_CONSTRUCTED = 0x20
_SHORT_FORM = 0x80
_LDAP_VERSION = 3
_PAGED_RESULTS = "1.2.840.113556.1.4.319"
_PLACE = re.compile(rb"\{[a-z]+\}")

_Node: TypeAlias = "bytes | tuple[int, bytes | tuple[_Node, ...]]"


@dataclass(frozen=True, slots=True)
class Control:
    """A request control; none is critical, servers that do not know it go on without."""

    oid: str
    value: bytes = b""

    def octets(self) -> bytes:
        """Return the control as RFC 4511 section 4.1.11 writes it."""
        return _element(_SEQUENCE, _text(self.oid), _element(_OCTETS, self.value) if self.value else b"")


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What to look for.

    Attributes:
        filter: A parsed filter with its values, from `Filter.fill`.
        size_limit: Most entries the server may send; 0 for no limit, with *page_size*.
        page_size: Entries a page; 0 asks for all at once.
        cookie: Where the server left off, from `LdapAnswer.cookie`.
    """

    base: str
    filter: bytes
    attributes: Sequence[str]
    scope: int = WHOLE_SUBTREE
    size_limit: int = 0
    time_limit_seconds: int = 0
    page_size: int = 0
    cookie: bytes = b""

    def octets(self) -> bytes:
        """Return the SearchRequest of RFC 4511 section 4.5.1."""
        return _element(
            _SEARCH,
            _text(self.base),
            _number(self.scope, _ENUMERATED),
            _number(_NEVER_FOLLOW_ALIASES, _ENUMERATED),
            _number(self.size_limit),
            _number(self.time_limit_seconds),
            _element(_BOOLEAN, b"\0"),
            self.filter,
            _names(tuple(self.attributes)),
        )

    def controls(self) -> tuple[Control, ...]:
        """Return the control that asks for a page, if one is wanted (RFC 2696)."""
        if not self.page_size:
            return ()
        wanted = _element(_SEQUENCE, _number(self.page_size), _element(_OCTETS, self.cookie))
        return (Control(_PAGED_RESULTS, wanted),)


def bind_octets(dn: str, password: str) -> bytes:
    """Return the BindRequest of RFC 4511 section 4.2 with simple authentication."""
    return _element(_BIND, _number(_LDAP_VERSION), _text(dn), _element(_PASSWORD, password.encode()))


def new_password_octets(old: str, new: str) -> bytes:
    """Return the request to change the password of whoever is bound on the connection (RFC 3062)."""
    given = _element(_SEQUENCE, _element(_OLD_PASSWORD, old.encode()), _element(_NEW_PASSWORD, new.encode()))
    return _element(_EXTENDED, _element(_REQUEST_NAME, _PASSWORD_MODIFY), _element(_REQUEST_VALUE, given))


def unicode_password_octets(dn: str, old: str, new: str) -> bytes:
    """Return the ModifyRequest by which Active Directory changes a password: the old value goes, the new one comes.

    Unlike a replacement, which an administrator does, it is held to the domain's rules for passwords.
    """
    changes = [_unicode_password(_DELETE, old), _unicode_password(_ADD, new)]
    return _element(_MODIFY, _text(dn), _element(_SEQUENCE, *changes))


def message_octets(message_id: int, operation: bytes, controls: Sequence[Control] = ()) -> bytes:
    """Return the LDAPMessage that carries *operation*."""
    carried = _element(_CONTROLS, *(control.octets() for control in controls)) if controls else b""
    return _element(_SEQUENCE, _number(message_id), operation, carried)


class Filter:
    """A filter in the usual notation (RFC 4515) with places such as ``{login}`` for values.

    Raises:
        ValueError: It cannot be read.
    """

    def __init__(self, text: str) -> None:
        try:
            root = parse_filter(  # type: ignore[no-untyped-call]
                text, None, auto_escape=False, auto_encode=True, validator=None, check_names=False
            )
            octets: bytes = encoder.encode(compile_filter(root.elements[0]))  # type: ignore[no-untyped-call]
        except (LDAPExceptionError, LookupError) as error:
            raise ValueError(f"the filter cannot be read ({error})") from error
        self._root = _tree(octets, 0, len(octets))

    def fill(self, **values: bytes) -> bytes:
        """Return the filter with *values* in their places, ready to be sent."""
        return _filled(self._root, {f"{{{name}}}".encode(): value for name, value in values.items()})


def _tree(octets: bytes, start: int, end: int) -> _Node:
    """Return an element as it is sent; one with places for values as its tag and its content or children."""
    if not _PLACE.search(octets, start, end):
        return octets[start:end]
    tag = octets[start]
    body = element_bounds(octets, start, end)[0]
    if not tag & _CONSTRUCTED:
        return tag, octets[body:end]
    children = []
    while body < end:
        child, body = body, element_bounds(octets, body, end)[1]
        children.append(_tree(octets, child, body))
    return tag, tuple(children)


def _filled(node: _Node, values: Mapping[bytes, bytes]) -> bytes:
    if isinstance(node, bytes):
        return node
    tag, content = node
    if not isinstance(content, bytes):
        return _element(tag, *[_filled(child, values) for child in content])
    # One pass: a value that holds the name of another place is not looked at again.
    return _element(tag, _PLACE.sub(lambda found: values.get(found.group(), found.group()), content))


def _element(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    size = len(content)
    if size < _SHORT_FORM:
        return bytes((tag, size)) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes((tag, _SHORT_FORM | len(octets))) + octets + content


def _number(value: int, tag: int = _INTEGER) -> bytes:
    return _element(tag, value.to_bytes(value.bit_length() // 8 + 1))


@lru_cache  # the settings of a repository name them
def _names(attributes: tuple[str, ...]) -> bytes:
    return _element(_SEQUENCE, *map(_text, attributes))


def _text(text: str) -> bytes:
    return _element(_OCTETS, text.encode())


def _unicode_password(operation: int, password: str) -> bytes:
    value = _element(_OCTETS, f'"{password}"'.encode("utf-16-le"))
    attribute = _element(_SEQUENCE, _text("unicodePwd"), _element(_SET, value))
    return _element(_SEQUENCE, _number(operation, _ENUMERATED), attribute)
