"""Sends requests to a server, and turns what goes wrong into errors that hold nothing that was sent."""

from collections.abc import Mapping
from typing import Any

import requests

from authsms.client.answers import RETRY, TryLaterError, fault


class Wire:
    """The way to one server.

    Args:
        server: Its public address.
        http: Brings its own certificates or proxies; made here when left out.
        seconds: How long an answer may take.
    """

    def __init__(self, server: str, http: requests.Session | None, seconds: float) -> None:
        self._server = server.rstrip("/")
        self._http = http or requests.Session()
        self._seconds = seconds

    def send(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        """Send a request and return the answer; nothing where there is none.

        Args:
            method: Of HTTP.
            path: Behind the server's address.
            options: As `requests.Session.request` takes them.

        Raises:
            RefusedError: The server does not take it.
            OverError: There is no such thing.
            TryLaterError: Nothing was decided.
        """
        address = f"{self._server}{path}"
        options.setdefault("auth", _as_it_is)
        try:
            answer = self._http.request(method, address, timeout=self._seconds, allow_redirects=False, **options)
            found: Any = answer.json() if answer.content else {}
        except requests.RequestException as error:
            raise TryLaterError(f"No answer: {type(error).__name__}.", retry_after=RETRY) from None
        if not isinstance(found, dict) or not answer.ok:
            raise fault(answer, found)
        return found

    def close(self) -> None:
        """Give back every connection."""
        self._http.close()


def bearer(token: str) -> Mapping[str, str]:
    """Return the header that shows a token."""
    return {"Authorization": f"Bearer {token}"} if token else {}


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keep requests from putting what a ``.netrc`` says in the place of the token."""
    return request
