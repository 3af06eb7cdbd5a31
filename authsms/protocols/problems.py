"""Errors as programs read them: RFC 9457 problem documents. The one place where machine doors choose status codes."""

from collections.abc import Callable
from typing import Final, TypeAlias

from flask import Blueprint, Response, g, json, request
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

CONTENT_TYPE = "application/problem+json"
_BROKEN: Final = 500
_UNAVAILABLE: Final = 503
_RETRY_SECONDS: Final = 30
_KINDS: Final[tuple[tuple[type[AuthsmsError], int, str], ...]] = (
    (InvalidInputError, 400, "invalid-input"),
    (ForgeryError, 403, "forgery"),
    (ForbiddenError, 403, "forbidden"),
    (ProofNeededError, 403, "proof-needed"),
    (NotFoundError, 404, "not-found"),
    (ConflictError, 409, "conflict"),
    (TooManyRequestsError, 429, "too-many-requests"),
    (UnavailableError, _UNAVAILABLE, "unavailable"),
)
_TITLES: Final = {
    "invalid-input": "The input cannot be used",
    "forgery": "The request is not authentic",
    "forbidden": "This is not allowed",
    "proof-needed": "A fresh proof of identity is needed",
    "not-found": "There is no such thing",
    "conflict": "It was changed meanwhile",
    "too-many-requests": "Too many requests",
    "unavailable": "Temporarily unavailable",
    "internal": "Something went wrong here",
}
Document: TypeAlias = Callable[[int, str, str, str], Response]
"""Writes an error down: status, kind, title and, if the caller may know, what is wrong this time."""

_log = get_logger(__name__)


def register(blueprint: Blueprint, document: Document | None = None) -> None:
    """Answer every error in *blueprint* with a problem document; an unknown one without any detail.

    Args:
        blueprint: The door.
        document: Writes the documents of a door that has a form of its own for them.
    """
    write = document or problem
    blueprint.register_error_handler(AuthsmsError, lambda error: _ours(error, write))
    blueprint.register_error_handler(HTTPException, lambda error: _protocol(error, write))
    blueprint.register_error_handler(Exception, lambda error: _unexpected(error, write))


def problem(status: int, kind: str, title: str, detail: str = "") -> Response:
    """Return a problem document.

    Args:
        status: HTTP status.
        kind: Short word for programs; ``about:blank`` when the status says it all.
        title: The same for people, always the same for one kind.
        detail: What is wrong this time, if the caller may know.
    """
    document: dict[str, str | int] = {"type": kind, "title": title, "status": status}
    if detail:
        document["detail"] = detail
    if "request_id" in g:
        document["instance"] = f"urn:authsms:request:{g.request_id}"
    return Response(json.dumps(document), status, content_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})


def _ours(error: AuthsmsError, write: Document) -> Response:
    status, kind = next(((status, kind) for base, status, kind in _KINDS if isinstance(error, base)), (_BROKEN, ""))
    if status == _BROKEN:
        return _unexpected(error, write)
    # Only input errors are written for the caller; the others may name what a stranger should not learn.
    detail = str(error) if isinstance(error, InvalidInputError) else ""
    response = write(status, f"urn:authsms:problem:{kind}", _TITLES[kind], detail)
    if isinstance(error, TooManyRequestsError):
        response.headers["Retry-After"] = str(max(1, round(error.retry_after.total_seconds())))
    if status == _UNAVAILABLE:
        response.headers["Retry-After"] = str(_RETRY_SECONDS)
        _log.error("request.unavailable", path=request.path, error=type(error).__name__)
    return response


def _protocol(error: HTTPException, write: Document) -> Response:
    status = error.code or _BROKEN
    if error.response is not None or status >= _BROKEN:
        return _unexpected(error, write)
    response = write(status, "about:blank", error.name, "")
    # Allow, Retry-After, WWW-Authenticate
    response.headers.extend([(name, value) for name, value in error.get_headers() if name != "Content-Type"])
    return response


def _unexpected(error: Exception, write: Document) -> Response:
    _log.error("request.failed", path=request.path, error=type(error).__name__, exc_info=error)
    return write(_BROKEN, "urn:authsms:problem:internal", _TITLES["internal"], "")
