"""LOX24's REST API: a key in a header, JSON both ways, reports with a token."""

import hmac
import re
import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from flask import Blueprint, Response, json, jsonify, request
from typing_extensions import override

from authsms.simulator.config import Account, SimulatorConfig
from authsms.simulator.faults import Fault, FaultKind
from authsms.simulator.numbers import read_number
from authsms.simulator.phones import Text
from authsms.simulator.postman import Callback
from authsms.simulator.providers.contract import Accepted, Network, SimulatedProvider, Submitted
from authsms.simulator.segments import count_parts

_SENDER = re.compile(r"\+?[1-9]\d{0,14}|[a-zA-Z0-9 ]{1,11}")
_SERVICES = {"direct", "economy", "pro", "text2speech"}
_REJECTED = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Lox24Account(Account):
    """One API key; reports go to `inbound_url` with the token of the dashboard."""

    client_id: str = "12345"
    api_key: str = field(default_factory=lambda: secrets.token_hex(16))
    webhook_token: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    balance: float = 42.5


class Lox24(SimulatedProvider):
    """``/lox24/sms`` and ``/lox24/me``."""

    name: ClassVar[str] = "lox24"
    title: ClassVar[str] = "LOX24 REST API"
    signature_header: ClassVar[str] = "X-LOX24-Token"

    def __init__(self, network: Network, config: SimulatorConfig) -> None:
        super().__init__(network, config)
        self._account = config.account(Lox24Account)
        self.inbound_url = self._account.inbound_url

    @override
    def routes(self) -> Blueprint:
        routes = Blueprint(self.name, __name__, url_prefix=f"/{self.name}")
        routes.add_url_rule("/sms", view_func=self._send, methods=["POST"])
        routes.add_url_rule("/me", view_func=self._me, methods=["GET"])
        routes.after_request(_number)
        return routes

    @override
    def refuse(self, fault: Fault) -> Response:
        throttled = fault.kind is FaultKind.THROTTLE
        code = int(fault.code) if fault.code.isdigit() else 0
        response = _problem(fault.status or (429 if throttled else code or 500))
        if throttled and fault.seconds:
            response.headers["Retry-After"] = f"{fault.seconds:.0f}"
        return response

    @override
    def reply(self, text: Text) -> Callback | None:
        return None  # the form of its replies is not published

    def _send(self) -> Response:
        if not self._may_enter():
            return _problem(401)
        data = request.get_json()
        given: Mapping[str, object] = data if isinstance(data, dict) else {}
        wrong = [name for name, is_right in _checks(given).items() if not is_right]
        if wrong:
            return _problem(400, wrong)
        submitted = Submitted(str(given["phone"]), str(given["sender_id"]), str(given["text"]))
        return self.submit(submitted, lambda fault: self._accept(given, fault))

    def _accept(self, given: Mapping[str, object], fault: Fault | None) -> Accepted:
        number = str(uuid.uuid4())
        fails = fault is not None and fault.kind is FaultKind.UNDELIVERED
        last = int(fault.code or _REJECTED) if fault is not None and fails else 1
        response = jsonify(
            {**given, "uuid": number, "status_code": 0, "dlr_code": 0, "price": 0.065}
            | {"parts_count": count_parts(str(given["text"]))}
        )
        response.status_code = 201
        receipts = [self._callback(number, given, code) for code in (0, last)]
        return Accepted(response, number, receipts if self.inbound_url else ())

    def _callback(self, number: str, given: Mapping[str, object], dlr_code: int) -> Callback:
        """Return a report; status 100 comes before delivery as well as with it."""
        now = int(self.network.clock.now().timestamp())
        ids = {"id": secrets.token_hex(8), "api_version": "2022-05-25", "notification_task_id": secrets.token_hex(8)}
        own = given.get("callback_data", "")
        data = {"id": number, "key_id": 1, "dlr_code": dlr_code, "status_code": 100, "callback_data": own}
        value = {**ids, "name": "sms.delivery", "created_at": now, "attempt_total": 4, "attempt_number": 1}
        headers = {"Content-Type": "application/json", self.signature_header: self._account.webhook_token}
        return Callback(self.inbound_url, json.dumps({**value, "data": data}).encode(), headers)

    def _me(self) -> Response:
        if not self._may_enter():
            return _problem(401)
        return jsonify(balance_amount=self._account.balance, currency="EUR")

    def _may_enter(self) -> bool:
        expected = f"{self._account.client_id}:{self._account.api_key}"
        return hmac.compare_digest(request.headers.get("X-LOX24-AUTH-TOKEN", "").encode(), expected.encode())


def _checks(given: Mapping[str, object]) -> Mapping[str, bool]:
    """Return which fields are right."""
    text = str(given.get("text") or "")
    longest = 670 if given.get("is_unicode") else 1530
    return {
        "sender_id": _SENDER.fullmatch(str(given.get("sender_id", ""))) is not None,
        "phone": str(given.get("phone", "")).startswith("+") and read_number(str(given["phone"])) is not None,
        "text": 0 < len(text) <= longest,
        "service_code": given.get("service_code") in _SERVICES,
    }


def _problem(status: int, wrong: Sequence[str] = ()) -> Response:
    violations = [{"propertyPath": name, "message": "This value is not valid.", "code": "0"} for name in wrong]
    response = jsonify(type="about:blank", title="An error occurred", detail="Refused", violations=violations)
    response.status_code = status
    return response


def _number(response: Response) -> Response:
    response.headers["X-LOX24-REQUEST-ID"] = secrets.token_hex(16)
    return response
