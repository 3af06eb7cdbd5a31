"""MessageBird's old HTTP API, "V1": user name and password in a form, and a code of two digits in the answer.

What its reports call their parameters is not published any more; here they are called like those of the REST API,
unless the account says otherwise.
"""

import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar
from urllib.parse import urlencode

from flask import Blueprint, Response, request
from typing_extensions import override

from authsms.simulator.config import Account, SimulatorConfig
from authsms.simulator.faults import Fault, FaultKind
from authsms.simulator.phones import Text
from authsms.simulator.postman import Callback
from authsms.simulator.providers.contract import Accepted, Network, SimulatedProvider, Submitted
from authsms.simulator.segments import alphabet, count_parts

_NUMBER = re.compile(r"[1-9]\d{6,14}")
_SENDER = re.compile(r"\d{1,16}|[A-Za-z0-9 ]{1,11}")
_MOST_PARTS = 9
_WORDS = {
    "01": "Request has been processed successfully",
    "72": "The message is too long",
    "89": "Invalid sender",
    "93": "One or several receivers are invalid",
    "95": "No message has been selected",
    "96": "The number of credits is insufficient",
    "97": "Invalid username and/or password",
    "98": "Your ip address is not authorized - based on this account",
    "99": "Cannot connect to the server",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageBirdV1Account(Account):
    """User name and password, and how reports name reference and status."""

    user: str = "messagebird"
    password: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    reference_parameter: str = "reference"
    status_parameter: str = "status"
    credit: str = "42.5"


class MessageBirdV1(SimulatedProvider):
    """``/messagebird-v1/api/sms`` and ``/messagebird-v1/api/credits``, by POST or GET."""

    name: ClassVar[str] = "messagebird-v1"
    title: ClassVar[str] = "MessageBird HTTP API V1 (old)"

    def __init__(self, network: Network, config: SimulatorConfig) -> None:
        super().__init__(network, config)
        self._account = config.account(MessageBirdV1Account)
        self.inbound_url = self._account.inbound_url

    @override
    def routes(self) -> Blueprint:
        routes = Blueprint(self.name, __name__, url_prefix=f"/{self.name}/api")
        routes.add_url_rule("/sms", view_func=self._send, methods=["POST", "GET"])
        routes.add_url_rule("/credits", view_func=self._credits, methods=["POST", "GET"])
        return routes

    @override
    def refuse(self, fault: Fault) -> Response:
        throttled = fault.kind is FaultKind.THROTTLE
        response = self._answer(fault.code or "99")
        response.status_code = fault.status or (429 if throttled else 200)
        if throttled and fault.seconds:
            response.headers["Retry-After"] = f"{fault.seconds:.0f}"
        return response

    @override
    def reply(self, text: Text) -> Callback | None:
        return None  # the form of its replies is not published

    def _send(self) -> Response:
        given = request.values
        code = self._check()
        if code != "01":
            return self._answer(code)
        text = given["body"]
        if given.get("replacechars") != "false":
            text = "".join(mark if alphabet(mark) == "GSM-7" else "?" for mark in text)
        submitted = Submitted(f"+{given['destination']}", given["sender"], text)
        return self.submit(submitted, self._accept)

    def _check(self) -> str:
        """Return the code for the request at hand."""
        given = request.values
        if not self._may_enter():
            return "97"
        text = given.get("body", "")
        wrong = {
            "89": not _SENDER.fullmatch(given.get("sender", "")),
            "93": not _NUMBER.fullmatch(given.get("destination", "")),
            "95": not text,
            "72": count_parts(text) > _MOST_PARTS,
        }
        return next((code for code, is_wrong in wrong.items() if is_wrong), "01")

    def _accept(self, fault: Fault | None) -> Accepted:
        given = request.values
        fails = fault is not None and fault.kind is FaultKind.UNDELIVERED
        words = ("sent", "delivery_failed" if fails else "delivered")
        return Accepted(self._answer("01"), "", self._receipts(given.get("reference", ""), words))

    def _receipts(self, reference: str, words: Sequence[str]) -> list[Callback]:
        """Return the reports of a message; one without a reference has none, and nothing signs them."""
        url = request.values.get("dlr_url") or self.inbound_url
        if not (url and reference):
            return []
        names = (self._account.reference_parameter, "recipient", self._account.status_parameter)
        values = [(reference, request.values["destination"], word) for word in words]
        queries = [urlencode(list(zip(names, one, strict=True))) for one in values]
        return [Callback(f"{url}{'&' if '?' in url else '?'}{query}", b"", {}, "GET") for query in queries]

    def _credits(self) -> Response:
        if not self._may_enter():
            return self._answer("97")
        return _xml(f"<credits>{self._account.credit}</credits>")

    def _answer(self, code: str) -> Response:
        if request.values.get("responsetype", "XML") == "SIMPLE":
            return Response(code, mimetype="text/plain")
        facts = f"<responseCode>{code}</responseCode><responseMessage>{_WORDS.get(code, 'Failed')}</responseMessage>"
        return _xml(f"{facts}<credits>{self._account.credit}</credits>")

    def _may_enter(self) -> bool:
        given = f"{request.values.get('username')}:{request.values.get('password')}"
        return hmac.compare_digest(given.encode(), f"{self._account.user}:{self._account.password}".encode())


def _xml(facts: str) -> Response:
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<response><item>{facts}</item></response>'
    return Response(body, mimetype="text/xml")
