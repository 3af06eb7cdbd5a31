"""The cookies of the portals: for the browser, for each open logon process, for the login session, and for a note.

All of them are opaque and ``HttpOnly``; over https they carry ``Secure`` and the ``__Host-`` prefix. The browser's
cookie and that of the login session are ``SameSite=Lax``, because a person arrives from the application's site and
must keep them; the others are only ever needed between our own pages and are ``Strict``. There is no server-side
state behind the browser's cookie: it is the secret to which forms are bound.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from flask import Response, g

from authsms.foundation.cookies import SESSION_COOKIE, SUPPLEMENT_COOKIE, cookie_name
from authsms.foundation.errors import NotFoundError
from authsms.logon.sessions import LoginSession
from authsms.logon.steps import Client, Step, Ticket
from authsms.portals.language import end_visit, language, language_of_visit
from authsms.portals.services import asked, services

_BROWSER_COOKIE = "browser"
_PROCESS_LIFETIME = timedelta(minutes=10)
_LONGEST_USER_AGENT = 300
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_PROCESS_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
_TICKET = re.compile(
    r"([A-Za-z0-9_-]{16,100})\.([A-Za-z0-9_-]{1,100})\.([0-9a-f]{32}|)\.([A-Za-z0-9_-]{0,1000})", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a logon process began, kept so that it can be begun again.

    Attributes:
        event: Name of the event.
        continuation_id: The waiting request of an application, or None.
        place: That application's name, for people.
    """

    event: str
    continuation_id: str | None
    place: str = ""


def browser_secret() -> str:
    """Return the secret of this browser; a new one is drawn, and kept by `keep_browser`, when it has none."""
    secret: str | None = g.get("browser_secret")
    if secret is None:
        secret = read_cookie(_BROWSER_COOKIE)
        if not _TOKEN.fullmatch(secret):
            secret = services().vault.new_token()
            g.browser_is_new = True
        g.browser_secret = secret
    return secret


def keep_browser(response: Response) -> Response:
    """Send the browser its secret when this answer is the first that needs it."""
    if g.get("browser_is_new"):
        write_cookie(response, _BROWSER_COOKIE, g.browser_secret, strict=False)
    return response


def client(event: str = "", *, is_strict: bool = False) -> Client:
    """Return who is asking, as far as the request tells.

    Args:
        event: What is logged in to; what this browser keeps of a strong sign-in to it comes along.
        is_strict: That must not make the sign-in shorter.
    """
    here = asked()
    grace = read_cookie(_grace(event)) if event else ""
    return Client(
        address=here.remote_addr or "",
        user_agent=here.user_agent.string[:_LONGEST_USER_AGENT],
        locale=language(),
        has_page=True,
        can_choose=True,
        takes_new_password=True,
        grace=grace if _TOKEN.fullmatch(grace) else "",
        is_strict=is_strict,
        is_locale_chosen=bool(language_of_visit()),
    )


def keep_grace(response: Response, event: str, token: str) -> None:
    """Let this browser unlock shorter chains of an event for a while; the server's clock decides how long."""
    write_cookie(response, _grace(event), token)


def _grace(event: str) -> str:
    return f"grace-{sha256(event.encode()).hexdigest()[:16]}"


def keep_ticket(response: Response, step: Step, origin: Origin) -> None:
    """Let this browser, and no other, go on with the logon process."""
    value = ".".join((step.secret, origin.event, origin.continuation_id or "", _encode(origin.place)))
    write_cookie(response, f"logon-{step.process_id}", value, lifetime=_PROCESS_LIFETIME)


def drop_ticket(response: Response, process_id: str) -> None:
    """Forget a logon process that has ended."""
    delete_cookie(response, f"logon-{process_id}")


def read_ticket(process_id: str) -> tuple[Ticket, Origin]:
    """Return what this browser holds for a logon process.

    Raises:
        NotFoundError: It holds nothing; the same words as for an unknown, ended or expired process.
    """
    value = read_cookie(f"logon-{process_id}") if _PROCESS_ID.fullmatch(process_id) else ""
    found = _TICKET.fullmatch(value)
    if found is None:
        raise NotFoundError("This logon process is not open here.")
    secret, event, continuation_id, place = found.groups()
    return Ticket(process_id, secret), Origin(event, continuation_id or None, _decode(place))


def session_token() -> str:
    """Return the token of the login session this browser holds, or an empty text."""
    return read_cookie(SESSION_COOKIE)


def current_session() -> LoginSession | None:
    """Return the login session of this browser when it is still open."""
    token = session_token()
    if "login_session" not in g:
        g.login_session = services().sessions.find(token) if token else None
    session: LoginSession | None = g.login_session
    return session


def meet_reader() -> None:
    """Let the page speak the language that whoever is signed in keeps; to be called before anything is said.

    Pages of the sign-in itself do not call it: who will sign in is not known there.
    """
    present = current_session()
    g.kept_language = present.language if present else ""


def keep_session(response: Response, token: str) -> None:
    """Give this browser a login session; it ends with the browser or by the server's clock, whichever is first."""
    write_cookie(response, SESSION_COOKIE, token, strict=False)


def keep_supplement(response: Response, token: str) -> None:
    """Give this browser a login session that is only good where it completes a sign-in, beside the one it has."""
    write_cookie(response, SUPPLEMENT_COOKIE, token, lifetime=_PROCESS_LIFETIME, strict=False)


def drop_session(response: Response) -> None:
    """Take the login session from this browser, and the language that its owner has chosen on this visit."""
    delete_cookie(response, SESSION_COOKIE, strict=False)
    end_visit(response)


def _encode(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(text: str) -> str:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _name(word: str) -> str:
    return cookie_name(word, https=services().settings.is_https)


def read_cookie(word: str) -> str:
    """Return the value of one of our cookies, or an empty text."""
    return asked().cookies.get(_name(word), "")


def write_cookie(
    response: Response, word: str, value: str, *, lifetime: timedelta | None = None, strict: bool = True
) -> None:
    """Set one of our cookies; without *lifetime* it ends with the browser."""
    response.set_cookie(
        _name(word),
        value,
        max_age=lifetime,
        path="/",
        secure=services().settings.is_https,
        httponly=True,
        samesite="Strict" if strict else "Lax",
    )


def delete_cookie(response: Response, word: str, *, strict: bool = True) -> None:
    """Take one of our cookies away."""
    response.delete_cookie(
        _name(word),
        path="/",
        secure=services().settings.is_https,
        httponly=True,
        samesite="Strict" if strict else "Lax",
    )
