"""Doors for machines: OpenID Connect, forward-auth, REST, validate, webhooks, health, metrics; no rules of theirs."""

from typing import cast
from urllib.parse import urlsplit

from flask import Flask

from authsms.protocols import operations, webhooks
from authsms.protocols.forward_auth.any_host import AnyHost
from authsms.protocols.forward_auth.assembly import open_forward_auth
from authsms.protocols.oidc.assembly import assemble
from authsms.protocols.oidc.routes import create_blueprints
from authsms.protocols.readiness import Readiness
from authsms.protocols.rest import routes as rest
from authsms.protocols.rest.bearer import Bearers
from authsms.protocols.rest.door import RestDoor
from authsms.protocols.rest.message_door import MessageDoor
from authsms.protocols.rest.offer_door import OfferDoor
from authsms.protocols.rest.tickets import Tickets
from authsms.protocols.services import ProtocolServices
from authsms.protocols.validate.routes import open_validate
from authsms.protocols.webhooks import Webhooks


def register(app: Flask) -> None:
    """Give *app* these doors over the services in ``app.extensions["authsms"]``."""
    services = cast("ProtocolServices", app.extensions["authsms"])
    operations.time_requests(app)
    readiness = Readiness(services.checks)
    token = services.settings.metrics.token.get_secret_value()
    app.register_blueprint(operations.create_blueprint(readiness, services.readings, token))
    for blueprint in (*create_blueprints(assemble(services)), *open_forward_auth(services)):
        app.register_blueprint(blueprint)
    app.wsgi_app = AnyHost(app.wsgi_app, urlsplit(services.settings.public_url).netloc)  # type: ignore[method-assign]
    tickets = Tickets(services.database, services.vault, services.clock)
    door = RestDoor(services, tickets, Bearers(services.tokens, services.endpoints))
    messages = MessageDoor(services.program_notices, services.program_contacts, OfferDoor(services.program_offers))
    app.register_blueprint(rest.create_blueprint(door, messages, services.settings.public_url))
    app.register_blueprint(open_validate(services))
    app.register_blueprint(
        webhooks.create_blueprint(
            Webhooks(
                public_url=services.settings.public_url,
                sources=services.senders,
                receipts=services.receipts,
                inbox=services.inbox,
                clock=services.clock,
                database=services.database,
                audit=services.audit,
            )
        )
    )
