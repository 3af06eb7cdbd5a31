"""The page somebody wanted before he had to sign in, kept sealed in a cookie for the length of a sign-in."""

import base64
import binascii
from datetime import timedelta

from flask import Response, request

from authsms.foundation.errors import SealBrokenError
from authsms.messaging.offers_wording import LINK_PATH
from authsms.portals.notes import local_path
from authsms.portals.services import services
from authsms.portals.session import delete_cookie, read_cookie, write_cookie

_COOKIE = "wanted"
_CONTEXT = "portals.wanted"
_LIFETIME = timedelta(minutes=10)
_LONGEST = 1000
_OWN_PAGES = ("/account/", "/contacts/", LINK_PATH)


def keep_wanted(response: Response, address: str) -> None:
    """Remember a path of our own; anything else is not kept."""
    if len(address) > _LONGEST or local_path(address) is None:
        return
    sealed = services().vault.seal(address.encode(), context=_CONTEXT)
    write_cookie(response, _COOKIE, base64.urlsafe_b64encode(sealed).decode(), lifetime=_LIFETIME)


def read_wanted() -> str | None:
    """Return the path that was kept in this browser, if there is one."""
    value = read_cookie(_COOKIE)
    try:
        plain = services().vault.unseal(base64.urlsafe_b64decode(value), context=_CONTEXT) if value else b""
    except (SealBrokenError, binascii.Error, ValueError):
        return None
    return local_path(plain.decode()) if plain else None


def is_own_page(path: str) -> bool:
    """Return whether a path leads to the pages where people look after their own account."""
    return path.startswith(_OWN_PAGES)


def drop_wanted(response: Response) -> None:
    """Forget it."""
    if request.cookies:
        delete_cookie(response, _COOKIE)
