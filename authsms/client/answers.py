"""What the server answers: values, and errors that say what to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import requests

RETRY: Final = timedelta(seconds=30)
_GONE: Final = 404
_LIMITED: Final = 429
_AWAY: Final = 500


class ClientError(Exception):
    """Root of the errors of this module; catch the others to tell what to do.

    Attributes:
        status: HTTP status, 0 when there was no answer.
        name: A word for programs.
    """

    def __init__(self, description: str, *, status: int = 0, name: str = "") -> None:
        super().__init__(description)
        self.status = status
        self.name = name


class RefusedError(ClientError):
    """The server does not take this: id, secret or what was sent must be put right."""


class OverError(ClientError):
    """There is no such thing, or it is over; begin again."""


class TryLaterError(ClientError):
    """A limit is reached, or something is away; nothing was decided.

    Attributes:
        retry_after: How long to wait before the next try can succeed.
    """

    def __init__(self, description: str, *, retry_after: timedelta, status: int = 0, name: str = "") -> None:
        super().__init__(description, status=status, name=name)
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Chain:
    """Methods that must all pass, in this order."""

    name: str
    title: str
    methods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is logged in.

    Attributes:
        methods: What was proven, in the words of RFC 8176: ``pwd``, ``otp``, ``sms``.
    """

    id: str
    user_name: str
    display_name: str
    mail: str
    groups: frozenset[str]
    methods: tuple[str, ...]
    authenticated_at: datetime
    expires: datetime


def fault(answer: requests.Response, found: object) -> ClientError:
    """Return what an answer other than the expected one means."""
    errors = found.get("errors") if isinstance(found, dict) else None
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    name, status = str(first.get("name", "")), answer.status_code
    description = str(first.get("description", f"The server answered {status}."))
    if status == _LIMITED or status >= _AWAY:
        told = answer.headers.get("Retry-After", "")
        wait = timedelta(seconds=int(told)) if told.isascii() and told.isdigit() else RETRY
        return TryLaterError(description, retry_after=wait, status=status, name=name)
    kind = OverError if status == _GONE else RefusedError
    return kind(description, status=status, name=name)


def chain_of(found: Mapping[str, Any]) -> Chain:
    """Return a chain as it was answered."""
    return Chain(found["name"], found["title"], tuple(found["methods"]))


def session_of(found: Mapping[str, Any]) -> Session:
    """Return a login session as it was answered."""
    return Session(
        id=found["login_session_id"],
        user_name=found["user_name"],
        display_name=found["display_name"],
        mail=found["mail"],
        groups=frozenset(found["groups"]),
        methods=tuple(found["methods"]),
        authenticated_at=datetime.fromisoformat(found["authenticated_at"]),
        expires=datetime.fromisoformat(found["expires"]),
    )
