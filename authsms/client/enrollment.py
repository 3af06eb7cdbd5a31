"""A method on its way to being set up, as the program sees it."""

from collections.abc import Mapping
from typing import Any

from authsms.client.logon import Caller


class Enrollment:
    """A method on its way to being set up; not to be shared between threads.

    Attributes:
        is_open: Whether the first code of the app is still to be handed over.
        is_done: Whether the method is set up.
        message: What to tell the person.
        reason: The same as a word for programs.
        secret: What the app needs, in Base32; show it to the person, and keep it nowhere.
        address: The same as an ``otpauth://`` address, for a QR code.
        codes: Recovery codes, to be printed.
    """

    def __init__(self, caller: Caller, session_id: str, state: Mapping[str, Any], language: str) -> None:
        self._caller = caller
        self._session_id = session_id
        self._language = language
        self.secret = self.address = ""
        self.codes: tuple[str, ...] = ()
        self._take(state)

    def answer(self, typed: str) -> None:
        """Hand over the code that the app shows.

        Raises:
            OverError: The person has waited too long; begin again.
            TryLaterError: A limit is reached or something is away; nothing was checked.
        """
        path = f"/enroll/{self._id}/do_enroll"
        body = {"login_session_id": self._session_id, "response": {"answer": typed}}
        self._take(self._caller.call("POST", path, body, language=self._language))

    def _take(self, state: Mapping[str, Any]) -> None:
        self._id = state["enroll_process_id"]
        self.is_open, self.is_done = state["status"] == "MORE_DATA", state["status"] == "OK"
        self.message, self.reason = str(state["msg"]), str(state["reason"])
        if data := state["data"]:
            self.secret, self.address, self.codes = data["secret"], data["address"], tuple(data["codes"])
