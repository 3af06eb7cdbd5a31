"""Something to tell on the next page: why an answer was refused, where to go on.

A post ends in a redirect, so what it has to say travels in a cookie: sealed, so that nobody can make our pages say
things or lead people somewhere, for one minute, for one page, and shown once.
"""

import base64
import binascii
import json
import re
from dataclasses import dataclass, field
from datetime import timedelta

from flask import Response, g, request

from authsms.foundation.errors import SealBrokenError
from authsms.portals.services import services
from authsms.portals.session import delete_cookie, read_cookie, write_cookie

_COOKIE = "note"
_LIFETIME = timedelta(minutes=1)
_LOCAL_PATH = re.compile(r"/(?![/\\])[A-Za-z0-9\-._~!$&'()*+,;=:@%/?]*", re.ASCII)
_CONTEXT = "portals.note"


@dataclass(frozen=True, slots=True)
class Note:
    """What the page at *path* shall tell.

    Attributes:
        path: The page; any other ignores the note.
        key: Word of `authsms.portals.wording`.
        values: What its words are filled with, and facts the page needs.
    """

    path: str
    key: str
    values: dict[str, str] = field(default_factory=dict)


def leave_note(response: Response, note: Note) -> None:
    """Send *note* along with a redirect."""
    document = {"path": note.path, "key": note.key, "values": note.values}
    sealed = services().vault.seal(json.dumps(document).encode(), context=_CONTEXT)
    write_cookie(response, _COOKIE, base64.urlsafe_b64encode(sealed).decode(), lifetime=_LIFETIME)


def take_note() -> Note | None:
    """Return the note for the page that is asked for, if there is one; `drop_note` then forgets it."""
    value = read_cookie(_COOKIE)
    try:
        plain = services().vault.unseal(base64.urlsafe_b64decode(value), context=_CONTEXT) if value else b"null"
    except (SealBrokenError, binascii.Error, ValueError):
        return None
    document = json.loads(plain)
    if document is None or document["path"] != request.path:
        return None
    g.note_is_read = True
    return Note(**document)


def drop_note(response: Response) -> Response:
    """Forget the note that this page has shown."""
    if g.get("note_is_read"):
        delete_cookie(response, _COOKIE)
    return response


def local_path(address: str) -> str | None:
    """Return *address* when it is a path on this very host, None when a browser might take it for another place."""
    return address if _LOCAL_PATH.fullmatch(address) else None
