"""MessageMedia's REST API: Basic or signed requests, JSON both ways, reports with RSA signatures or to be fetched."""

import base64
import hashlib
import hmac
import json
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any, ClassVar
from urllib.parse import urldefrag, urlsplit

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA224, SHA256, SHA512
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Blueprint, Response, jsonify, request
from typing_extensions import override

from authsms.simulator.config import Account, SimulatorConfig
from authsms.simulator.faults import Fault, FaultKind
from authsms.simulator.phones import Text
from authsms.simulator.postman import Callback
from authsms.simulator.providers.contract import Accepted, Network, Submitted
from authsms.simulator.providers.keeping import KeepingProvider
from authsms.simulator.providers.twilio_optout import OptOuts

_TO = re.compile(r"\+[1-9]\d{6,14}")
_FROM = {
    "INTERNATIONAL": re.compile(r"\+[1-9]\d{6,14}"),
    "SHORTCODE": re.compile(r"\d{3,8}"),
    "ALPHANUMERIC": re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}"),
}
_KNOWN = {
    *("content", "destination_number", "source_number", "source_number_type", "format", "callback_url"),
    *("delivery_report", "scheduled", "message_expiry_timestamp", "metadata", "media", "subject"),
}
_HMAC = re.compile(r'hmac username="([^"]*)", algorithm="hmac-(sha1|sha256)", headers="([^"]*)", signature="([^"]*)"')
_CLOCKS_APART = timedelta(minutes=15)
_MOST = 100
_LONGEST_TEXT = 5000
_OPTED_OUT = "302"
_DIGESTS: Mapping[str, type[SHA224 | SHA256 | SHA512]] = {"SHA224": SHA224, "SHA256": SHA256, "SHA512": SHA512}
_REJECTED = "330"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageMediaAccount(Account):
    """One API key.

    Attributes:
        signing_key: Signs callbacks, once it is set.
        digest: What it signs with: ``SHA224``, ``SHA256`` or ``SHA512``.
    """

    api_key: str = field(default_factory=lambda: uuid.uuid4().hex[:20])
    api_secret: str = field(default_factory=lambda: uuid.uuid4().hex)
    signing_key: RSAPrivateKey | None = None
    key_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    digest: str = "SHA512"

    @property
    def public_key(self) -> str:
        """The public key as the provider shows it, once; empty when nothing is signed."""
        if self.signing_key is None:
            return ""
        der = self.signing_key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(der).decode()


class MessageMedia(KeepingProvider):
    """``/messagemedia/v1/messages`` and ``/messagemedia/v1/delivery_reports``."""

    name: ClassVar[str] = "messagemedia"
    title: ClassVar[str] = "MessageMedia REST API"
    signature_header: ClassVar[str] = "X-MessageMedia-Signature"

    def __init__(self, network: Network, config: SimulatorConfig) -> None:
        super().__init__(network, config)
        self._account = config.account(MessageMediaAccount)
        self._opt_outs = OptOuts()
        self._callbacks: dict[str, Mapping[str, Any]] = {}
        self.inbound_url = self._account.inbound_url

    @override
    def routes(self) -> Blueprint:
        routes = Blueprint(self.name, __name__, url_prefix=f"/{self.name}/v1")
        routes.before_request(self._admit)
        routes.add_url_rule("/messages", view_func=self._send, methods=["POST"])
        routes.add_url_rule("/delivery_reports", view_func=self._reports, methods=["GET"])
        routes.add_url_rule("/delivery_reports/confirmed", view_func=self._confirm, methods=["POST"])
        return routes

    @override
    def refuse(self, fault: Fault) -> Response:
        throttled = fault.kind is FaultKind.THROTTLE
        response = _error("Refused", [f"/messages/0/{fault.code}: refused"] if fault.code else [])
        response.status_code = fault.status or (429 if throttled else 400 if fault.code else 500)
        if throttled and fault.seconds:
            response.headers["Retry-After"] = f"{fault.seconds:.0f}"
        return response

    @override
    def reply(self, text: Text) -> Callback | None:
        self._opt_outs.obey(text.other, text.phone, text.text)
        message = self._callbacks.get(text.phone, {})
        url = str(message.get("callback_url") or self.inbound_url)
        if not url:
            return None
        value = {
            "reply_id": str(uuid.uuid4()),
            "message_id": message.get("message_id", str(uuid.uuid4())),
            "content": text.text,
            "source_number": text.phone,
            "destination_number": text.other,
            "date_received": self._now(),
            "metadata": message.get("metadata", {}),
        }
        return self._signed(Callback(url, json.dumps(value).encode(), {"Content-Type": "application/json"}))

    def _admit(self) -> Response | None:
        given = request.authorization
        if given is not None and given.type == "basic":
            known = f"{self._account.api_key}:{self._account.api_secret}"
            may_enter = hmac.compare_digest(f"{given.username}:{given.password}".encode(), known.encode())
        else:
            may_enter = self._is_signed()
        return None if may_enter else _error("Invalid authentication credentials", status=401)

    def _is_signed(self) -> bool:
        """Return whether the request carries a signature, of the manual's kind or of the official client's."""
        found = _HMAC.fullmatch(request.headers.get("Authorization", ""))
        if found is None or found[1] != self._account.api_key:
            return False
        names = ["Date", "Content-MD5"] if found[2] == "sha256" else ["date", "x-Content-MD5"]
        body = request.get_data()
        names = names if body else names[:1]
        if found[3].split() != [*names, "request-line"] or not self._is_fresh(request.headers.get("Date", "")):
            return False
        if body and request.headers.get(names[1]) != hashlib.md5(body, usedforsecurity=False).hexdigest():
            return False
        lines = [f"{name}: {request.headers.get(name)}" for name in names]
        text = "\n".join([*lines, f"{request.method} {request.path} HTTP/1.1"])
        expected = hmac.digest(self._account.api_secret.encode(), text.encode(), found[2])
        return hmac.compare_digest(found[4], base64.b64encode(expected).decode())

    def _is_fresh(self, date: str) -> bool:
        try:
            return abs(parsedate_to_datetime(date) - self.network.clock.now()) < _CLOCKS_APART
        except (ValueError, TypeError):
            return False

    def _send(self) -> Response:
        data = request.get_json(silent=True)
        messages = data.get("messages") if isinstance(data, dict) else None
        if not isinstance(messages, list) or len(messages) != 1:
            return _error("Request is invalid", ["/messages: this simulator takes one message at a time"])
        (message,) = messages
        wrong = [*self._problems("/messages/0", message)]
        if wrong:
            return _error("Request is invalid", wrong)
        submitted = Submitted(
            message["destination_number"], message.get("source_number", "+61491570156"), message["content"]
        )
        return self.submit(submitted, lambda fault: self._accept(message, submitted, fault))

    def _problems(self, place: str, message: object) -> Iterator[str]:
        """Yield what is wrong with a message."""
        if not isinstance(message, dict):
            yield f"{place}: must be an object"
            return
        yield from (f"{place}/{name}: is not known" for name in message.keys() - _KNOWN)
        if not _TO.fullmatch(str(message.get("destination_number", ""))):
            yield f"{place}/destination_number: must be a number such as +61491570156"
        if not 0 < len(str(message.get("content", ""))) <= _LONGEST_TEXT:
            yield f"{place}/content: must hold 1 to 5000 characters"
        source, kind = message.get("source_number"), message.get("source_number_type")
        if source is not None and not (kind in _FROM and _FROM[kind].fullmatch(source)):
            yield f"{place}/source_number: does not fit its type"
        if not isinstance(message.get("delivery_report", False), bool):
            yield f"{place}/delivery_report: must be true or false"
        if "message_expiry_timestamp" in message and not self._is_later(message["message_expiry_timestamp"]):
            yield f"{place}/message_expiry_timestamp: must be a time to come, in UTC"
        metadata = message.get("metadata", {})
        if len(metadata) > 10 or any(len(name) > 100 or len(value) > 256 for name, value in metadata.items()):  # noqa: PLR2004 - the provider's limits
            yield f"{place}/metadata: is too much"

    def _is_later(self, text: str) -> bool:
        return text.endswith("Z") and datetime.fromisoformat(text) > self.network.clock.now()

    def _accept(self, message: Mapping[str, Any], submitted: Submitted, fault: Fault | None) -> Accepted:
        number = str(uuid.uuid4())
        kept = {**message, "message_id": number}
        self._callbacks[submitted.recipient] = kept
        response = jsonify(messages=[{**kept, "status": "queued"}])
        response.status_code = 202
        last = ("delivered", "220")
        if fault is not None and fault.kind is FaultKind.UNDELIVERED:
            last = ("failed", fault.code or _REJECTED)
        if self._opt_outs.forbids(submitted.sender, submitted.recipient):
            last = ("rejected", _OPTED_OUT)
        wanted = message.get("delivery_report") is True
        return Accepted(response, number, [self._receipt(kept, *one) for one in (("submitted", "200"), last) if wanted])

    def _receipt(self, message: Mapping[str, Any], status: str, code: str) -> Callback:
        """Return a report; the numbers have changed places in it."""
        url = str(message.get("callback_url") or self.inbound_url)
        value = {
            "delivery_report_id": str(uuid.uuid4()),
            "message_id": message["message_id"],
            "source_number": message["destination_number"],
            "date_received": self._now(),
            "submitted_date": self._now(),
            "status": status,
            "error_code": code,
            "delay": "0",
            "original_text": message["content"],
            "metadata": message.get("metadata", {}),
            "vendor_account_id": {"vendor_id": "Simulator", "account_id": "Simulated"},
        }
        return self._signed(Callback(url, json.dumps(value).encode(), {"Content-Type": "application/json"}))

    def _signed(self, callback: Callback) -> Callback:
        key = self._account.signing_key
        if key is None or not callback.url:
            return callback
        date = format_datetime(self.network.clock.now().astimezone(UTC), usegmt=True)
        parts = urlsplit(urldefrag(callback.url).url)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        signed = f"{callback.method} {target} HTTP/1.1{date}".encode() + callback.body
        signature = key.sign(signed, PKCS1v15(), _DIGESTS[self._account.digest]())
        headers = {
            "Date": date,
            self.signature_header: base64.b64encode(signature).decode(),
            "X-MessageMedia-Digest-Type": self._account.digest.replace("SHA", "SHA-"),
            "X-MessageMedia-Cipher-Type": "RSA",
            "X-MessageMedia-Key-Id": self._account.key_id,
        }
        return Callback(callback.url, callback.body, {**callback.headers, **headers})

    def _reports(self) -> Response:
        return jsonify(delivery_reports=[json.loads(one) for one in self.shelf.waiting()[:_MOST]])

    def _confirm(self) -> Response:
        data = request.get_json(silent=True)
        handles = data.get("delivery_report_ids") if isinstance(data, dict) else None
        if not isinstance(handles, list) or not 0 < len(handles) <= _MOST:
            return _error("Request is invalid", ["/delivery_report_ids: must hold 1 to 100 ids"])
        self.shelf.confirm(handles, lambda report: str(json.loads(report)["delivery_report_id"]))
        return Response(status=202, mimetype="text/plain")

    def _now(self) -> str:
        return self.network.clock.now().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _error(message: str, details: Sequence[str] = (), status: int = 400) -> Response:
    response = jsonify({"message": message} | ({"details": list(details)} if details else {}))
    response.status_code = status
    return response
