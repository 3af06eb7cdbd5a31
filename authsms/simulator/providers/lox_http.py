"""LOX24's old address ``httpsms.php``: everything in the query, and the code inside an XML answer decides."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from typing import ClassVar
from urllib.parse import urlencode
from xml.sax.saxutils import escape

from flask import Blueprint, Response, request
from typing_extensions import override

from authsms.simulator.config import Account, SimulatorConfig
from authsms.simulator.faults import Fault, FaultKind
from authsms.simulator.numbers import read_number
from authsms.simulator.phones import Text
from authsms.simulator.postman import Callback
from authsms.simulator.providers.contract import Accepted, Network, SimulatedProvider, Submitted
from authsms.simulator.segments import count_parts


@dataclass(frozen=True, slots=True, kw_only=True)
class LoxAccount(Account):
    """Customer number, password in clear, and the number of the service that sends."""

    number: str = "12345"
    password: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    service: str = "3325"
    sender: str = "LOX24"


class LoxHttp(SimulatedProvider):
    """``/lox-http/API/httpsms.php``, by GET or POST; answers in XML."""

    name: ClassVar[str] = "lox-http"
    title: ClassVar[str] = "LOX24 (httpsms.php)"

    def __init__(self, network: Network, config: SimulatorConfig) -> None:
        super().__init__(network, config)
        self._account = config.account(LoxAccount)
        self.inbound_url = self._account.inbound_url

    @override
    def routes(self) -> Blueprint:
        routes = Blueprint(self.name, __name__, url_prefix=f"/{self.name}/API")
        routes.add_url_rule("/httpsms.php", view_func=self._send, methods=["GET", "POST"])
        return routes

    @override
    def refuse(self, fault: Fault) -> Response:
        throttled = fault.kind is FaultKind.THROTTLE
        response = _answer(fault.code or "300", "Failed")
        response.status_code = fault.status or (429 if throttled else 200)
        if throttled and fault.seconds:
            response.headers["Retry-After"] = f"{fault.seconds:.0f}"
        return response

    @override
    def reply(self, text: Text) -> Callback | None:
        return None

    def _send(self) -> Response:
        given = request.values
        phone, text = read_number(given.get("to", "")), given.get("text", "")
        if not self._may_enter() or given.get("service") != self._account.service or phone is None or not text:
            return _answer("200", "Refused")
        submitted = Submitted(phone, given.get("from", self._account.sender), text)
        return self.submit(submitted, lambda fault: self._accept(submitted, fault))

    def _may_enter(self) -> bool:
        """Whether customer number and hash of the password are right; the password itself is refused."""
        digest = hashlib.md5(self._account.password.encode(), usedforsecurity=False).hexdigest()
        given = f"{request.values.get('konto')}:{request.values.get('password')}"
        return hmac.compare_digest(given.encode(), f"{self._account.number}:{digest}".encode())

    def _accept(self, submitted: Submitted, fault: Fault | None) -> Accepted:
        number = secrets.token_hex(16)
        facts = {
            "MSGID": number,
            "Text": submitted.text,
            "Zeichen": str(len(submitted.text)),
            "SMS": str(count_parts(submitted.text)),
            "Absenderkennung": submitted.sender,
            "Ziel": submitted.recipient,
            "Kosten": "0,065",
            "Versenden": "sofort",
        }
        info = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in facts.items())
        fails = fault is not None and fault.kind is FaultKind.UNDELIVERED
        last = (fault.code or "16") if fault is not None and fails else "1"
        receipts = [self._callback(number, code) for code in ("0", last)] if self.inbound_url else []
        return Accepted(_answer("100", "SMS erfolgreich versendet", info), number, receipts)

    def _callback(self, number: str, dlr_code: str) -> Callback:
        """Return a report by GET; nothing proves where it comes from."""
        pairs = {"uuid": number, "dlr_code": dlr_code, "key_id": "1", "callback_data": ""}
        return Callback(f"{self.inbound_url}?{urlencode(pairs)}", b"", {}, "GET")


def _answer(code: str, words: str, info: str = "") -> Response:
    body = f"<answer><code>{escape(code)}</code><codetext>{escape(words)}</codetext><info>{info}</info></answer>"
    encoded = f'<?xml version="1.0" encoding="ISO-8859-1"?>\n{body}'.encode("iso-8859-1", "xmlcharrefreplace")
    return Response(encoded, mimetype="text/xml")
