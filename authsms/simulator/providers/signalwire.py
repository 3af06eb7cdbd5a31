"""SignalWire's Compatibility API: messages, receipts and replies signed with the project's signing key."""

import hmac
import secrets
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from email.utils import format_datetime
from functools import wraps
from typing import ClassVar
from urllib.parse import urldefrag

from flask import Blueprint, Response, jsonify, request
from typing_extensions import override

from authsms.simulator.config import Account, SimulatorConfig
from authsms.simulator.faults import Fault, FaultKind
from authsms.simulator.phones import Text
from authsms.simulator.postman import Callback, form_callback
from authsms.simulator.providers.contract import Accepted, Network, SimulatedProvider, Submitted
from authsms.simulator.providers.signalwire_rules import Order, SignalWireError, answer_error, read_order
from authsms.simulator.providers.signatures import sign_fields
from authsms.simulator.segments import count_parts

_API = "/api/laml/2010-04-01/Accounts"
_FORM = "application/x-www-form-urlencoded"
_UNKNOWN_HANDSET = "30005"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalWireAccount(Account):
    """One project.

    Attributes:
        project: Its id.
        token: An API token with the Messaging scope.
        signing_key: Signs receipts and replies; no request is accepted with it.
        numbers: The project's own numbers; nothing else may send.
        group: Id of a number group that sends from the first of *numbers*; empty for none.
    """

    project: str = field(default_factory=lambda: str(uuid.uuid4()))
    token: str = field(default_factory=lambda: f"PT{secrets.token_hex(24)}")
    signing_key: str = field(default_factory=lambda: f"PSK_{secrets.token_urlsafe(18)}")
    numbers: tuple[str, ...] = ("+14155550100",)
    group: str = ""


class SignalWire(SimulatedProvider):
    """Everything below ``/signalwire/api/laml/2010-04-01/Accounts/<project>``."""

    name: ClassVar[str] = "signalwire"
    title: ClassVar[str] = "SignalWire"
    signature_header: ClassVar[str] = "X-SignalWire-Signature"

    def __init__(self, network: Network, config: SimulatorConfig) -> None:
        super().__init__(network, config)
        self._account = config.account(SignalWireAccount)
        self.inbound_url = self._account.inbound_url

    @override
    def routes(self) -> Blueprint:
        routes = Blueprint(self.name, __name__, url_prefix=f"/{self.name}{_API}")
        for ending in ("", ".json"):
            view = self._guarded(self._create)
            routes.add_url_rule(f"/<project>/Messages{ending}", f"create{ending[1:]}", view, methods=["POST"])
        return routes

    @override
    def refuse(self, fault: Fault) -> Response:
        throttled = fault.kind is FaultKind.THROTTLE
        usual = 20429 if throttled else 20504
        code = int(fault.code) if fault.code.isdigit() else usual
        response = answer_error(code, status=fault.status or (429 if throttled else None))
        if throttled and fault.seconds:
            response.headers["Retry-After"] = f"{fault.seconds:.0f}"
        return response

    @override
    def reply(self, text: Text) -> Callback | None:
        # STOP is the customer's business here: it arrives like any other reply, and nothing is blocked.
        if not self.inbound_url:
            return None
        pairs = [
            ("MessageSid", text.provider_id),
            ("AccountSid", self._account.project),
            ("From", text.phone),
            ("To", text.other),
            ("Body", text.text),
            ("NumMedia", "0"),
        ]
        return self._signed(self.inbound_url, pairs)

    def _guarded(self, view: Callable[[], Response]) -> Callable[..., Response]:
        """Return *view* behind authentication, with SignalWire's errors turned into answers."""

        @wraps(view)
        def guarded(project: str) -> Response:
            try:
                self._authenticate(project)
                return view()
            except SignalWireError as error:
                return answer_error(error.code)

        return guarded

    def _authenticate(self, project: str) -> None:
        given = request.authorization
        pair = f"{given.username}:{given.password}".encode() if given is not None and given.type == "basic" else b""
        if not hmac.compare_digest(pair, f"{self._account.project}:{self._account.token}".encode()):
            raise SignalWireError(20003)
        if project != self._account.project:
            raise SignalWireError(20404)

    def _create(self) -> Response:
        if request.mimetype != _FORM:
            raise SignalWireError(10000)
        order = read_order(request.form, self._account.numbers, self._account.group)
        submitted = Submitted(order.to, order.sender, order.body)
        return self.submit(submitted, lambda fault: self._accept(order, fault))

    def _accept(self, order: Order, fault: Fault | None) -> Accepted:
        sid, now = str(uuid.uuid4()), format_datetime(self.network.clock.now())
        place = f"{_API}/{self._account.project}/Messages/{sid}"
        response = jsonify(
            account_sid=self._account.project,
            api_version="2010-04-01",
            body=order.body,
            num_segments=count_parts(order.body),
            num_media=0,
            date_created=now,
            date_sent=None,
            date_updated=now,
            direction="outbound-api",
            error_code=None,
            error_message=None,
            **{"from": order.sender},
            price=None,
            price_unit="USD",
            sid=sid,
            status="queued",
            to=order.to,
            messaging_service_sid=order.group or None,
            uri=f"{place}.json",
            subresource_uris={"media": f"{place}/Media.json"},
        )
        response.status_code = 201
        fails = fault is not None and fault.kind is FaultKind.UNDELIVERED
        code = (fault.code or _UNKNOWN_HANDSET) if fault is not None and fails else ""
        return Accepted(response, sid, self._receipts(sid, order, code))

    def _receipts(self, sid: str, order: Order, code: str) -> Sequence[Callback]:
        if not order.callback:
            return ()
        told = [
            ("MessageSid", sid),
            ("AccountSid", self._account.project),
            ("From", order.sender),
            ("To", order.to),
            ("Body", order.body),
            ("NumMedia", "0"),
            ("NumSegments", str(count_parts(order.body))),
        ]
        last = [("MessageStatus", "undelivered"), ("ErrorCode", code)] if code else [("MessageStatus", "delivered")]
        return [self._signed(order.callback, [*state, *told]) for state in ([("MessageStatus", "sent")], last)]

    def _signed(self, url: str, pairs: list[tuple[str, str]]) -> Callback:
        signature = sign_fields(self._account.signing_key, urldefrag(url).url, pairs)
        return form_callback(url, pairs, {self.signature_header: signature})
