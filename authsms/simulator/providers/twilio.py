"""Twilio's Programmable Messaging, version 2010-04-01: messages, balance, signed receipts and replies."""

import hmac
import secrets
import threading
import uuid
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
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
from authsms.simulator.providers.signatures import sign_form
from authsms.simulator.providers.twilio_errors import TwilioError, answer_error
from authsms.simulator.providers.twilio_messages import (
    API_VERSION,
    Message,
    Pairs,
    plan_states,
    receipt_pairs,
    reply_pairs,
    show,
)
from authsms.simulator.providers.twilio_optout import ANSWERS, OptOuts
from authsms.simulator.providers.twilio_rules import Belongings, Order, read_order

_KEPT_MESSAGES = 20_000


def _random_sid(prefix: str) -> str:
    return prefix + secrets.token_hex(16)


@dataclass(frozen=True, slots=True, kw_only=True)
class TwilioAccount(Account):
    """One Twilio account.

    Attributes:
        sid: ``AC`` and 32 hex digits.
        token: The primary Auth Token; it also signs receipts.
        keys: Further pairs of API key (``SK...``) and secret that may send.
        numbers: The account's own numbers; when there are none, every sender is accepted.
        service: The messaging service (``MG...``) that sends from the first of *numbers*; empty for none.
        advanced_opt_out: Whether replies such as STOP carry ``OptOutType``.
        balance: What is left, in US dollars.
    """

    sid: str = field(default_factory=lambda: _random_sid("AC"))
    token: str = field(default_factory=lambda: secrets.token_hex(16))
    keys: tuple[tuple[str, str], ...] = ()
    numbers: tuple[str, ...] = ()
    service: str = ""
    advanced_opt_out: bool = False
    balance: str = "42.50"


class Twilio(SimulatedProvider):
    """Everything below ``/twilio/2010-04-01/Accounts/<sid>``."""

    name: ClassVar[str] = "twilio"
    title: ClassVar[str] = "Twilio"
    signature_header: ClassVar[str] = "X-Twilio-Signature"

    def __init__(self, network: Network, config: SimulatorConfig) -> None:
        super().__init__(network, config)
        self._account = config.account(TwilioAccount)
        self._own = Belongings(self._account.numbers, self._account.service)
        self.inbound_url = self._account.inbound_url
        self._lock = threading.Lock()
        self._messages: OrderedDict[str, Message] = OrderedDict()
        self._opt_outs = OptOuts()

    @override
    def routes(self) -> Blueprint:
        routes = Blueprint(self.name, __name__, url_prefix=f"/{self.name}/{API_VERSION}/Accounts")
        for rule, view, methods in (
            ("/Messages.json", self._create, ["POST"]),
            ("/Messages/<sid>.json", self._fetch, ["GET"]),
            ("/Messages/<sid>.json", self._redact, ["POST"]),
            ("/Messages/<sid>.json", self._delete, ["DELETE"]),
            ("/Balance.json", self._balance, ["GET"]),
        ):
            endpoint = view.__name__.strip("_")
            routes.add_url_rule(f"/<account_sid>{rule}", endpoint, self._guarded(view), methods=methods)
        routes.add_url_rule("/<account_sid>.json", "account", self._guarded(self._status), methods=["GET"])
        return routes

    @override
    def refuse(self, fault: Fault) -> Response:
        throttled = fault.kind is FaultKind.THROTTLE
        usual = 20429 if throttled else 20500
        code = int(fault.code) if fault.code.isdigit() else usual
        response = answer_error(code, status=fault.status or (429 if throttled else None))
        if throttled and fault.seconds:
            response.headers["Retry-After"] = f"{fault.seconds:.0f}"
        return response

    @override
    def reply(self, text: Text) -> Callback | None:
        keyword = self._opt_outs.obey(text.other, text.phone, text.text)
        if keyword:
            self._answer(text, ANSWERS[keyword])
        if not self.inbound_url:
            return None
        pairs = reply_pairs(text, self._account.sid)
        if self._account.service:
            pairs.append(("MessagingServiceSid", self._account.service))
        if keyword and self._account.advanced_opt_out:
            pairs.append(("OptOutType", keyword))
        return self._signed(self.inbound_url, pairs)

    def _answer(self, text: Text, words: str) -> None:
        self.network.phones.receive(
            text.phone, sender=text.other, text=words, provider=self.name, provider_id=_random_sid("SM")
        )

    def _guarded(self, view: Callable[..., Response]) -> Callable[..., Response]:
        """Return *view* behind authentication, with Twilio's errors turned into answers."""

        @wraps(view)
        def guarded(account_sid: str, **arguments: str) -> Response:
            try:
                self._authenticate(account_sid)
                return view(**arguments)
            except TwilioError as error:
                return answer_error(error.code, error.words)

        return guarded

    def _authenticate(self, account_sid: str) -> None:
        given = request.authorization
        pair = f"{given.username}:{given.password}".encode() if given is not None and given.type == "basic" else b""
        known = [(self._account.sid, self._account.token), *self._account.keys]
        if not any(hmac.compare_digest(pair, f"{user}:{secret}".encode()) for user, secret in known):
            raise TwilioError(20003)
        if account_sid != self._account.sid:
            raise TwilioError(20404, {"path": request.path.removeprefix(f"/{self.name}")})

    def _create(self) -> Response:
        order = read_order(request.form, self._own)
        sender = order.sender or self._account.numbers[0]
        if self._opt_outs.forbids(sender, order.to):
            raise TwilioError(21610)
        return self.submit(Submitted(order.to, sender, order.body), lambda fault: self._accept(order, sender, fault))

    def _accept(self, order: Order, sender: str, fault: Fault | None) -> Accepted:
        fails = fault is not None and fault.kind is FaultKind.UNDELIVERED
        now = self.network.clock.now()
        message = Message(
            sid=_random_sid("SM"),
            order=order,
            sender=sender,
            body=order.body,
            created=now,
            states=plan_states(order, fails=fails),
            code=(fault.code or "30005") if fault is not None and fails else "",
        )
        self._keep(message)
        response = jsonify(show(message, self._account.sid, message.states[0], now))
        response.status_code = 201
        return Accepted(response, message.sid, self._receipts(message))

    def _keep(self, message: Message) -> None:
        with self._lock:
            self._messages[message.sid] = message
            while len(self._messages) > _KEPT_MESSAGES:
                self._messages.popitem(last=False)

    def _receipts(self, message: Message) -> Sequence[Callback]:
        """Return one receipt per state but the first, which Twilio does not report."""
        url, now = message.order.callback, self.network.clock.now()
        if not url:
            return ()
        sid = self._account.sid
        return [self._signed(url, receipt_pairs(message, sid, state, now)) for state in message.states[1:]]

    def _signed(self, url: str, pairs: Pairs) -> Callback:
        headers = {
            "User-Agent": "TwilioProxy/1.1",
            "I-Twilio-Idempotency-Token": str(uuid.uuid4()),
            self.signature_header: sign_form(self._account.token, urldefrag(url).url, pairs),
        }
        return form_callback(url, pairs, headers)

    def _fetch(self, sid: str) -> Response:
        return self._shown(self._find(sid))

    def _shown(self, message: Message) -> Response:
        now = self.network.clock.now()
        return jsonify(show(message, self._account.sid, message.state_at(now, self.pace), now))

    def _redact(self, sid: str) -> Response:
        message = self._find(sid)
        if request.form.get("Body") == "":
            message = replace(message, body="")
            self._keep(message)
        return self._shown(message)

    def _delete(self, sid: str) -> Response:
        self._find(sid)
        with self._lock:
            self._messages.pop(sid, None)
        return Response(status=204)

    def _balance(self) -> Response:
        return jsonify(account_sid=self._account.sid, balance=self._account.balance, currency="USD")

    def _status(self) -> Response:
        created = format_datetime(self.network.clock.now())
        return jsonify(
            sid=self._account.sid,
            friendly_name="Simulated account",
            status="active",
            type="Full",
            date_created=created,
            date_updated=created,
            owner_account_sid=self._account.sid,
            uri=f"/{API_VERSION}/Accounts/{self._account.sid}.json",
        )

    def _find(self, sid: str) -> Message:
        with self._lock:
            message = self._messages.get(sid)
        if message is None:
            raise TwilioError(20404, {"path": request.path.removeprefix(f"/{self.name}")})
        return message
