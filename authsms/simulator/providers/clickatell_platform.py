"""Clickatell's two interfaces at platform.clickatell.com, the Platform API and the One API."""

import hmac
import secrets
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar
from urllib.parse import quote

from flask import Blueprint, Response, json, jsonify, request
from typing_extensions import override

from authsms.simulator.config import Account, SimulatorConfig
from authsms.simulator.faults import Fault, FaultKind
from authsms.simulator.phones import Text
from authsms.simulator.postman import Callback
from authsms.simulator.providers.contract import Accepted, Network, SimulatedProvider, Submitted
from authsms.simulator.providers.signatures import basic_header

_REFUSED = {"1": 401, "2": 401, "7": 401, "20": 402, "18": 503, "19": 503, "43": 429}
_WORDS = {"1": "Invalid or missing integration API key.", "25": "Invalid destination address.", "26": "Opted out."}


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrationAccount(Account):
    """One integration; receipts and replies go to its `inbound_url`.

    Attributes:
        callback_user: User of the callbacks' Basic authentication; empty for none.
        charset: In which replies of the Platform API are sent.
    """

    api_key: str = field(default_factory=lambda: secrets.token_urlsafe(15) + "==")
    sender: str = "447700900100"
    callback_user: str = ""
    callback_password: str = ""
    charset: str = "UTF-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformAccount(IntegrationAccount):
    """An integration of the Platform API."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OneAccount(IntegrationAccount):
    """An integration of the One API."""

    balance: float = 42.5


class _Integration(SimulatedProvider):
    """What both have in common: the bare key in a header, an answer for each message, callbacks in JSON.

    Attributes:
        path: Where messages are sent to.
        refused_status: HTTP status of an answer that refuses the one message in it.
        states: The numbers for under way, delivered and failed.
    """

    signature_header: ClassVar[str] = "Authorization"
    account_kind: ClassVar[type[IntegrationAccount]]
    path: ClassVar[str]
    refused_status: ClassVar[int]
    states: ClassVar[tuple[int, int, int]]

    def __init__(self, network: Network, config: SimulatorConfig) -> None:
        super().__init__(network, config)
        self.account: IntegrationAccount = config.account(self.account_kind)
        self.inbound_url = self.account.inbound_url

    @override
    def routes(self) -> Blueprint:
        routes = Blueprint(self.name, __name__, url_prefix=f"/{self.name}")
        routes.add_url_rule(self.path, view_func=self._send, methods=["POST"])
        return routes

    @override
    def refuse(self, fault: Fault) -> Response:
        throttled = fault.kind is FaultKind.THROTTLE
        code = fault.code or ("43" if throttled else "18")
        response = self.error(code)
        response.status_code = fault.status or (429 if throttled else _REFUSED.get(code, self.refused_status))
        if throttled and fault.seconds:
            response.headers["Retry-After"] = f"{fault.seconds:.0f}"
        return response

    @abstractmethod
    def error(self, code: str) -> Response:
        """Return the answer that refuses with *code*; its status is set by the caller."""

    @abstractmethod
    def read(self, data: Mapping[str, object]) -> Mapping[str, object]:
        """Return the one message in *data*, with its ``to`` as text."""

    @abstractmethod
    def answer(self, number: str, to: str) -> Response:
        """Return the answer that accepts a message."""

    @abstractmethod
    def receipt(self, number: str, own: str, state: int) -> Mapping[str, object]:
        """Return the callback that reports a state."""

    def may_enter(self) -> bool:
        """Whether the request brings the key, without any word before it."""
        given = request.headers.get("Authorization", "")
        return hmac.compare_digest(given.encode(), self.account.api_key.encode())

    def post(self, value: Mapping[str, object]) -> Callback:
        """Return a callback with *value*."""
        proof = basic_header(self.account.callback_user, self.account.callback_password)
        headers = {"Content-Type": "application/json", **({self.signature_header: proof} if proof else {})}
        return Callback(self.inbound_url, json.dumps(value).encode(), headers)

    def now(self) -> int:
        """Return the time in milliseconds."""
        return int(self.network.clock.now().timestamp() * 1000)

    def _send(self) -> Response:
        if not self.may_enter():
            return self._refused("1")
        message = self.read(request.get_json())
        to, text = str(message.get("to", "")), str(message.get("content", ""))
        if not to.isdecimal() or not text:
            return self._refused("25" if text else "21")
        submitted = Submitted(f"+{to}", str(message.get("from") or self.account.sender), text)
        return self.submit(submitted, lambda fault: self._accept(to, str(message.get("clientMessageId", "")), fault))

    def _refused(self, code: str) -> Response:
        return self.refuse(Fault(kind=FaultKind.FAIL, code=code))

    def _accept(self, to: str, own: str, fault: Fault | None) -> Accepted:
        number = secrets.token_hex(16)
        under_way, delivered, failed = self.states
        last = delivered
        if fault is not None and fault.kind is FaultKind.UNDELIVERED:
            last = int(fault.code or failed)
        receipts = [self.post(self.receipt(number, own, state)) for state in (under_way, last)]
        return Accepted(self.answer(number, to), number, receipts if self.inbound_url else ())


class ClickatellPlatform(_Integration):
    """``/clickatell-platform/messages``."""

    name: ClassVar[str] = "clickatell-platform"
    title: ClassVar[str] = "Clickatell Platform API"
    account_kind = PlatformAccount
    path = "/messages"
    refused_status = 202
    states = (3, 4, 7)

    @override
    def error(self, code: str) -> Response:
        words = _WORDS.get(code, "Refused.")
        refused = {"apiMessageId": None, "accepted": False, "to": "", "errorCode": code, "error": words}
        return jsonify(messages=[refused | {"errorDescription": words}], errorCode=None, error=None)

    @override
    def read(self, data: Mapping[str, object]) -> Mapping[str, object]:
        to = data.get("to")
        return {**data, "to": to[0] if isinstance(to, list) and len(to) == 1 else ""}

    @override
    def answer(self, number: str, to: str) -> Response:
        fine = {"errorCode": None, "error": None, "errorDescription": None}
        response = jsonify(messages=[{"apiMessageId": number, "accepted": True, "to": to, **fine}], **fine)
        response.status_code = 202
        return response

    @override
    def receipt(self, number: str, own: str, state: int) -> Mapping[str, object]:
        words = {3: "DELIVERED_TO_GATEWAY", 4: "RECEIVED_BY_RECIPIENT"}.get(state, "ERROR")
        ids = {"integrationName": "simulated", "messageId": number, "requestId": None, "clientMessageId": own}
        return {**ids, "statusCode": state, "status": words, "statusDescription": words, "timestamp": self.now()}

    @override
    def reply(self, text: Text) -> Callback | None:
        if not self.inbound_url:
            return None
        charset = self.account.charset
        words = text.text if charset == "UTF-8" else quote(text.text.encode(charset, "replace"))
        ids = {"integrationId": "simulated", "messageId": secrets.token_hex(16), "replyMessageId": None}
        numbers = {"fromNumber": text.phone.lstrip("+"), "toNumber": text.other.lstrip("+")}
        said = {"text": words, "charset": charset, "udh": "", "network": "", "keyword": ""}
        return self.post({**ids, **numbers, **said, "apiKey": self.account.api_key, "timestamp": self.now()})


class ClickatellOne(_Integration):
    """``/clickatell-one/v1``."""

    name: ClassVar[str] = "clickatell-one"
    title: ClassVar[str] = "Clickatell One API"
    account_kind = OneAccount
    path = "/v1/message"
    refused_status = 400
    states = (4, 5, 23)

    @override
    def routes(self) -> Blueprint:
        routes = super().routes()
        routes.add_url_rule("/v1/balance", view_func=self._balance, methods=["GET"])
        return routes

    @override
    def error(self, code: str) -> Response:
        error = {"code": int(code), "description": _WORDS.get(code, "Refused.")}
        if code in _REFUSED:
            return jsonify(messages=[], error=error)
        return jsonify(messages=[{"apiMessageId": None, "accepted": False, "to": "", "error": error}], error=None)

    @override
    def read(self, data: Mapping[str, object]) -> Mapping[str, object]:
        messages = data.get("messages")
        message = messages[0] if isinstance(messages, list) and len(messages) == 1 else {}
        return message if isinstance(message, dict) and message.get("channel") == "sms" else {}

    @override
    def answer(self, number: str, to: str) -> Response:
        response = jsonify(messages=[{"apiMessageId": number, "accepted": True, "to": to, "error": None}], error=None)
        response.status_code = 202
        return response

    @override
    def receipt(self, number: str, own: str, state: int) -> Mapping[str, object]:
        words = {4: "SENT_TO_SUPPLIER", 5: "DEVICE_ACK"}.get(state, "DELIVERY_FAILURE")
        update = {"channel": "SMS", "timestamp": self.now(), "statusCode": state, "status": words}
        updates = [{**update, "messageId": number, "clientMessageId": own}]
        return {"integrationId": "1", "integrationName": "simulated", "event": {"messageStatusUpdate": updates}}

    @override
    def reply(self, text: Text) -> Callback | None:
        return None  # the form of its replies is not published

    def _balance(self) -> Response:
        if not self.may_enter() or not isinstance(self.account, OneAccount):
            return self._refused("1")
        return jsonify(balance=self.account.balance, currency="EUR")
