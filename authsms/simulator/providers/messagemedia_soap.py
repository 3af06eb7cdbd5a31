"""MessageMedia's SOAP interface: strict about names, spaces and counts; reports are kept until they are confirmed."""

import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from typing import ClassVar
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

from flask import Blueprint, Response, request
from typing_extensions import override

from authsms.simulator.config import Account, SimulatorConfig
from authsms.simulator.faults import Fault, FaultKind
from authsms.simulator.numbers import read_number
from authsms.simulator.phones import Text
from authsms.simulator.postman import Callback
from authsms.simulator.providers.contract import Accepted, Network, Submitted
from authsms.simulator.providers.keeping import KeepingProvider

_SPACE = "http://xml.m4u.com.au/2009"
_NS = f"{{{_SPACE}}}"
_ENVELOPE = "{http://schemas.xmlsoap.org/soap/envelope/}"
_FAULTS = {"authenticationFailed", "invalidDataFormat", "perDayMessageLimit", "requestSizeLimit"}
_HIGHEST = 2**32 - 1
_HIGHEST_BYTE = 255
_LONGEST_TEXT = 5000
_DAILY = 500
_SENDER = "61491570156"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageMediaSoapAccount(Account):
    """One user."""

    user_id: str = "Simulated001"
    password: str = field(default_factory=lambda: secrets.token_urlsafe(12))


class _RefusedError(Exception):
    """The request ends with this code of a fault."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class MessageMediaSoap(KeepingProvider):
    """``/messagemedia-soap/``."""

    name: ClassVar[str] = "messagemedia-soap"
    title: ClassVar[str] = "MessageMedia SOAP"

    def __init__(self, network: Network, config: SimulatorConfig) -> None:
        super().__init__(network, config)
        self._account = config.account(MessageMediaSoapAccount)
        self._sent = 0
        self._operations: Mapping[str, Callable[[ET.Element], Response]] = {
            "sendMessages": self._send,
            "checkUser": self._check_user,
            "checkReports": self._check_reports,
            "confirmReports": self._confirm_reports,
        }

    @override
    def routes(self) -> Blueprint:
        routes = Blueprint(self.name, __name__, url_prefix=f"/{self.name}")
        routes.add_url_rule("/", view_func=self._call, methods=["POST"])
        return routes

    @override
    def refuse(self, fault: Fault) -> Response:
        if fault.kind is FaultKind.THROTTLE:
            retry = {"Retry-After": f"{fault.seconds:.0f}"} if fault.seconds else {}
            return Response("Too many requests", fault.status or 429, retry)
        if fault.code in _FAULTS:
            return _fault(fault.code)
        if fault.status:
            return Response("Refused", fault.status)
        return _result("sendMessages", 'sent="0" scheduled="0" failed="1"', self._error(fault.code or "other"))

    @override
    def reply(self, text: Text) -> Callback | None:
        return None  # replies are kept as well, and nobody asks for them

    def _call(self) -> Response:
        try:
            call = _read()
            operation = self._operation(call.tag.removeprefix(_NS))
            self._check_password(_only(call, "authentication"))
            return operation(call)
        except _RefusedError as refused:
            return _fault(refused.code)

    def _operation(self, name: str) -> Callable[[ET.Element], Response]:
        if request.headers.get("SOAPAction") != f'"{_SPACE}/{name}"' or name not in self._operations:
            raise _RefusedError("invalidDataFormat")
        return self._operations[name]

    def _check_password(self, proof: ET.Element) -> None:
        given = f"{_only(proof, 'userId').text}:{_only(proof, 'password').text}"
        if not hmac.compare_digest(given.encode(), f"{self._account.user_id}:{self._account.password}".encode()):
            raise _RefusedError("authenticationFailed")

    def _send(self, call: ET.Element) -> Response:
        message = _only(_only(_only(call, "requestBody"), "messages"), "message")
        recipient = _only(_only(message, "recipients"), "recipient")
        text = _only(message, "content").text or ""
        uid = _number(recipient.get("uid", "0"))
        _number(message.findtext(f"{_NS}validityPeriod", "0"), _HIGHEST_BYTE)
        if message.findtext(f"{_NS}deliveryReport", "false") not in {"true", "false", "1", "0"}:
            raise _RefusedError("invalidDataFormat")
        number = recipient.text or ""
        phone = read_number(number) if number.isdigit() else None
        if phone is None or not text or len(text) > _LONGEST_TEXT:
            code = "invalidRecipient" if phone is None else "messageLengthLimit" if text else "emptyMessageContent"
            return _result("sendMessages", 'sent="0" scheduled="0" failed="1"', self._error(code, number, uid))
        wants = message.findtext(f"{_NS}deliveryReport") in {"true", "1"}
        submitted = Submitted(phone, message.findtext(f"{_NS}origin") or _SENDER, text)
        return self.submit(submitted, lambda fault: self._accept(number, uid, fault, wants=wants))

    def _accept(self, number: str, uid: int, fault: Fault | None, *, wants: bool) -> Accepted:
        self._sent += 1
        fails = fault is not None and fault.kind is FaultKind.UNDELIVERED
        receipts = [self._report_of(number, uid, word) for word in ("pending", "failed" if fails else "delivered")]
        response = _result("sendMessages", 'sent="1" scheduled="0" failed="0"', self._details())
        return Accepted(response, str(uid), receipts if wants else ())

    def _report_of(self, number: str, uid: int, status: str) -> Callback:
        moment = self.network.clock.now().astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        facts = f'uid="{uid}" receiptId="{secrets.randbelow(_HIGHEST) + 1}" status="{status}"'
        inside = f"<recipient>{escape(number)}</recipient><timestamp>{moment}</timestamp>"
        return Callback("", f'<report xmlns="{_SPACE}" {facts}>{inside}</report>'.encode(), {})

    def _check_user(self, _call: ET.Element) -> Response:
        return _result("checkUser", "", self._details())

    def _check_reports(self, call: ET.Element) -> Response:
        waiting = self.shelf.waiting()
        page = waiting[: _number(_only(call, "requestBody").findtext(f"{_NS}maximumReports", "100"))]
        reports = b"".join(page).decode()
        counts = f'returned="{len(page)}" remaining="{len(waiting) - len(page)}"'
        return _result("checkReports", counts, f"<reports>{reports}</reports>")

    def _confirm_reports(self, call: ET.Element) -> Response:
        reports = _only(_only(call, "requestBody"), "reports").findall(f"{_NS}report")
        handles = {str(_number(report.get("receiptId", ""))) for report in reports}
        count = self.shelf.confirm(handles, lambda report: ET.fromstring(report).get("receiptId", ""))  # noqa: S314 - ours
        return _result("confirmReports", f'confirmed="{count}"', "")

    def _details(self) -> str:
        return f'<accountDetails type="daily" creditLimit="{_DAILY}" creditRemaining="{max(_DAILY - self._sent, 0)}"/>'

    def _error(self, code: str, number: str = "", uid: int = 0) -> str:
        recipients = f'<recipients><recipient uid="{uid}">{escape(number)}</recipient></recipients>'
        return (
            f'{self._details()}<errors><error code={quoteattr(code)} sequenceNumber="0">{recipients}</error></errors>'
        )


def _read() -> ET.Element:
    """Return the one element in the body of the envelope."""
    data = request.get_data()
    if request.mimetype != "text/xml" or b"<!DOCTYPE" in data:
        raise _RefusedError("invalidDataFormat")
    try:
        envelope = ET.fromstring(data)  # noqa: S314 - declares nothing, see above
    except ET.ParseError as error:
        raise _RefusedError("invalidDataFormat") from error
    body = envelope.findall(f"{_ENVELOPE}Body/*")
    if envelope.tag != f"{_ENVELOPE}Envelope" or len(body) != 1 or not body[0].tag.startswith(_NS):
        raise _RefusedError("invalidDataFormat")
    return body[0]


def _only(parent: ET.Element, name: str) -> ET.Element:
    found = parent.findall(_NS + name)
    if len(found) != 1:
        raise _RefusedError("invalidDataFormat")
    return found[0]


def _number(text: str, highest: int = _HIGHEST) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= highest):
        raise _RefusedError("invalidDataFormat")
    return int(text)


def _result(operation: str, facts: str, inside: str) -> Response:
    result = f"<result {facts}>{inside}</result>"
    return _envelope(f'<{operation}Response xmlns="{_SPACE}">{result}</{operation}Response>')


def _fault(code: str) -> Response:
    detail = f'<faultResponse xmlns="{_SPACE}"><error code="{code}"/></faultResponse>'
    words = f"<faultcode>SOAP-ENV:Client</faultcode><faultstring>Refused: {code}</faultstring>"
    response = _envelope(f"<SOAP-ENV:Fault>{words}<detail>{detail}</detail></SOAP-ENV:Fault>")
    response.status_code = 500
    return response


def _envelope(content: str) -> Response:
    space = 'xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"'
    text = f"<SOAP-ENV:Envelope {space}><SOAP-ENV:Body>{content}</SOAP-ENV:Body></SOAP-ENV:Envelope>"
    return Response(f'<?xml version="1.0" encoding="UTF-8"?>{text}', content_type="text/xml; charset=utf-8")
