"""A program that is told by webhook, on a server of its own, over a whole installation."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from sqlalchemy.orm import Session

from authsms.audit.vocabulary import Author
from authsms.client import Event, read_event
from authsms.contacts.agreement import ContactKind
from authsms.contacts.entries import Stated
from authsms.foundation.db import Database
from authsms.foundation.phone import PhoneNumber
from authsms.identity.drafts import PersonDraft
from authsms.identity.local_people import LocalPeople
from authsms.logon.endpoints import Endpoint
from authsms.logon.oidc_profile import MESSAGING, OidcOption, OidcProfile
from authsms.messaging.audience import Audience
from authsms.messaging.hooks import HookKind
from authsms.messaging.offers_rules import OfferTerms
from authsms.messaging.program_notices import Order
from authsms.messaging.program_offers import OfferOrder
from authsms.messaging.programs import Program
from authsms.senders.submission import Purpose
from authsms.wiring import Services
from tests.fakes import ManualClock
from tests.integration.contacts.post import OFFERS, PHONE, Post

BOTH = (HookKind.RECIPIENT, HookKind.STOPPED)
ALL = (*BOTH, HookKind.ANSWERED, HookKind.FILLED, HookKind.CLOSED)


@dataclass
class Interrupted:
    """A database, and what another process does just before something is written to it."""

    database: Database
    other: Callable[[], object]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.database, name)

    def write(self) -> AbstractContextManager[Session]:
        """Let the other process have its turn first."""
        self.other()
        return self.database.write()


@dataclass
class Listener:
    """A program's own server.

    Attributes:
        status: What it answers.
        calls: Headers and bodies it was sent.
        paths: Where they were sent to.
        ponder: Called before it answers.
    """

    address: str = ""
    status: int = 204
    ponder: Callable[[], object] = dict
    calls: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)


@contextmanager
def listening() -> Iterator[Listener]:
    """Let a program listen on this machine."""
    listener = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            listener.calls.append((dict(self.headers), body))
            listener.paths.append(self.path)
            listener.ponder()
            self.send_response(listener.status)
            self.send_header("Location", "http://169.254.169.254/")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_facts):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    listener.address = f"http://127.0.0.1:{server.server_port}/hook"
    yield listener
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass
class Case:
    """An installation, a program, and somebody who has agreed."""

    post: Post
    endpoint: Endpoint
    secret: str

    @property
    def services(self) -> Services:
        """The installation."""
        return self.post.services

    @property
    def program(self) -> Program:
        """The program."""
        return Program(self.endpoint.id, self.endpoint.name, "192.0.2.1")

    def send(self, name: str = "shift") -> None:
        """Send a notice."""
        order = Order(name, {"en": "Your shift begins at 6."}, ["alice"], timedelta(hours=1))
        assert self.services.program_notices.send(self.program, order).queued == 1

    def told(self, listener: Listener) -> list[Event]:
        """Return what the program has been told, once the signatures are right."""
        return [read_event(self.secret, headers, body, now=self.post.clock.now()) for headers, body in listener.calls]

    def turn(self) -> int:
        """Look and tell; return how many events were taken."""
        self.services.hook_watch.look()
        return self.services.hook_courier.deliver()


def make_offer(case: Case, *names: str, **terms: Any) -> str:
    """Let the program ask alice, or some people, and text them; return the number of the offer."""
    audience = Audience(logins=names or ("alice",))
    order = OfferOrder("early", {"en": "{host}: shift? {number} Y or {number} N."}, audience, OfferTerms(**terms))
    made = case.services.program_offers.make(case.program, order)
    case.services.offer_ending.work()
    case.post.deliver()
    return str(made.number)


def open_case(services: Services, clock: ManualClock, address: str) -> Case:
    """Return a case over an installation."""
    services.prepare()
    post = Post(services, clock)
    post.add("offers", OFFERS, Purpose.OFFER, Purpose.NOTICE)
    made, _, secret = register(services, address)
    agree(services, "alice")
    return Case(post, made, secret)


def register(services: Services, address: str) -> tuple[Endpoint, str, str]:
    """Register a program with a webhook; return it, its own secret, and the webhook's."""
    oidc = OidcProfile(options=frozenset({OidcOption.CLIENT_CREDENTIALS, *MESSAGING}))
    made, secret = services.endpoints.create("Roster", event="web", redirect_uris=("https://r.example/",), oidc=oidc)
    return made, secret, services.hooks.save(Author("anna"), made.id, address, ALL)


def agree(services: Services, login: str, number: PhoneNumber = PHONE) -> Author:
    """Let there be somebody who has agreed."""
    local = LocalPeople(services.database, services.vault, services.clock)
    person = local.create(PersonDraft(login, login.title(), (number,), password="correct horse"))
    owner = Author(login, person.key)
    contact = services.contacts.add(owner, ContactKind.MOBILE, number)
    with services.database.write() as session:
        services.contacts.take_in(session, owner, contact, number, Stated(services.clock.now(), "I agree", "a form"))
    return owner
