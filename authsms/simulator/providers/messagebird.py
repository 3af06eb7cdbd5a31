"""MessageBird's REST API: an access key, JSON both ways, reports by GET and texts by POST, both signed."""

import hmac
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC
from typing import ClassVar
from urllib.parse import urlencode, urlsplit, urlunsplit

from flask import Blueprint, Response, jsonify, request
from typing_extensions import override

from authsms.simulator.config import Account, SimulatorConfig
from authsms.simulator.faults import Fault, FaultKind
from authsms.simulator.phones import Text
from authsms.simulator.postman import Callback, form_callback
from authsms.simulator.providers.contract import Accepted, Network, SimulatedProvider, Submitted
from authsms.simulator.providers.signatures import sign_digest, sign_token
from authsms.simulator.providers.twilio_optout import OptOuts
from authsms.simulator.segments import alphabet, count_parts

_NUMBER = re.compile(r"[1-9]\d{6,14}")
_ORIGINATOR = re.compile(r"[1-9]\d{0,14}|[A-Za-z0-9 ]{1,11}")
_ALPHABETS = {"plain", "unicode", "auto"}
_LONGEST_REFERENCE = 128
_OPTED_OUT = "103"
_JWT, _OLD, _OLD_MOMENT = "MessageBird-Signature-JWT", "MessageBird-Signature", "MessageBird-Request-Timestamp"
_STATUS = {2: 401, 9: 422, 10: 422, 20: 404, 25: 402, 99: 500}


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageBirdAccount(Account):
    """One access key.

    Attributes:
        signing_key: Signs reports and replies; it is not the access key.
        old_signatures: They carry the older signature instead of a JWT.
    """

    access_key: str = field(default_factory=lambda: secrets.token_urlsafe(18))
    signing_key: str = field(default_factory=lambda: secrets.token_hex(32))
    old_signatures: bool = False
    balance: float = 42.5


class MessageBird(SimulatedProvider):
    """``/messagebird/messages`` and ``/messagebird/balance``."""

    name: ClassVar[str] = "messagebird"
    title: ClassVar[str] = "MessageBird REST API"

    def __init__(self, network: Network, config: SimulatorConfig) -> None:
        super().__init__(network, config)
        self._account = config.account(MessageBirdAccount)
        self._opt_outs = OptOuts()
        self.inbound_url = self._account.inbound_url

    @override
    def routes(self) -> Blueprint:
        routes = Blueprint(self.name, __name__, url_prefix=f"/{self.name}")
        routes.add_url_rule("/messages", view_func=self._send, methods=["POST"])
        routes.add_url_rule("/balance", view_func=self._balance, methods=["GET"])
        return routes

    @override
    def refuse(self, fault: Fault) -> Response:
        throttled = fault.kind is FaultKind.THROTTLE
        code = int(fault.code) if fault.code.isdigit() else 99
        response = _error(code, "Refused", "recipients" if code in {9, 10} else None)
        if throttled or fault.status:
            response.status_code = fault.status or 429
        if throttled and fault.seconds:
            response.headers["Retry-After"] = f"{fault.seconds:.0f}"
        return response

    @override
    def reply(self, text: Text) -> Callback | None:
        self._opt_outs.obey(text.other.lstrip("+"), text.phone, text.text)
        if not self.inbound_url:
            return None
        pairs = [
            ("id", secrets.token_hex(16)),
            ("originator", text.phone.lstrip("+")),
            ("recipient", text.other.lstrip("+")),
            ("body", text.text),
            ("createdDatetime", self._now()),
        ]
        return self._signed(form_callback(self.inbound_url, pairs, {}))

    @override
    def _forge(self, receipt: Callback, *, keep: bool) -> Callback:
        signature = {name: value.swapcase() for name, value in receipt.proof().items()} if keep else {}
        return replace(receipt, proof=lambda: signature)

    def _send(self) -> Response:
        if not self._may_enter():
            return _error(2, "Request not allowed (incorrect access_key)", "access_key")
        data = request.get_json(silent=True)
        given: Mapping[str, object] = data if isinstance(data, dict) else {}
        for name, (is_there, is_right) in _checks(given).items():
            if not (is_there and is_right):
                return _error(10 if is_there else 9, f"{name} is {'invalid' if is_there else 'required'}", name)
        text = str(given["body"])
        if given.get("datacoding", "plain") == "plain":
            text = "".join(mark if alphabet(mark) == "GSM-7" else "?" for mark in text)
        submitted = Submitted(f"+{given['recipients']}", str(given["originator"]), text)
        return self.submit(submitted, lambda fault: self._accept(given, fault))

    def _accept(self, given: Mapping[str, object], fault: Fault | None) -> Accepted:
        number, now = secrets.token_hex(16), self._now()
        recipient = str(given["recipients"])
        item = {"recipient": int(recipient), "status": "sent", "statusDatetime": now}
        counts = {"totalCount": 1, "totalSentCount": 1, "totalDeliveredCount": 0, "totalDeliveryFailedCount": 0}
        shown = {name: given.get(name) for name in ("originator", "body", "reference", "validity", "datacoding")}
        response = jsonify(
            {**shown, "id": number, "direction": "mt", "type": "sms", "gateway": 10, "createdDatetime": now}
            | {"recipients": counts | {"items": [item | {"messagePartCount": count_parts(str(given["body"]))}]}}
        )
        response.status_code = 201
        is_blocked = self._opt_outs.forbids(str(given["originator"]), f"+{recipient}")
        fails = fault is not None and fault.kind is FaultKind.UNDELIVERED
        last = ("delivery_failed", (fault.code if fault else "") or "1") if fails else ("delivered", "")
        last = ("delivery_failed", _OPTED_OUT) if is_blocked else last
        return Accepted(response, number, self._receipts(number, given, [("sent", ""), last]))

    def _receipts(self, number: str, given: Mapping[str, object], states: Sequence[tuple[str, str]]) -> list[Callback]:
        """Return the reports of a message; one without a reference has none."""
        url, reference = str(given.get("reportUrl") or self.inbound_url), given.get("reference")
        if not (url and reference):
            return []
        pairs = {"id": number, "reference": reference, "recipient": given["recipients"]}
        receipts = []
        for status, code in states:
            query = pairs | {"status": status, "statusDatetime": self._now(), "statusErrorCode": code}
            parts = urlsplit(url)
            together = "&".join(filter(None, [parts.query, urlencode(query)]))
            receipts.append(self._signed(Callback(urlunsplit(parts._replace(query=together)), b"", {}, "GET")))
        return receipts

    def _signed(self, callback: Callback) -> Callback:
        def prove() -> Mapping[str, str]:
            key, moment = self._account.signing_key, int(self.network.clock.now().timestamp())
            if self._account.old_signatures:
                signature = sign_digest(key, str(moment), urlsplit(callback.url).query, callback.body)
                return {_OLD: signature, _OLD_MOMENT: str(moment)}
            return {_JWT: sign_token(key, moment, callback.url, callback.body)}

        return replace(callback, proof=prove)

    def _balance(self) -> Response:
        if not self._may_enter():
            return _error(2, "Request not allowed (incorrect access_key)", "access_key")
        return jsonify(payment="prepaid", type="credits", amount=self._account.balance)

    def _may_enter(self) -> bool:
        expected = f"AccessKey {self._account.access_key}"
        return hmac.compare_digest(request.headers.get("Authorization", "").encode(), expected.encode())

    def _now(self) -> str:
        return self.network.clock.now().astimezone(UTC).isoformat(timespec="seconds")


def _checks(given: Mapping[str, object]) -> Mapping[str, tuple[bool, bool]]:
    """Return of each field whether it is there where it must be, and whether it is right."""
    validity, reference = given.get("validity"), given.get("reference")
    rights = {
        "originator": _ORIGINATOR.fullmatch(str(given.get("originator", ""))) is not None,
        "body": isinstance(given.get("body"), str),
        "recipients": _NUMBER.fullmatch(str(given.get("recipients", ""))) is not None,
    }
    needed = {name: (bool(given.get(name)), is_right) for name, is_right in rights.items()}
    return needed | {
        "validity": (True, validity is None or (type(validity) is int and validity > 0)),
        "reference": (True, reference is None or len(str(reference)) <= _LONGEST_REFERENCE),
        "datacoding": (True, given.get("datacoding", "plain") in _ALPHABETS),
    }


def _error(code: int, words: str, parameter: str | None) -> Response:
    body = json.dumps({"errors": [{"code": code, "description": words, "parameter": parameter}]})
    return Response(body, _STATUS.get(code, 400), mimetype="application/json")
