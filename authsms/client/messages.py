"""Has people texted who have agreed, by the REST door of an authsms server, for programs that are allowed to."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote

import requests

from authsms.client.answers import RefusedError
from authsms.client.offers import Offers
from authsms.client.wire import Wire, bearer

_SECONDS: Final = 30.0
_NOBODY: Final = 401
_SCOPES: Final = ("messages:send", "contacts:read", "contacts:write")


@dataclass(frozen=True, slots=True)
class SentNotice:
    """What came of a notice when it was sent.

    Attributes:
        queued: How many texts this call has queued; 0 when it was a repeated one.
        left: How many people get nothing, by the reason.
        unknown: User names that nobody has.
    """

    queued: int
    left: Mapping[str, int]
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoticeState:
    """How far a notice is.

    Attributes:
        state: ``sending``, ``done`` or ``cancelled``.
        people: To how many it was sent.
        counts: Texts by state.
    """

    state: str
    people: int
    counts: Mapping[str, int]
    expires: datetime


@dataclass(frozen=True, slots=True)
class Recipient:
    """What became of the text to one person; ``reason`` says why it did not arrive."""

    user_name: str
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class Contact:
    """A number that somebody has; only a ``verified`` one is texted."""

    id: str
    kind: str
    masked: str
    state: str


class Messenger:
    """A program at one server; safe to share between threads.

    Args:
        server: The server's public address, ``https://login.example.com``.
        client_id: What the endpoint is called there.
        secret: Its secret.
        scopes: What for; less than all where the administrator allows less.
        http: Brings its own certificates or proxies; made here when left out.
        seconds: How long an answer may take.
    """

    def __init__(
        self,
        server: str,
        client_id: str,
        secret: str,
        *,
        scopes: Sequence[str] = _SCOPES,
        http: requests.Session | None = None,
        seconds: float = _SECONDS,
    ) -> None:
        self._wire = Wire(server, http, seconds)
        self._own = (client_id, secret)
        self._scope = " ".join(scopes)
        self._lock = threading.Lock()
        self._token = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._wire.close()

    def send(self, name: str, texts: Mapping[str, str], user_names: Sequence[str], *, hours: int = 24) -> SentNotice:
        """Send a notice; called again with the same name, after an error say, it texts nobody twice.

        Args:
            name: Small letters, digits and hyphens, 40 at most.
            texts: By language, ``{"en": "…"}``.
            user_names: At most 200; more by calling again under the same name.
            hours: Nothing is handed over later than this.

        Raises:
            RefusedError: The name is taken, or something cannot be used.
            TryLaterError: Call again as it is.
        """
        body = {"name": name, "texts": dict(texts), "user_names": list(user_names), "hours": hours}
        found = self._call("POST", "/notices", json=body)
        return SentNotice(found["queued"], found["left"], tuple(found["unknown"]))

    def state(self, name: str) -> NoticeState:
        """Return how far a notice is.

        Raises:
            OverError: There is none of that name, or it has been forgotten.
        """
        found = self._call("GET", f"/notices/{quote(name, safe='')}")
        return NoticeState(found["state"], found["people"], found["counts"], datetime.fromisoformat(found["expires"]))

    def recipients(self, name: str) -> Iterator[Recipient]:
        """Yield what became of the text to each person.

        Raises:
            OverError: As `state`.
        """
        after: str | None = ""
        while after is not None:
            params = {"after": after} if after else {}
            found = self._call("GET", f"/notices/{quote(name, safe='')}/recipients", params=params)
            for one in found["recipients"]:
                yield Recipient(one["user_name"], one["state"], one["reason"])
            after = found["next"]

    def cancel(self, name: str) -> None:
        """Take back what has not gone out.

        Raises:
            OverError: As `state`, or it was cancelled before.
        """
        self._call("DELETE", f"/notices/{quote(name, safe='')}")

    @property
    def offers(self) -> Offers:
        """What is asked people, and what they answer."""
        return Offers(self._call)

    def contacts(self, user_name: str) -> list[Contact]:
        """Return the numbers of a person, masked.

        Raises:
            OverError: Nobody is called that.
        """
        found = self._call("GET", "/contacts", params={"user_name": user_name})
        return [_contact(one) for one in found["contacts"]]

    def add_contact(self, user_name: str, number: str, kind: str = "mobile") -> Contact:
        """Name a number of a person, who still has to agree and to confirm it.

        Raises:
            OverError: Nobody is called that.
            RefusedError: It is no number, or known already.
        """
        return _contact(self._call("POST", "/contacts", json={"user_name": user_name, "number": number, "kind": kind}))

    def remove_contact(self, contact_id: str) -> None:
        """Take a number of a person away.

        Raises:
            OverError: It is gone already.
        """
        self._call("DELETE", f"/contacts/{quote(contact_id, safe='')}")

    def _call(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        token = self._token or self._renew("")
        try:
            return self._wire.send(method, f"/api/v1{path}", headers=bearer(token), **options)
        except RefusedError as error:
            if error.status != _NOBODY:
                raise
        # The token is over, so nothing was done.
        return self._wire.send(method, f"/api/v1{path}", headers=bearer(self._renew(token)), **options)

    def _renew(self, old: str) -> str:
        """Get a token, unless another thread has replaced *old* meanwhile."""
        with self._lock:
            if self._token == old:
                form = {"grant_type": "client_credentials", "scope": self._scope}
                self._token = self._wire.send("POST", "/oauth2/token", data=form, auth=self._own)["access_token"]
            return self._token


def _contact(found: Mapping[str, Any]) -> Contact:
    return Contact(found["contact_id"], found["kind"], found["masked"], found["state"])
