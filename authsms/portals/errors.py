"""Error pages: the one place where the portals turn errors into status codes and friendly words."""

from dataclasses import dataclass
from typing import Final

from flask import Flask, g, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, lazy_gettext
from werkzeug.exceptions import HTTPException

from authsms.foundation.errors import (
    AuthsmsError,
    ConflictError,
    ForbiddenError,
    ForgeryError,
    InvalidInputError,
    NotFoundError,
    ProofNeededError,
    TooManyRequestsError,
    UnavailableError,
)
from authsms.foundation.logs import get_logger
from authsms.messaging.offers_wording import LINK_PATH
from authsms.portals.session import read_ticket

_log = get_logger(__name__)
_OURS: Final[tuple[tuple[type[AuthsmsError], int], ...]] = (
    (InvalidInputError, 400),
    (ForgeryError, 403),
    (ForbiddenError, 403),
    (ProofNeededError, 403),
    (NotFoundError, 404),
    (ConflictError, 409),
    (TooManyRequestsError, 429),
    (UnavailableError, 503),
)
_GONE: Final = 404
_BROKEN: Final = 500


@dataclass(frozen=True, slots=True)
class Words:
    """Title of an error page, what happened, and what to do next."""

    title: LazyString
    happened: LazyString
    next_step: LazyString


_WORDS: Final[dict[int, Words]] = {
    400: Words(
        lazy_gettext("That did not work"),
        lazy_gettext("Your browser sent something this server cannot use."),
        lazy_gettext("Go back to where you came from and try again."),
    ),
    403: Words(
        lazy_gettext("This page is out of date"),
        lazy_gettext("For your safety, a form only works in the browser and on the page it was made for."),
        lazy_gettext("Start again. If this page keeps coming back, allow cookies for this site."),
    ),
    404: Words(
        lazy_gettext("There is nothing here any more"),
        lazy_gettext("The address is not right, or this sign-in was finished, cancelled or left open for too long."),
        lazy_gettext("Go back to the application you came from and start again."),
    ),
    405: Words(
        lazy_gettext("That did not work"),
        lazy_gettext("This address cannot be opened like this."),
        lazy_gettext("Go back to where you came from and try again."),
    ),
    409: Words(
        lazy_gettext("Something else was faster"),
        lazy_gettext("What you wanted to change has been changed meanwhile."),
        lazy_gettext("Go back, load the page again and look at it once more."),
    ),
    413: Words(
        lazy_gettext("That was too much"),
        lazy_gettext("Your browser sent more than this server takes."),
        lazy_gettext("Go back to where you came from and try again."),
    ),
    429: Words(
        lazy_gettext("A short break, please"),
        lazy_gettext("There were too many tries in a short time."),
        lazy_gettext("Wait a little, then try again."),
    ),
    503: Words(
        lazy_gettext("Back in a moment"),
        lazy_gettext("Signing in is temporarily unavailable. It is not your fault, and nothing was lost."),
        lazy_gettext("Please try again in a minute."),
    ),
    _BROKEN: Words(
        lazy_gettext("Something went wrong"),
        lazy_gettext("This is our fault, not yours. It has been noted."),
        lazy_gettext("Please try again. If it happens again, tell your help desk the number below."),
    ),
}


_FORBIDDEN: Final = Words(
    lazy_gettext("This is not for your account"),
    lazy_gettext("You are signed in, but your roles do not open this page."),
    lazy_gettext("Ask an administrator for the role you need, or sign in with another account."),
)


def register(app: Flask) -> None:
    """Answer every error that no other door has answered with a page."""
    app.register_error_handler(AuthsmsError, _ours)
    app.register_error_handler(HTTPException, _protocol)
    app.register_error_handler(Exception, _unexpected)


def _ours(error: AuthsmsError) -> ResponseReturnValue:
    status = next((status for kind, status in _OURS if isinstance(error, kind)), _BROKEN)
    if status >= _BROKEN:
        _log.error("page.failed", status=status, path=_shown_path(), error=type(error).__name__, exc_info=error)
    seconds = round(error.retry_after.total_seconds()) if isinstance(error, TooManyRequestsError) else None
    words = _FORBIDDEN if isinstance(error, ForbiddenError) else None
    return _page(status, retry_after=seconds, words=words)


def _protocol(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None:
        return error.response
    status = error.code or _BROKEN
    if status >= _BROKEN:
        _log.error("page.failed", status=status, path=_shown_path(), exc_info=error)
    return _page(status)


def _unexpected(error: Exception) -> ResponseReturnValue:
    _log.error("page.failed", status=_BROKEN, path=_shown_path(), error=type(error).__name__, exc_info=error)
    return _page(_BROKEN)


def _shown_path() -> str:
    """Return the path for the log; the end of a link is as good as a password."""
    return f"{LINK_PATH}…" if request.path.startswith(LINK_PATH) else request.path


def _page(status: int, *, retry_after: int | None = None, words: Words | None = None) -> ResponseReturnValue:
    words = words or _WORDS.get(status, _WORDS[400] if status < _BROKEN else _WORDS[_BROKEN])
    page = render_template(
        "portals/error.html",
        words=words,
        status=status,
        request_id=g.get("request_id", ""),
        retry_after=retry_after,
        again=None if status == _GONE and request.endpoint == "login.sign_in" else _again(),
    )
    response = make_response(page, status)
    if status in {429, 503}:
        response.headers["Retry-After"] = str(max(1, retry_after or 30))
    return response


def _again() -> str | None:
    """Return where the person can start again, when that is known."""
    values = request.view_args or {}
    if "event" in values and request.endpoint in {"login.sign_in", "login.begin"}:
        return url_for("login.sign_in", event=values["event"], c=request.args.get("c"))
    try:
        _, origin = read_ticket(values.get("process_id", ""))
    except NotFoundError:
        return None
    return url_for("login.sign_in", event=origin.event, c=origin.continuation_id)
