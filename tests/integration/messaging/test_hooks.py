"""Programs are told what became of their messages: signed, again and again until they take it, and by no other way."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from sqlalchemy import select, update

from authsms.audit.vocabulary import Author
from authsms.client import read_event
from authsms.contacts.agreement import ContactKind
from authsms.contacts.entries import Stated
from authsms.contacts.suppression import Source
from authsms.delivery.models import Message
from authsms.foundation.errors import NotFoundError
from authsms.foundation.settings import Settings
from authsms.foundation.vault import Vault
from authsms.identity.drafts import PersonDraft
from authsms.identity.local_people import LocalPeople
from authsms.logon.endpoints import Endpoint
from authsms.logon.models import EndpointRow
from authsms.logon.oidc_profile import MESSAGING, OidcOption, OidcProfile
from authsms.messaging.hook_courier import WAITS
from authsms.messaging.hook_models import HOOK, HOOK_EVENT
from authsms.messaging.hook_watch import SETTLED
from authsms.messaging.hooks import HookEvent, HookKind
from authsms.messaging.notices import KEPT
from authsms.messaging.program_notices import Order
from authsms.messaging.programs import Program
from authsms.senders.submission import Purpose
from authsms.senders.webhook import Receipt, ReceiptState
from authsms.wiring import Services, assemble
from tests.fakes import ManualClock
from tests.integration.contacts.post import OFFERS, PHONE, Post

BOTH = (HookKind.RECIPIENT, HookKind.STOPPED)


@dataclass
class Listener:
    """A program's own server.

    Attributes:
        status: What it answers.
        calls: Headers and bodies it was sent.
        ponder: Called before it answers.
    """

    address: str = ""
    status: int = 204
    ponder: Callable[[], object] = dict
    calls: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture(scope="module")
def _server() -> Iterator[Listener]:
    listener = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            listener.calls.append((dict(self.headers), body))
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


@pytest.fixture
def listener(_server: Listener) -> Listener:
    """A program's own server that has not been called yet."""
    _server.status, _server.ponder = 204, dict
    _server.calls.clear()
    return _server


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

    def turn(self) -> int:
        """Look and tell; return how many events were taken."""
        self.services.hook_watch.look()
        return self.services.hook_courier.deliver()


def open_case(services: Services, clock: ManualClock, address: str) -> Case:
    """Return a case over an installation."""
    services.prepare()
    post = Post(services, clock)
    post.add("offers", OFFERS, Purpose.OFFER, Purpose.NOTICE)
    oidc = OidcProfile(options=frozenset({OidcOption.CLIENT_CREDENTIALS, *MESSAGING}))
    made, _ = services.endpoints.create("Roster", event="web", redirect_uris=("https://r.example/",), oidc=oidc)
    agree(services, "alice")
    return Case(post, made, services.hooks.save(Author("anna"), made.id, address, BOTH))


def agree(services: Services, login: str) -> Author:
    """Let there be somebody who has agreed."""
    local = LocalPeople(services.database, services.vault, services.clock)
    person = local.create(PersonDraft(login, login.title(), (PHONE,), password="correct horse"))
    owner = Author(login, person.key)
    contact = services.contacts.add(owner, ContactKind.MOBILE, PHONE)
    with services.database.write() as session:
        services.contacts.take_in(session, owner, contact, PHONE, Stated(services.clock.now(), "I agree", "a form"))
    return owner


@pytest.fixture
def case(settings: Settings, database, vault: Vault, clock: ManualClock, listener: Listener) -> Iterator[Case]:
    """An installation that may call this machine; on SQLite and on PostgreSQL."""
    allowed = {"network": {"allowed": ["127.0.0.1"]}}
    services = assemble(Settings.model_validate({**settings.model_dump(), **allowed}), database, vault, clock)
    yield open_case(services, clock, listener.address)
    services.people.close()


def test_what_became_of_each_text_is_told_signed_and_once(case: Case, listener: Listener, clock: ManualClock):
    """A text that waits is no news; one that is taken is, and again when it is delivered."""
    case.send()
    waiting = case.turn()
    case.post.deliver()
    taken = case.turn()
    again = case.turn()
    events = [read_event(case.secret, headers, body, now=clock.now()) for headers, body in listener.calls]

    assert (0, 1, 0) == (waiting, taken, again)
    assert [("notice.recipient", "LOCAL\\alice", "accepted", "shift")] == [
        (one.kind, one.data["user_name"], one.data["state"], one.data["notice"]) for one in events
    ]
    assert events[0].id == listener.calls[0][0]["Authsms-Event"]
    assert str(PHONE)[-6:] not in listener.calls[0][1].decode()


def test_a_stop_is_told(case: Case, listener: Listener, clock: ManualClock):
    """Whatever happened before the webhook was there is not."""
    case.post.text("STOP", to=OFFERS, service="offers")
    early = case.turn()
    clock.advance(SETTLED)
    told = case.turn()
    (event,) = [read_event(case.secret, headers, body, now=clock.now()) for headers, body in listener.calls]

    assert (0, 1) == (early, told)
    assert ("contact.stopped", "LOCAL\\alice", "stopped") == (event.kind, event.data["user_name"], event.data["how"])
    assert Source.REPLY.value not in event.data


@pytest.mark.parametrize("status", [500, 302, 404])
def test_what_is_not_taken_is_tried_again_and_then_given_up(case: Case, listener: Listener, clock: ManualClock, status):
    """A redirect is not followed; the event has the same id each time, and an administrator sends it again."""
    listener.status = status
    case.services.hooks.try_out(case.endpoint.id)
    for wait in WAITS:
        case.services.hook_courier.deliver()
        case.services.hook_courier.deliver()
        clock.advance(wait)
    tried = len(listener.calls)
    backlog = case.services.hooks.backlog(case.endpoint.id)
    listener.status = 204
    silent = case.services.hook_courier.deliver()
    case.services.hooks.send_again(Author("anna"), case.endpoint.id)
    taken = case.services.hook_courier.deliver()

    assert tried == len(WAITS)
    assert len({headers["Authsms-Event"] for headers, _ in listener.calls}) == 1
    assert [f"status {status}"] == [one.failure for one in backlog.dead]
    assert (0, 1) == (silent, taken)
    assert {"hook.unheard", "hook.sent-again"} <= {one.entry.tag.value for one in case.services.audit.search()}


def test_a_private_address_that_is_not_listed_is_not_called(
    settings: Settings, database, vault: Vault, clock: ManualClock, listener: Listener
):
    """ATK-37: an administrator of endpoints is no administrator of the network."""
    services = assemble(settings, database, vault, clock)
    case = open_case(services, clock, listener.address)
    services.hooks.try_out(case.endpoint.id)

    assert 0 == services.hook_courier.deliver()
    assert [] == listener.calls
    services.people.close()


def test_another_address_gets_another_secret_and_nothing_is_kept_in_the_clear(case: Case, listener: Listener):
    """ATK-38, ATK-44; and who may no longer know is not told."""
    hooks, endpoint = case.services.hooks, case.endpoint.id
    same = hooks.save(Author("anna"), endpoint, listener.address, BOTH)
    other = hooks.save(Author("anna"), endpoint, "https://elsewhere.example/", BOTH)
    case.send()
    case.post.deliver()
    case.services.hook_watch.look()
    with case.services.database.read() as session:
        rows = [*session.execute(select(HOOK)), *session.execute(select(HOOK_EVENT))]

    assert "" == same
    assert other not in {"", case.secret}
    assert not [row for row in rows if other in str(tuple(row)) or "alice" in str(tuple(row))]


def test_a_slow_program_keeps_no_other_waiting(case: Case, listener: Listener, clock: ManualClock):
    """However much there is to tell it, and though it takes everything: each has been called once."""
    hooks = case.services.hooks
    other = case.services.endpoints.create("Other", event="web", redirect_uris=("https://o.example/",))[0].id
    for endpoint, number in ((case.endpoint.id, 20), (other, 1)):
        hooks.save(Author("anna"), endpoint, f"{listener.address}/{endpoint}", BOTH)
        with case.services.database.write() as session:
            hooks.add(session, endpoint, [HookEvent(HookKind.TEST, "", {})] * number)
    listener.ponder = lambda: clock.advance(timedelta(seconds=9))
    case.services.hook_courier.deliver()

    assert 2 == len(listener.calls)


def test_who_may_no_longer_know_is_told_nothing(case: Case, clock: ManualClock):
    """An administrator's change counts at once, and what happened meanwhile is not made up for."""
    case.send()
    case.post.deliver()
    case.post.text("STOP", to=OFFERS, service="offers")
    clock.advance(SETTLED)
    with case.services.database.write() as session:
        session.execute(update(EndpointRow).values(options=["client-credentials"]))

    assert 0 == case.services.hook_watch.look()


def test_an_erased_person_is_told_of_no_more(case: Case, clock: ManualClock):
    """What waits about him goes with the rest, and his going is no news."""
    case.send()
    case.post.deliver()
    case.services.hook_watch.look()
    person = case.services.people.find(r"LOCAL\alice")
    assert person is not None
    case.services.personal_records.erase(Author(), person.key, "asked")
    clock.advance(SETTLED)

    assert 0 == case.services.hook_courier.deliver()
    assert 0 == case.services.hook_watch.look()


def test_reports_that_come_later_are_told_too(case: Case, listener: Listener, clock: ManualClock):
    """Delivered, after taken."""
    case.send()
    case.post.deliver()
    case.turn()
    with case.services.database.read() as session:
        service, provider_id = session.execute(select(Message.service, Message.provider_id)).one()
    case.services.receipts.apply(service, [Receipt(provider_id, ReceiptState.DELIVERED, "delivered")])
    case.turn()
    events = [read_event(case.secret, headers, body, now=clock.now()) for headers, body in listener.calls]

    assert ["accepted", "delivered"] == [one.data["state"] for one in events]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_notice_that_is_forgotten_leaves_its_name_to_nobody(case: Case, clock: ManualClock):
    """Whoever is given the name next shares it with no program."""
    case.send()
    clock.advance(KEPT + timedelta(hours=2))
    assert 1 == case.services.notices.purge()

    with pytest.raises(NotFoundError):
        case.services.program_notices.recipients(case.program, "shift", "")
