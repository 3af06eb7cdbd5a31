"""Programs are told what became of their messages: signed, again and again until they take it, and by no other way."""

from datetime import timedelta
from typing import cast

import pytest
from sqlalchemy import select, update

from authsms.administration.alarm_rules import AlarmKind
from authsms.administration.hooks import SCOPES
from authsms.audit.vocabulary import Author
from authsms.client import read_event
from authsms.contacts.suppression import Source
from authsms.delivery.models import Message
from authsms.foundation.db import Database
from authsms.foundation.errors import NotFoundError
from authsms.foundation.settings import Settings
from authsms.foundation.vault import Vault
from authsms.logon.models import EndpointRow
from authsms.messaging.hook_courier import WAITS
from authsms.messaging.hook_leave import HookLeave
from authsms.messaging.hook_models import HOOK, HOOK_EVENT
from authsms.messaging.hook_watch import SETTLED, HookWatch
from authsms.messaging.hooks import HookEvent, HookKind
from authsms.messaging.notices import KEPT
from authsms.senders.webhook import Receipt, ReceiptState
from authsms.wiring import assemble
from tests.fakes import ManualClock
from tests.integration.contacts.post import OFFERS, PHONE
from tests.integration.messaging.hearing import BOTH, Case, Interrupted, Listener, make_offer, open_case


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


def test_what_was_given_up_is_an_alarm_until_it_is_taken(case: Case, listener: Listener, clock: ManualClock):
    """A test is none: whoever sends it looks what came of it."""
    hooks, lookout = case.services.hooks, case.services.monitoring.lookout

    def alarms() -> list[tuple[str, object]]:
        found = [one for one in lookout.findings() if one.kind is AlarmKind.HOOK_UNHEARD]
        return [(one.subject, one.facts["count"]) for one in found]

    listener.status = 500
    hooks.try_out(case.endpoint.id)
    with case.services.database.write() as session:
        hooks.add(session, case.endpoint.id, [HookEvent(HookKind.STOPPED, "", {})] * 2)
    at_first = alarms()
    for wait in WAITS:
        for _ in range(3):
            case.services.hook_courier.deliver()
        clock.advance(wait)
    given_up = alarms()
    listener.status = 204
    hooks.send_again(Author("anna"), case.endpoint.id)
    case.services.hook_courier.deliver()

    assert ([], [(case.endpoint.id, 2)], []) == (at_first, given_up, alarms())


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


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_address_that_changes_meanwhile_is_called_with_its_own_secret(case: Case, listener: Listener):
    """What waits goes to the new one; no place is vouched for with the secret of another."""
    hooks, endpoint, made = case.services.hooks, case.endpoint.id, list[str]()
    for _ in range(2):
        hooks.try_out(endpoint)

    def move() -> None:
        if not made:
            made.append(hooks.save(Author("anna"), endpoint, f"{listener.address}/new", BOTH))

    listener.ponder = move
    case.services.hook_courier.deliver()
    (_, (headers, body)) = listener.calls

    assert ["/hook", "/hook/new"] == listener.paths
    assert "test" == read_event(made[0], headers, body, now=case.post.clock.now()).kind


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


@pytest.mark.parametrize("change", ["may not know", "not to be told"])
def test_what_happened_before_is_not_told_either(case: Case, listener: Listener, change: str):
    """ATK-43: what waits to be told is measured by what holds when it is told; a test may always be made."""
    case.send()
    case.post.deliver()
    made = case.services.hook_watch.look()
    case.services.hooks.try_out(case.endpoint.id)
    if change == "may not know":
        with case.services.database.write() as session:
            session.execute(update(EndpointRow).values(options=["client-credentials"]))
    else:
        case.services.hooks.save(Author("anna"), case.endpoint.id, listener.address, [HookKind.STOPPED])
    case.services.hook_courier.deliver()

    assert 1 == made
    assert ["test"] == [event.kind for event in case.told(listener)]
    assert 0 == case.services.hooks.backlog(case.endpoint.id).waiting


def test_two_processes_that_look_at_once_tell_once(case: Case, clock: ManualClock):
    """The second one looks just before the first one writes: texts, ends of consents, answers to offers."""
    make_offer(case)
    case.send()
    case.post.deliver()
    case.post.text("Y", to=OFFERS, service="offers")
    case.services.offer_settling.work()
    case.post.text("STOP", to=OFFERS, service="offers")
    clock.advance(SETTLED)
    services, others = case.services, list[int]()
    leave = HookLeave(services.endpoints, SCOPES)
    slow = cast("Database", Interrupted(services.database, lambda: others.append(services.hook_watch.look())))
    own = HookWatch(slow, services.clock, services.hooks, leave).look()

    assert 4 == sum(others) + own
    assert max(others) > 0


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
