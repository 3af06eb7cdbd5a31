"""A logon on its way, as the program sees it."""

from collections.abc import Mapping
from typing import Any, Protocol

from authsms.client.answers import Chain, chain_of


class Caller(Protocol):
    """What a logon asks of `authsms.client.Client`."""

    def call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, language: str = ""
    ) -> dict[str, Any]:
        """Send a request to the door and return the answer."""


class Logon:
    """A logon on its way; not to be shared between threads.

    Attributes:
        is_open: Whether answers are still welcome.
        method: What is asked now, ``SMS_OTP:1``; None at the end, and while the person has to choose among `chains`.
        message: What to tell the person.
        reason: The same as a word for programs.
        completed: Methods that have passed.
        chains: Other ways to go on; all of them while `reason` is ``chain.ask``: take one with `go_on`.
        recipient: Masked number that the code went to, or empty.
        delivery: How far the text is, ``sent``; empty while nothing may be told.
        wants_new_password: The password must be changed: hand over the old and a new one.
        session_id: Stands for whoever is logged in; None until then.
    """

    def __init__(self, caller: Caller, state: Mapping[str, Any], language: str) -> None:
        self._caller = caller
        self._language = language
        self.is_open = True
        self._take(state)
        self._learn(None)

    def answer(self, typed: str, new_password: str = "") -> None:
        """Hand the present method what the person typed; an empty text is refused here, it would ask for a code.

        Args:
            typed: Password or code.
            new_password: Beside the old one, where `wants_new_password`; have it typed twice.

        Raises:
            ValueError: Nothing was typed.
            OverError: The logon is over.
            TryLaterError: A limit is reached or something is away; nothing was checked.
        """
        if not typed.strip():
            raise ValueError("nothing was typed")
        before = self._code
        response = {"answer": typed, "new_password": new_password} if new_password else {"answer": typed}
        self._post("do_logon", {"response": response})
        self._learn(before)

    def send_another(self) -> None:
        """Ask for another code; too early, `reason` is ``code.wait`` and the one that is out stays good."""
        self._post("do_logon", {})

    def go_on(self, *, chain: str = "", method: str = "") -> None:
        """Take another chain, by its name or by the method it goes on with.

        Raises:
            OverError: The logon is over, or there is no such chain among `chains`.
        """
        before = self._code
        self._post("next", {"chain": chain} if chain else {"method_id": method})
        self._learn(before)

    def look(self) -> None:
        """Look where the logon stands, and how far the text is."""
        self._take(self._caller.call("GET", f"/logon/{self._id}", language=self._language))

    def cancel(self) -> None:
        """End the logon; the person gave up."""
        self._caller.call("DELETE", f"/logon/{self._id}")
        self.is_open = False

    def _learn(self, before: tuple[str, str] | None) -> None:
        """Ask where a code went that is new: the first request for one tells, a later one would send another."""
        if self._code is not None and self._code != before:
            self._post("do_logon", {})

    def _post(self, what: str, body: Mapping[str, Any]) -> None:
        self._take(self._caller.call("POST", f"/logon/{self._id}/{what}", body, language=self._language))

    def _take(self, state: Mapping[str, Any]) -> None:
        details: Mapping[str, Any] = state["details"] or {}
        self._id: str = state["logon_process_id"]
        self.is_open = state["status"] in {"MORE_DATA", "NEXT"}
        self.method: str | None = state["current_method"]
        self.message: str = state["msg"]
        self.reason: str = state["reason"]
        self.completed: tuple[str, ...] = tuple(state["completed_methods"])
        self.chains: tuple[Chain, ...] = tuple(chain_of(one) for one in state["chains"])
        self.recipient: str = details.get("recipient", "")
        self.delivery: str = details.get("delivery", "")
        self.wants_new_password: bool = "new_password" in state.get("fields", ())
        self.session_id: str | None = state["login_session_id"]
        self._code = (self.method or "", details["expires"]) if details.get("resend_at") else None
