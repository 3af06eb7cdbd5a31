"""Answers in the shape that plug-ins read: JSON-RPC 2.0 with ``result`` and ``detail``; there is no signature."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

_PRODUCT: Final = "authsms"
_ANSWERED: Final = 2
_INTERACTIVE: Final = "interactive"
_TYPES: Final = {"SMS_OTP": "sms", "TOTP": "totp", "HOTP": "hotp"}


class Outcome(StrEnum):
    """What became of a request, in the words of the wire."""

    ACCEPT = "ACCEPT"
    CHALLENGE = "CHALLENGE"
    REJECT = "REJECT"


class ErrorCode:
    """Numbers that plug-ins know."""

    PARAMETER: Final = 905
    NOT_PROVEN: Final = 4033
    BROKEN: Final = -500


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to answer.

    Attributes:
        message: For the person.
        transaction: What the next request has to name; only with a challenge.
        method: Wire name of the method that asks.
    """

    outcome: Outcome
    message: str
    transaction: str = field(default="", repr=False)
    method: str = ""


def check_document(verdict: Verdict, moment: float) -> dict[str, Any]:
    """Return the answer to ``check``."""
    return _document(verdict.outcome is Outcome.ACCEPT, moment, _details(verdict), verdict.outcome)


def trigger_document(verdict: Verdict, moment: float) -> dict[str, Any]:
    """Return the answer to ``triggerchallenge``: its value is how many challenges there are."""
    if verdict.outcome is not Outcome.CHALLENGE:
        empty = {"messages": [], "multi_challenge": [], "transaction_ids": [], "message": verdict.message}
        return _document(0, moment, empty, Outcome.REJECT)
    return _document(1, moment, _details(verdict), verdict.outcome)


def poll_document(moment: float) -> dict[str, Any]:
    """Return the answer to ``polltransaction``, always the same: codes are answered through ``check`` only."""
    return _document(False, moment, {"challenge_status": "pending"}, Outcome.REJECT)


def token_document(token: str, moment: float) -> dict[str, Any]:
    """Return the answer to ``/auth``."""
    return _document({"token": token, "role": "admin"}, moment, None, None)


def error_document(code: int, message: str, moment: float) -> dict[str, Any]:
    """Return the answer to a request that could not be judged."""
    result = {"status": False, "error": {"code": code, "message": f"ERR{abs(code)}: {message}"}}
    return {"jsonrpc": "2.0", "id": 1, "time": moment, "version": _PRODUCT, "result": result, "detail": None}


def _document(value: object, moment: float, detail: dict[str, Any] | None, outcome: Outcome | None) -> dict[str, Any]:
    result = {"status": True, "value": value} | ({"authentication": outcome.value} if outcome else {})
    document = {"jsonrpc": "2.0", "id": _ANSWERED, "time": moment, "version": _PRODUCT, "result": result}
    return document | ({"detail": detail} if detail else {})


def _details(verdict: Verdict) -> dict[str, Any]:
    if verdict.outcome is not Outcome.CHALLENGE:
        return {"message": verdict.message}
    serial = verdict.method.partition(":")[0]
    challenge = {
        "serial": serial,
        "type": _TYPES.get(serial, "spass"),
        "message": verdict.message,
        "client_mode": _INTERACTIVE,
        "transaction_id": verdict.transaction,
        "attributes": None,
    }
    return {
        **challenge,
        "preferred_client_mode": _INTERACTIVE,
        "messages": [verdict.message],
        "multi_challenge": [challenge],
        "transaction_ids": [verdict.transaction],
    }
