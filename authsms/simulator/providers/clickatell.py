"""Clickatell's classic HTTP API: everything is answered with 200, and the first word says what happened."""

import hmac
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta, timezone
from typing import ClassVar, TypeAlias
from urllib.parse import urlencode

from flask import Blueprint, Response, request
from typing_extensions import override

from authsms.simulator.config import Account, SimulatorConfig
from authsms.simulator.faults import Fault, FaultKind
from authsms.simulator.phones import Text
from authsms.simulator.postman import Callback
from authsms.simulator.providers.contract import Accepted, Network, SimulatedProvider, Submitted
from authsms.simulator.providers.signatures import basic_header
from authsms.simulator.segments import count_parts

_ERRORS = {
    "001": "Authentication failed",
    "101": "Invalid or missing parameters",
    "105": "Invalid Destination Address",
    "107": "Empty message",
    "108": "Invalid or missing api_id",
    "113": "Maximum message parts exceeded",
    "116": "Invalid Unicode Data",
    "122": "Destination mobile opted out",
    "128": "Number delisted",
    "130": "Outbound limit reached",
    "301": "No credit left",
    "901": "Internal error - please retry",
}
_REPORTED_BY = {"003": 1, "004": 2, "005": 6, "007": 6, "009": 6, "010": 6, "012": 6}
_DIGITS = re.compile(r"[1-9][0-9]{6,14}")
_PORTAL_ZONE = timezone(timedelta(hours=2))
_LONGEST_OWN_ID = 32
Pairs: TypeAlias = Sequence[tuple[str, str | bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClickatellAccount(Account):
    """One account; receipts and replies go to its `inbound_url`.

    Attributes:
        callback_method: How callbacks come, ``GET`` or ``POST``.
        callback_user: User of the callbacks' Basic authentication; empty for none.
        charset: In which replies are sent.
    """

    user: str = "clickatell"
    password: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    api_id: str = "3400000"
    sender: str = "447700900100"
    balance: str = "42.500"
    callback_method: str = "GET"
    callback_user: str = ""
    callback_password: str = ""
    charset: str = "UTF-8"


class Clickatell(SimulatedProvider):
    """Commands below ``/clickatell/http``."""

    name: ClassVar[str] = "clickatell"
    title: ClassVar[str] = "Clickatell HTTP (classic)"
    signature_header: ClassVar[str] = "Authorization"

    def __init__(self, network: Network, config: SimulatorConfig) -> None:
        super().__init__(network, config)
        self._account = config.account(ClickatellAccount)
        self.inbound_url = self._account.inbound_url

    @override
    def routes(self) -> Blueprint:
        routes = Blueprint(self.name, __name__, url_prefix=f"/{self.name}/http")
        routes.add_url_rule("/sendmsg", view_func=self._send, methods=["GET", "POST"])
        routes.add_url_rule("/getbalance", view_func=self._balance, methods=["GET", "POST"])
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
        pairs = [
            ("api_id", self._account.api_id),
            ("moMsgId", secrets.token_hex(16)),
            ("from", text.phone.lstrip("+")),
            ("to", text.other.lstrip("+")),
            ("timestamp", f"{text.at.astimezone(_PORTAL_ZONE):%Y-%m-%d %H:%M:%S}"),
            ("charset", self._account.charset),
            ("udh", ""),
        ]
        return self._callback([*pairs, ("text", text.text.encode(self._account.charset, "replace"))])

    def _send(self) -> Response:
        given = request.values
        try:
            text = bytes.fromhex(given["text"]).decode("utf-16-be") if given.get("unicode") == "1" else given["text"]
        except (KeyError, ValueError):
            return _error("116" if "text" in given else "107")
        code = self._trouble(given, text)
        if code:
            return _error(code)
        submitted = Submitted(f"+{given['to']}", given.get("from", self._account.sender), text)
        return self.submit(submitted, lambda fault: self._accept(given, fault))

    def _trouble(self, given: Mapping[str, str], text: str) -> str:
        """Return the code with which a submission is refused, or nothing."""
        if not self._may_enter(given):
            return "001"
        if given.get("api_id") != self._account.api_id:
            return "108"
        if not _DIGITS.fullmatch(given.get("to", "")):
            return "105"
        if len(given.get("cliMsgId", "")) > _LONGEST_OWN_ID or given.get("callback", "0") not in "01234567":
            return "101"
        return "113" if count_parts(text) > int(given.get("concat", "1")) else ""

    def _may_enter(self, given: Mapping[str, str]) -> bool:
        pair = f"{given.get('user')}:{given.get('password')}".encode()
        return hmac.compare_digest(pair, f"{self._account.user}:{self._account.password}".encode())

    def _accept(self, given: Mapping[str, str], fault: Fault | None) -> Accepted:
        number = secrets.token_hex(16)
        fails = fault is not None and fault.kind is FaultKind.UNDELIVERED
        last = (fault.code or "007") if fault is not None and fails else "004"
        return Accepted(_plain(f"ID: {number}"), number, self._receipts(number, given, ("003", last)))

    def _receipts(self, number: str, given: Mapping[str, str], states: Sequence[str]) -> Sequence[Callback]:
        """Return one receipt for each of *states* that the submission asked to be told of."""
        mask, now = int(given.get("callback", "0")), self.network.clock.now()
        asked = [state for state in states if _REPORTED_BY.get(state, 0) & mask]
        pairs = [("apiMsgId", number), ("cliMsgId", given.get("cliMsgId", "")), ("api_id", self._account.api_id)]
        pairs += [("to", given["to"]), ("from", given.get("from", self._account.sender)), ("charge", "1")]
        pairs.append(("timestamp", f"{now.timestamp():.0f}"))
        return [self._callback([*pairs, ("status", state)]) for state in asked] if self.inbound_url else ()

    def _callback(self, pairs: Pairs) -> Callback:
        proof = basic_header(self._account.callback_user, self._account.callback_password)
        headers = {self.signature_header: proof} if proof else {}
        body = urlencode(pairs)
        if self._account.callback_method == "GET":
            return Callback(f"{self.inbound_url}?{body}", b"", headers, "GET")
        return Callback(
            self.inbound_url, body.encode(), {**headers, "Content-Type": "application/x-www-form-urlencoded"}
        )

    def _balance(self) -> Response:
        return _plain(f"Credit: {self._account.balance}") if self._may_enter(request.values) else _error("001")


def _plain(text: str) -> Response:
    return Response(text, mimetype="text/plain")


def _error(code: str) -> Response:
    return _plain(f"ERR: {code}, {_ERRORS.get(code, 'Failed')}")
