"""The doors for machines over real services and a real socket; only people and providers are twins."""

import base64
import hashlib
import secrets
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from flask import Flask
from typing_extensions import override
from werkzeug.serving import BaseWSGIServer, make_server

from authsms import portals, protocols
from authsms.audit import AuditTrail
from authsms.contacts.suppression import SuppressionList
from authsms.delivery.answering import open_inbox
from authsms.delivery.doorbell import SocketDoorbell
from authsms.delivery.outbox import Outbox
from authsms.delivery.worker import bell_folder
from authsms.foundation.cookies import SESSION_COOKIE, cookie_name
from authsms.foundation.db import Database
from authsms.foundation.errors import NotFoundError
from authsms.foundation.metrics import Reading
from authsms.foundation.phone import PhoneNumber
from authsms.foundation.resources import static_folder, templates_folder
from authsms.foundation.settings import Settings
from authsms.foundation.vault import Vault
from authsms.identity.repository import Person, PersonKey
from authsms.logon.blocks import Blocks
from authsms.logon.catalog import Catalog, Chain, Wanted
from authsms.logon.continuations import Continuations
from authsms.logon.endpoints import Endpoint, EndpointService
from authsms.logon.sessions import LoginSessions, SessionDraft
from authsms.protocols.client_address import ClientAddress
from authsms.protocols.oidc.families import Families
from authsms.protocols.oidc.keys import SigningKeys
from authsms.protocols.oidc.logout_notices import LogoutNotices
from authsms.protocols.oidc.refreshing import RefreshTokens
from authsms.protocols.oidc.request_store import RequestStore
from authsms.protocols.oidc.tokens import TokenStore
from authsms.protocols.oidc.userinfo import People
from authsms.protocols.readiness import Check
from authsms.senders.contract import SenderService
from authsms.senders.definitions import ConfiguredService
from authsms.senders.webhook import Receipt
from tests.fakes import ManualClock
from tests.parts.seeding import fill

on_each_database = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
"""For what the database decides: use once, ends, what is found under strange names; all else here is shown on one."""

CALLBACK = "https://app.example.test/callback"
ALICE = Person(
    "LOCAL",
    "0b1c",
    "alice",
    "Alice Example",
    (PhoneNumber("+4915112345678"),),
    frozenset({"staff", "admins"}),
    "alice@example.test",
)


class KnownPeople(People):
    """People in a dictionary; `trouble` is raised instead of answering."""

    def __init__(self, *people: Person) -> None:
        self._people = {person.key: person for person in people}
        self.trouble: Exception | None = None

    @override
    def get(self, key: PersonKey) -> Person | None:
        if self.trouble:
            raise self.trouble
        return self._people.get(key)


class KnownSenders:
    """Sender services by name and token."""

    def __init__(self) -> None:
        self.services: dict[tuple[str, str], SenderService] = {}

    def by_callback(self, name: str, token: str) -> ConfiguredService:
        """Return the service of this address."""
        try:
            return ConfiguredService(name, 1, self.services[name, token])
        except KeyError:
            raise NotFoundError("There is no such callback address.") from None

    def by_path(self, path: str) -> list[ConfiguredService]:
        """Return the services that take signed calls at a fixed address."""
        found = ((name, one) for (name, _), one in self.services.items() if one.fixed_path == path)
        return [ConfiguredService(name, 1, one) for name, one in found]


class KeptReceipts:
    """Keeps what was applied."""

    def __init__(self) -> None:
        self.applied: list[tuple[str, Receipt]] = []

    def apply(self, service: str, receipts: Sequence[Receipt]) -> int:
        """Keep the receipts."""
        self.applied.extend((service, receipt) for receipt in receipts)
        return len(receipts)


@dataclass
class House:
    """What the doors call, as `authsms.protocols.services.ProtocolServices` names it."""

    settings: Settings
    database: Database
    vault: Vault
    clock: ManualClock
    audit: AuditTrail = field(init=False)
    people: KnownPeople = field(default_factory=lambda: KnownPeople(ALICE))
    senders: KnownSenders = field(default_factory=KnownSenders)
    receipts: KeptReceipts = field(default_factory=KeptReceipts)
    readiness: list[Check] = field(default_factory=list)
    program_notices: None = None  # nobody here sends notices, names contacts, or makes offers
    program_contacts: None = None
    program_offers: None = None

    def __post_init__(self) -> None:
        database, vault, clock = self.database, self.vault, self.clock
        self.audit = AuditTrail(database, vault, clock)
        self.logout_notices = LogoutNotices(database, vault, clock, self.audit)
        families = Families(vault, clock, self.audit, self.settings.sessions.offline)
        self.sessions = LoginSessions(
            database, vault, clock, self.settings.sessions, [families.follow, self.logout_notices.follow]
        )
        self.blocks = Blocks(database, clock, freshness=timedelta(0))
        self.catalog = Catalog(database, vault)
        self.endpoints = EndpointService(database, vault, clock, self.audit)
        self.continuations = Continuations(database, vault, clock)
        self.signing_keys = SigningKeys(database, vault, clock, self.audit)
        self.tokens = TokenStore(database, vault, clock, families, self.sessions)
        self.refresh_tokens = RefreshTokens(database, clock, families)
        self.requests = RequestStore(database, vault, clock)
        suppressions = SuppressionList(database, vault, clock, self.audit, lambda _: ())
        outbox = Outbox(database, vault, clock, self.audit, SocketDoorbell(bell_folder(self.settings.instance)))
        self.inbox = open_inbox(self.settings, outbox, suppressions, database, vault, clock, self.audit)
        fill(self.catalog, _save_events)

    def checks(self) -> list[Check]:
        """Return what the test wants to be looked at."""
        return self.readiness

    def readings(self) -> list[Reading]:
        """Return nothing to measure."""
        return []

    def app(self) -> Flask:
        """Return the application with these doors."""
        app = Flask("authsms", template_folder=str(templates_folder()), static_folder=str(static_folder()))
        app.extensions["authsms"] = self
        app.wsgi_app = ClientAddress(app.wsgi_app, self.settings.server.trusted_proxies)  # type: ignore[method-assign]
        protocols.register(app)
        portals.register(app)
        return app

    def sign_in(self, person: Person = ALICE, *, event: str = "web", methods=("pwd", "otp", "sms")) -> str:
        """Begin a login session and return its token."""
        draft = SessionDraft(
            person_key=person.key,
            login=person.login,
            display_name=person.display_name,
            mail=person.mail,
            repository=person.repository,
            groups=person.groups,
            methods=tuple(methods),
            chain="default",
            event=event,
            address="127.0.0.1",
            user_agent="test",
        )
        with self.database.write() as session:
            return self.sessions.begin(session, draft)


def _save_events(catalog: Catalog) -> None:
    chain = Chain("local", "Password", ("PASSWORD:1",))
    catalog.save_all([chain], [Wanted(name, name, (chain.name,)) for name in ("web", "vpn")])


class Browser:
    """A browser that never leaves the server by itself."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.base = house.settings.public_url
        self.http = requests.Session()
        self.http.trust_env = False

    def sign_in(self, **details: Any) -> None:
        """Give this browser a new login session."""
        name = cookie_name(SESSION_COOKIE, https=False)
        self.http.cookies.set(name, self._house.sign_in(**details), domain="127.0.0.1", path="/")

    def get(self, address: str, **options: Any) -> requests.Response:
        """Open a path or an address and do not follow redirects."""
        return self.http.get(address if "://" in address else self.base + address, allow_redirects=False, **options)

    def post(self, path: str, fields: dict[str, str], **options: Any) -> requests.Response:
        """Send a form and do not follow redirects."""
        return self.http.post(self.base + path, data=fields, allow_redirects=False, **options)


@dataclass
class Application:
    """A relying party that needs nothing but HTTP; its checks are written out by hand."""

    browser: Browser
    endpoint: Endpoint
    secret: str
    redirect_uri: str = CALLBACK
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    def request(self, **changes: str | None) -> dict[str, str]:
        """Return the parameters of a right authorization request, with *changes*; None takes one away."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        values = {
            "client_id": self.endpoint.id,
            "response_type": "code",
            "redirect_uri": self.redirect_uri,
            "scope": "openid profile email phone groups",
            "state": "a state & more",
            "nonce": "n-0S6_WzA2Mj",
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            **changes,
        }
        return {name: value for name, value in values.items() if value is not None}

    def authorize(self, **changes: str | None) -> requests.Response:
        """Send the browser to the provider."""
        return self.browser.get(f"/oauth2/authorize?{urlencode(self.request(**changes))}")

    def code(self, **changes: str | None) -> str:
        """Return a code for a browser that is signed in."""
        return answer(self.authorize(**changes))["code"]

    def redeem(self, code: str, /, **changes: str | None) -> requests.Response:
        """Ask for tokens, as ``client_secret_basic`` unless the secret is among the changes."""
        values = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": self.verifier,
            **changes,
        }
        fields = {name: value for name, value in values.items() if value is not None}
        login = None if "client_id" in fields else (self.endpoint.id, self.secret)
        with requests.Session() as http:
            http.trust_env = False
            return http.post(f"{self.browser.base}/oauth2/token", data=fields, auth=login)

    def userinfo(self, token: str, method: str = "GET") -> requests.Response:
        """Ask who the person is."""
        headers = {"Authorization": f"Bearer {token}"}
        return requests.request(method, f"{self.browser.base}/oauth2/userinfo", headers=headers, timeout=10)


def answer(response: requests.Response) -> dict[str, str]:
    """Return the parameters an authorization request was answered with at the application's address."""
    assert response.status_code == 303, response.text
    assert response.headers["Location"].startswith(CALLBACK + "?"), response.headers["Location"]
    return {name: values[0] for name, values in parse_qs(urlsplit(response.headers["Location"]).query).items()}


@contextmanager
def serve(house: House, listener: socket.socket) -> Iterator[BaseWSGIServer]:
    """Serve the doors on *listener*."""
    host, port = listener.getsockname()
    server = make_server(host, port, house.app(), threaded=True, fd=listener.fileno())
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()
