"""Where providers report: the plugin verifies and reads, delivery takes note, and the answer goes out at once.

The path holds a token that only the provider was told, and the plugin checks what else its provider signs. The address
handed to the plugin is made from the configured public one, because signatures cover what the provider called, and a
``Host`` header is the caller's to choose. Bodies may hold live codes: they are never logged.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import parse_qsl, quote

from flask import Blueprint, Response, request
from typing_extensions import override

from authsms.audit import AuditEntry, AuditTag, AuditTrail
from authsms.foundation import metrics
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database
from authsms.foundation.errors import ForgeryError, InvalidInputError, NotFoundError
from authsms.protocols import problems
from authsms.senders.definitions import ConfiguredService
from authsms.senders.webhook import InboundMessage, Receipt, WebhookRequest

_LARGEST_BODY: Final = 64 * 1024
_MOST_FIELDS: Final = 200
_LONGEST_NAME: Final = 200
_FORM: Final = "application/x-www-form-urlencoded"


class Sources(Protocol):
    """Knows the sender services and the addresses they report to."""

    def by_callback(self, name: str, token: str) -> ConfiguredService:
        """Return the service called *name* when *token* is that of its callback address.

        Raises:
            NotFoundError: It is not, or there is no such service; which of the two is not told.
        """


class Receipts(Protocol):
    """Takes note of what became of messages."""

    def apply(self, service: str, receipts: Sequence[Receipt]) -> int:
        """Record *receipts* of a sender service, each once; return how many were new."""


class Inbox(Protocol):
    """Takes what people text to us."""

    def take(self, service: str, message: InboundMessage) -> None:
        """Take one message that reached a number of *service*."""


class AuditInbox(Inbox):
    """Notes that a message came, without what it says."""

    def __init__(self, database: Database, audit: AuditTrail) -> None:
        self._database = database
        self._audit = audit

    @override
    def take(self, service: str, message: InboundMessage) -> None:
        details = {"service": service, "keyword": message.keyword, "sender_ends": message.sender[-2:]}
        with self._database.write() as session:
            self._audit.record(session, AuditEntry(AuditTag.INBOUND_RECEIVED, details=details))


@dataclass(frozen=True, slots=True)
class Webhooks:
    """Takes the calls of providers."""

    public_url: str
    sources: Sources
    receipts: Receipts
    inbox: Inbox
    clock: Clock
    database: Database
    audit: AuditTrail

    def take(self, name: str, token: str) -> Response:
        """Apply the request at hand and return what the provider wants to read.

        Raises:
            NotFoundError: There is no such address.
            ForgeryError: The request is not the provider's; nothing was applied.
        """
        if len(name) > _LONGEST_NAME or not name.isprintable() or not token.isascii():
            raise NotFoundError("There is no such callback address.")
        service = self.sources.by_callback(name, token).service
        call = self._read()
        try:
            reports = service.read_webhook(call)
        except ForgeryError:
            self._note_forgery(name)
            raise
        receipts = [report for report in reports if isinstance(report, Receipt)]
        if receipts:
            self.receipts.apply(name, receipts)
        for report in reports:
            if isinstance(report, InboundMessage):
                self.inbox.take(name, report)
        metrics.WEBHOOKS.labels(name, "taken").inc()
        reply = service.answer_webhook(call)
        return Response(reply.body, content_type=reply.content_type) if reply.body else Response(status=204)

    def _read(self) -> WebhookRequest:
        query = request.query_string.decode("ascii", "replace")
        body = request.get_data(cache=True)
        is_form = request.mimetype == _FORM
        address = f"{self.public_url}{quote(request.path)}"
        return WebhookRequest(
            method=request.method,
            url=f"{address}?{query}" if query else address,
            headers=dict(request.headers),
            query=_pairs(query),
            form=_pairs(body.decode("utf-8", "replace")) if is_form else (),
            body=body,
            received_at=self.clock.now(),
        )

    def _note_forgery(self, name: str) -> None:
        metrics.WEBHOOKS.labels(name, "refused").inc()
        entry = AuditEntry(AuditTag.WEBHOOK_REFUSED, address=request.remote_addr or "", details={"service": name})
        with self.database.write() as session:
            self.audit.record(session, entry)


def create_blueprint(webhooks: Webhooks) -> Blueprint:
    """Return the address to which providers report: ``/webhooks/<service name>/<token>``."""
    blueprint = Blueprint("webhooks", __name__)
    problems.register(blueprint)

    @blueprint.route("/webhooks/<name>/<token>", methods=["GET", "POST"])
    def take(name: str, token: str) -> Response:
        request.max_content_length = _LARGEST_BODY
        return webhooks.take(name, token)

    return blueprint


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    try:
        return tuple(parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError as error:
        raise InvalidInputError("The request has too many fields.") from error
