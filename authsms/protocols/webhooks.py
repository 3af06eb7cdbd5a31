"""Where providers report: the plugin verifies and reads, delivery takes note, and the answer goes out at once.

The path holds a token that only the provider was told, and the plugin checks what else its provider signs. The address
handed to the plugin is made from the configured public one, because signatures cover what the provider called, and a
``Host`` header is the caller's to choose. Bodies may hold live codes: they are never logged.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol
from urllib.parse import parse_qsl, quote

from flask import Blueprint, Response, request

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
_OF_THE_BODY: Final = ("CONTENT_TYPE", "CONTENT_LENGTH")
_OTHERS: Final = frozenset(f"HTTP_{key}" for key in _OF_THE_BODY)
"""What a server that keeps underscores makes of ``Content_Type``; the name belongs to the true one."""


class Sources(Protocol):
    """Knows the sender services and the addresses they report to."""

    def by_callback(self, name: str, token: str) -> ConfiguredService:
        """Return the service called *name* when *token* is that of its callback address.

        Raises:
            NotFoundError: It is not, or there is no such service; which of the two is not told.
        """

    def by_path(self, path: str) -> Sequence[ConfiguredService]:
        """Return the services that also take signed calls at a fixed *path*."""


class Receipts(Protocol):
    """Takes note of what became of messages."""

    def apply(self, service: str, receipts: Sequence[Receipt]) -> int:
        """Record *receipts* of a sender service, each once; return how many were new."""


class Inbox(Protocol):
    """Takes what people text to us."""

    def take(self, service: ConfiguredService, message: InboundMessage) -> bool:
        """Take one message that reached a number of *service*; return False when it is known already."""


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
        return self._apply([self.sources.by_callback(name, token)], name)

    def take_at(self, path: str) -> Response:
        """Apply the request at hand, which came to a fixed address: it is that service's whose signature it bears.

        Raises:
            NotFoundError: No service takes calls there.
            ForgeryError: It bears none; nothing was applied.
        """
        services = self.sources.by_path(path)
        if not services:
            raise NotFoundError("There is nothing here.")
        return self._apply(services, path)

    def _apply(self, services: Sequence[ConfiguredService], called: str) -> Response:
        call = self._read()
        for one in services:
            try:
                reports = one.service.read_webhook(call)
            except ForgeryError:
                continue
            return self._applied(one, call, reports)
        self._note_forgery(called)
        raise ForgeryError("This callback is not the provider's.")

    def _applied(
        self, configured: ConfiguredService, call: WebhookRequest, reports: Sequence[Receipt | InboundMessage]
    ) -> Response:
        receipts = [report for report in reports if isinstance(report, Receipt)]
        if receipts:
            self.receipts.apply(configured.name, receipts)
        for report in reports:
            if isinstance(report, InboundMessage):
                self.inbox.take(configured, report)
        metrics.WEBHOOKS.labels(configured.name, "taken").inc()
        reply = configured.service.answer_webhook(call)
        return Response(reply.body, content_type=reply.content_type) if reply.body else Response(status=204)

    def _read(self) -> WebhookRequest:
        query = request.query_string.decode("ascii", "replace")
        body = request.get_data(cache=True)
        is_form = request.headers.get("Content-Type", "").partition(";")[0].strip().lower() == _FORM
        address = f"{self.public_url}{quote(request.path)}"
        return WebhookRequest(
            method=request.method,
            url=f"{address}?{query}" if query else address,
            headers=_headers(request.environ),
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
    """Return the addresses to which providers report: ``/webhooks/<service name>/<token>``, and fixed ones."""
    blueprint = Blueprint("webhooks", __name__)
    problems.register(blueprint)

    @blueprint.route("/webhooks/<name>/<token>", methods=["GET", "POST"])
    def take(name: str, token: str) -> Response:
        request.max_content_length = _LARGEST_BODY
        return webhooks.take(name, token)

    @blueprint.route("/response/<kind>", methods=["GET", "POST"])
    @blueprint.route("/callback/<kind>", methods=["GET", "POST"])
    def take_at_fixed_address(kind: str) -> Response:  # noqa: ARG001 - the whole path is looked up
        request.max_content_length = _LARGEST_BODY
        return webhooks.take_at(request.path)

    return blueprint


def _headers(environ: Mapping[str, Any]) -> dict[str, str]:
    """Return the headers of a request; to walk through the framework's own view of them costs many times as much."""
    return {
        key.removeprefix("HTTP_").replace("_", "-"): value
        for key, value in environ.items()
        if key in _OF_THE_BODY or (key.startswith("HTTP_") and key not in _OTHERS)
    }


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    try:
        return tuple(parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError as error:
        raise InvalidInputError("The request has too many fields.") from error
