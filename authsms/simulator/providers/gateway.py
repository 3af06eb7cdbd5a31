"""A nameless HTTP gateway, the kind that many companies run: parameters in, ``ERR: ...`` with a cheerful 200 out."""

import hmac
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from flask import Blueprint, Response, jsonify, request
from typing_extensions import override

from authsms.simulator.config import Account, SimulatorConfig
from authsms.simulator.faults import Fault, FaultKind
from authsms.simulator.numbers import read_number
from authsms.simulator.phones import Text
from authsms.simulator.postman import Callback, form_callback
from authsms.simulator.providers.contract import Accepted, Network, SimulatedProvider, Submitted

_TO = ("to", "phone", "number", "recipient", "destination", "mobile", "msisdn")
_TEXT = ("text", "message", "body", "content", "msg")
_FROM = ("from", "sender", "originator", "source")
_ERRORS = {
    "001": "Authentication failed",
    "105": "Invalid Destination Address",
    "107": "Empty message",
    "130": "Outbound limit reached",
    "301": "No credit left",
    "901": "Internal error - please retry",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayAccount(Account):
    """User and password of the gateway, and the sender it puts on texts that name none."""

    user: str = "gateway"
    password: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    sender: str = "GATEWAY"


class Gateway(SimulatedProvider):
    """``/gateway/send``, by GET or POST, with query, form or JSON parameters and Basic authentication."""

    name: ClassVar[str] = "gateway"
    title: ClassVar[str] = "HTTP gateway"

    def __init__(self, network: Network, config: SimulatorConfig) -> None:
        super().__init__(network, config)
        self._account = config.account(GatewayAccount)
        self.inbound_url = self._account.inbound_url

    @override
    def routes(self) -> Blueprint:
        routes = Blueprint(self.name, __name__, url_prefix=f"/{self.name}")
        routes.add_url_rule("/send", view_func=self._send, methods=["GET", "POST"])
        return routes

    @override
    def refuse(self, fault: Fault) -> Response:
        throttled = fault.kind is FaultKind.THROTTLE
        response = _error(fault.code or ("130" if throttled else "901"))
        response.status_code = fault.status or (429 if throttled else 200)
        if throttled and fault.seconds:
            response.headers["Retry-After"] = f"{fault.seconds:.0f}"
        return response

    @override
    def reply(self, text: Text) -> Callback | None:
        if not self.inbound_url:
            return None
        pairs = [("id", text.provider_id), ("from", text.phone), ("to", text.other), ("text", text.text)]
        return form_callback(self.inbound_url, pairs, {})

    def _send(self) -> Response:
        if not self._may_enter():
            return _error("001")
        parameters = _parameters()
        phone = read_number(_first(parameters, _TO))
        text = _first(parameters, _TEXT)
        if phone is None:
            return _error("105")
        if not text:
            return _error("107")
        submitted = Submitted(phone, _first(parameters, _FROM) or self._account.sender, text)
        return self.submit(submitted, lambda _fault: _accept())

    def _may_enter(self) -> bool:
        given = request.authorization
        if given is None or given.type != "basic":
            return False
        pair = f"{given.username}:{given.password}".encode()
        return hmac.compare_digest(pair, f"{self._account.user}:{self._account.password}".encode())


def _accept() -> Accepted:
    number = uuid.uuid4().hex
    return Accepted(jsonify(status="ok", id=number), number)


def _error(code: str) -> Response:
    return Response(f"ERR: {code}, {_ERRORS.get(code, 'Failed')}\n", mimetype="text/plain")


def _parameters() -> Mapping[str, object]:
    """Return the parameters by lower-case name, from the query and from a form or JSON body."""
    sources: list[Mapping[str, object]] = [request.args, request.form]
    body = request.get_json(silent=True)
    if isinstance(body, dict):
        sources.append(body)
    return {name.lower(): value for source in sources for name, value in source.items()}


def _first(parameters: Mapping[str, object], names: tuple[str, ...]) -> str:
    return next((str(parameters[name]) for name in names if parameters.get(name)), "")
