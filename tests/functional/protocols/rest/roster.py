"""A roster system that has people texted, over a whole installation."""

import itertools
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Flask
from flask_babel import Babel
from werkzeug.test import TestResponse

from authsms.audit.vocabulary import Author
from authsms.contacts.agreement import ContactKind
from authsms.contacts.entries import Stated
from authsms.foundation.phone import PhoneNumber
from authsms.logon.endpoints import Endpoint
from authsms.logon.oidc_profile import MESSAGING, OidcOption, OidcProfile
from authsms.protocols.oidc.families import Issue
from authsms.protocols.rest.bearer import Bearers
from authsms.protocols.rest.door import RestDoor
from authsms.protocols.rest.message_door import MessageDoor
from authsms.protocols.rest.offer_door import OfferDoor
from authsms.protocols.rest.routes import create_blueprint
from authsms.protocols.rest.tickets import Tickets
from tests.functional.portals.admin.office import Office

API = "/api/v1"
EVERYTHING = frozenset({OidcOption.CLIENT_CREDENTIALS, *MESSAGING})
SCOPES = " ".join(MESSAGING.values())
NOTICE = {"name": "shift-1", "texts": {"en": "{host}: {name}, your shift begins at 6."}, "user_names": ["alice"]}
OFFER = {"name": "early", "texts": {"en": "{host}: early shift? {number} Y or {number} N."}, "user_names": ["alice"]}
_numbers = itertools.count(10)


@dataclass
class Roster:
    """A program with access tokens."""

    office: Office
    endpoint: Endpoint
    secret: str
    token: str

    def call(self, method: str, path: str, body: Any = None, *, token: str | None = None) -> TestResponse:
        """Send a request."""
        headers = {"Authorization": f"Bearer {self.token if token is None else token}"}
        options = {} if body is None else {"json": body}
        client, address = self.office.app.test_client(), f"{API}{path}"
        return client.open(address, base_url=self.office.home, method=method, headers=headers, **options)

    def new_token(self, scope: str = SCOPES) -> str:
        """Return a token as the token endpoint would give it."""
        store = self.office.services.tokens
        token = store.new_secret()
        expires_at = self.office.services.clock.now() + timedelta(hours=1)
        store.keep_own(self.endpoint.id, Issue(token, expires_at, ""), scope)
        return token


def open_roster(office: Office, name: str = "Roster", options: frozenset[OidcOption] = EVERYTHING) -> Roster:
    """Register a program that may do what *options* say."""
    addresses = ("https://roster.example/",)
    made = office.services.endpoints.create(
        name, event="web", redirect_uris=addresses, oidc=OidcProfile(options=options)
    )
    roster = Roster(office, *made, "")
    roster.token = roster.new_token()
    return roster


def door_alone(office: Office) -> Flask:
    """Return the REST door without the rest of the application, which looks at host names."""
    app, services = Flask("rest"), office.services
    Babel(app)
    tickets = Tickets(services.database, services.vault, services.clock)
    door = RestDoor(services, tickets, Bearers(services.tokens, services.endpoints))
    messages = MessageDoor(services.program_notices, services.program_contacts, OfferDoor(services.program_offers))
    app.register_blueprint(create_blueprint(door, messages, office.home))
    return app


def agree(office: Office, login: str = "alice") -> str:
    """Let there be somebody who has agreed to be texted; return his key."""
    person = office.person(login)
    number = PhoneNumber(f"+49151123456{next(_numbers)}")
    owner = Author(login, person.key)
    contact = office.services.contacts.add(owner, ContactKind.MOBILE, number)
    with office.services.database.write() as session:
        stated = Stated(office.services.clock.now(), "I agree", "a form")
        office.services.contacts.take_in(session, owner, contact, number, stated)
    return person.key
