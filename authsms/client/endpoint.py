"""One endpoint at one server: it proves who it is when it has to, and asks."""

import hashlib
import secrets
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote

import requests

from authsms.client.answers import (
    Chain,
    ClientError,
    RefusedError,
    Session,
    chain_of,
    session_of,
)
from authsms.client.enrollment import Enrollment
from authsms.client.logon import Logon
from authsms.client.wire import Wire, bearer

_SALT_BYTES: Final = 16
_SECONDS: Final = 15.0
_NOBODY: Final = 401


class Client:
    """One endpoint at one server; safe to share between threads.

    Args:
        server: The server's public address, ``https://login.example.com``.
        endpoint_id: What the endpoint is called there.
        secret: Its secret.
        http: Brings its own certificates or proxies; made here when left out.
        seconds: How long an answer may take.
    """

    def __init__(
        self,
        server: str,
        endpoint_id: str,
        secret: str,
        *,
        http: requests.Session | None = None,
        seconds: float = _SECONDS,
    ) -> None:
        self._wire = Wire(server, http, seconds)
        self._endpoint_id = endpoint_id
        self._secret = secret
        self._lock = threading.Lock()
        self._token = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def chains(self, user_name: str) -> list[Chain]:
        """Return what somebody may begin with, best first; a name that nobody has gets its own, too."""
        found = self.call("GET", "/logon/chains", query={"user_name": user_name})
        return [chain_of(one) for one in found["chains"]]

    def begin(
        self,
        user_name: str,
        *,
        chain: str = "",
        method: str = "",
        client_ip: str = "",
        language: str = "",
        can_change_password: bool = False,
    ) -> Logon:
        """Begin a logon.

        Args:
            user_name: As the person typed it.
            chain: Only this chain.
            method: Only chains that begin with this method; give one of the two at the most.
            client_ip: The person's own address; guesses are limited by it.
            language: Of what the person reads, as in ``Accept-Language``.
            can_change_password: The program has a page for `Logon.wants_new_password`.
        """
        wanted = {"user_name": user_name, "chain": chain, "method_id": method, "client_ip": client_ip}
        body: dict[str, str | bool] = {name: value for name, value in wanted.items() if value}
        if can_change_password:
            body["can_change_password"] = True
        return Logon(self, self.call("POST", "/logon", body, language=language), language)

    def session(self, session_id: str) -> Session:
        """Return who is logged in, and count it as use of the session.

        Raises:
            OverError: The session has ended, or came of another endpoint's logon.
        """
        return session_of(self.call("GET", f"/sessions/{quote(session_id, safe='')}"))

    def end_session(self, session_id: str) -> None:
        """Log somebody out.

        Raises:
            OverError: The session has ended already, or came of another endpoint's logon.
        """
        self.call("DELETE", f"/sessions/{quote(session_id, safe='')}")

    def enroll(self, session_id: str, method: str, *, replace: bool = False, language: str = "") -> Enrollment:
        """Begin to set up a method for whoever has just logged in, with two factors.

        Args:
            session_id: The login session.
            method: ``TOTP:1`` or ``RECOVERY_CODE:1``.
            replace: Make new recovery codes where there are some; those are void, and the person's other sessions end.
            language: As with `begin`.

        Raises:
            OverError: The session has ended, or came of another endpoint's logon.
            RefusedError: It is set up already (``conflict``), or the logon is too long ago (``proof-needed``).
        """
        body = {"login_session_id": session_id, "method_id": method, "replace": replace}
        return Enrollment(self, session_id, self.call("POST", "/enroll", body, language=language), language)

    def methods(self, session_id: str) -> list[str]:
        """Return what whoever is logged in has set up."""
        found = self.call("GET", "/templates", query={"login_session_id": session_id})
        return [one["method_id"] for one in found["templates"]]

    def close(self) -> None:
        """End the endpoint session, if there is one, and give back every connection."""
        with self._lock:
            token, self._token = self._token, ""
        try:
            if token:
                self._send("DELETE", self._sessions(), token=token)
        except ClientError:
            pass  # it ends by itself
        finally:
            self._wire.close()

    def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, str] | None = None,
        language: str = "",
    ) -> dict[str, Any]:
        """Send a request to the door and return the answer; nothing where there is none.

        Raises:
            RefusedError: The server does not take it.
            OverError: There is no such thing.
            TryLaterError: Nothing was decided.
        """
        token = self._token or self._open("")
        try:
            return self._send(method, path, body, query=query, language=language, token=token)
        except RefusedError as error:
            if error.status != _NOBODY:
                raise
        # The endpoint session is over, so nothing was done.
        return self._send(method, path, body, query=query, language=language, token=self._open(token))

    def _open(self, old: str) -> str:
        """Open an endpoint session, unless another thread has replaced *old* meanwhile."""
        with self._lock:
            if self._token == old:
                salt = secrets.token_hex(_SALT_BYTES)
                inner = hashlib.sha256(f"{self._endpoint_id}{salt}".encode()).hexdigest()
                shown = hashlib.sha256(f"{self._secret}{inner}".encode()).hexdigest()
                opened = self._send("POST", self._sessions(), {"salt": salt, "endpoint_secret_hash": shown})
                self._token = opened["endpoint_session_id"]
            return self._token

    def _sessions(self) -> str:
        return f"/endpoints/{quote(self._endpoint_id, safe='')}/sessions"

    def _send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, str] | None = None,
        language: str = "",
        token: str = "",
    ) -> dict[str, Any]:
        headers = {**bearer(token), **({"Accept-Language": language} if language else {})}
        json = dict(body or {}) if method == "POST" else None
        return self._wire.send(method, f"/api/v1{path}", params=query, json=json, headers=headers)
