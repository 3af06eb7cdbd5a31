"""The headers that tell a site who somebody is.

Values are printable ASCII whatever the directory says. Everything else, the percent sign, and within a group the comma
are percent-encoded as UTF-8 (RFC 3986 section 2.1); applications that only know ASCII names never notice. All headers
are always sent, empty ones too, so that a proxy that copies them overwrites what the client made up.
"""

from typing import Final
from urllib.parse import quote

from authsms.logon.sessions import LoginSession

_PLAIN: Final = " !\"#$&'()*+,-./:;<=>?@[\\]^_`{|}~"
_LONGEST: Final = 3000
"""Characters of all values. nginx takes an answer whose headers fit into 4 KiB, and ours have others, too."""
_LONGEST_NAME: Final = 600
_SHORT_NAME: Final = 50


def identity_headers(session: LoginSession) -> dict[str, str]:
    """Return what a site is told about the person behind *session*; of many groups, those that fit."""
    told = {
        "Remote-User": _encoded(session.login),
        "Remote-Name": _name(session.display_name),
        "Remote-Email": _encoded(session.mail),
    }
    left = max(_LONGEST - sum(map(len, told.values())), 0)
    return {**told, "Remote-Groups": _joined(sorted(session.groups), left)}


def _encoded(text: str, safe: str = _PLAIN) -> str:
    return quote(text.strip(), safe=safe)


def _name(text: str) -> str:
    """Return a name, cut when it would take the room of groups: many a person writes his own into the directory."""
    encoded = _encoded(text)
    return encoded if len(encoded) <= _LONGEST_NAME else _encoded(text[:_SHORT_NAME])


def _joined(groups: list[str], longest: int) -> str:
    """Return the groups that fit: proxies refuse very long headers, and then nobody could come in."""
    plain = _PLAIN.replace(",", "")
    joined = ",".join(_encoded(group, plain) for group in groups)
    return joined if len(joined) <= longest else joined[:longest].rpartition(",")[0]
