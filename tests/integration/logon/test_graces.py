"""A strong sign-in unlocks a shorter chain: for whom, where, how long, and what ends it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from authsms.audit import AuditEntry, AuditTag
from authsms.foundation.errors import NotFoundError
from authsms.identity.repository import Person
from authsms.logon.catalog import Chain
from authsms.logon.continuations import STRICT
from authsms.logon.graces import ENDED_BY
from authsms.logon.kinds import EndpointKind
from authsms.logon.machine import Status
from authsms.logon.steps import Client
from tests.integration.logon.house import ALICE, PASSWORD

MINUTES = 30
SHORT = Chain("short", "Password", ("LDAP_PASSWORD:1",), required="directory-sms", grace_minutes=MINUTES)
BROWSER = Client(address="192.0.2.7", user_agent="Test browser", has_page=True)
DEVICE = Client(
    address="192.0.2.7", is_address_told=True, user_agent="RADIUS vpn", endpoint="vpn", endpoint_id="radius:1"
)
BEN = Person(repository="corp", id="id-ben", login="ben", display_name="Ben", phones=ALICE.phones)


@pytest.fixture
def short(house):
    """A house where a password is enough for half an hour after a code."""
    house.catalog.save_all([SHORT], [])
    for event in ("web", "vpn"):
        house.catalog.save_event(event, event, ["directory-sms", "local-sms", "directory-totp", "short"])
    house.people.people["ben"] = BEN
    return house


def by_password(house, client, login="alice", event="web", **options):
    return house.logon.begin(event, login, client, response={"password": PASSWORD}, **options)


def whole(house, client, login="alice", event="web"):
    """Walk the strong chain; return the browser as it is then, and begin to count the minutes a second later."""
    house.wait(120)
    step = by_password(house, client, login, event)
    finished = house.logon.answer(step.ticket, {"code": house.code()}, client)
    assert finished.status is Status.OK
    house.wait(1)
    return replace(client, grace=finished.grace)


def test_the_password_is_enough_for_exactly_so_many_minutes(short):
    """Counted from the end of the strong sign-in; what it unlocks does not prolong it."""
    browser = whole(short, BROWSER)
    short.wait(MINUTES * 60 - 2)
    last = by_password(short, browser)
    short.wait(1)
    late = by_password(short, browser)

    assert (last.status, late.status) == (Status.OK, Status.NEXT)
    assert not last.grace


def test_only_what_was_done_now_is_told(short):
    """The session says one factor, and the audit trail what unlocked it."""
    browser = whole(short, BROWSER)
    step = by_password(short, browser)
    session = short.sessions.find(step.session_token)
    record = next(one for one in short.audit.search() if one.entry.tag is AuditTag.LOGON_FINISHED)

    assert (session.methods, session.chain) == (("pwd",), "short")
    assert session.authenticated_at == short.clock.now()
    assert record.entry.details["unlocked_by"] == "directory-sms"
    assert record.entry.details["methods"] == "LDAP_PASSWORD:1"


def test_a_wrong_password_stays_wrong_and_is_counted(short):
    """A grace replaces the second factor, never the first, and the process stays on its whole chain."""
    browser = whole(short, BROWSER)
    step = short.logon.begin("web", "alice", browser, response={"password": "guess"})
    after = short.logon.answer(step.ticket, {"password": PASSWORD}, BROWSER)

    assert (step.status, after.status) == (Status.MORE_DATA, Status.NEXT)
    assert "logon.method-failed" in short.tags()


@pytest.mark.parametrize(
    ("login", "event", "thief"),
    [
        ("ben", "web", {}),
        ("alice", "vpn", {}),
        ("alice", "web", {"grace": ""}),
        ("alice", "web", {"grace": "x" * 43}),
        ("alice", "web", {"is_strict": True}),
        ("alice", "web", {"has_page": False}),
        ("alice", "web", {"has_page": False, "endpoint_id": "radius:1"}),
    ],
    ids=["person", "event", "browser", "guess", "demand", "program", "device"],
)
def test_nobody_else_and_nothing_else_is_unlocked(short, login, event, thief):
    """Neither for another person, nor at another event, nor in another place, nor where two factors are demanded."""
    browser = whole(short, BROWSER)

    assert by_password(short, replace(browser, **thief), login, event).status is Status.NEXT
    assert by_password(short, browser).status is Status.OK


def test_a_device_is_the_place_with_the_address_it_tells(short):
    """A VPN that connects again asks for the password alone; another device or address asks for all."""
    whole(short, DEVICE)

    assert by_password(short, DEVICE).status is Status.OK
    assert by_password(short, replace(DEVICE, endpoint_id="radius:2")).status is Status.NEXT
    assert by_password(short, replace(DEVICE, address="203.0.113.9")).status is Status.NEXT
    assert by_password(short, replace(DEVICE, is_address_told=False)).status is Status.NEXT
    assert by_password(short, DEVICE, "ben").status is Status.NEXT
    assert by_password(short, DEVICE, chain="sms").status is Status.NEXT


def test_a_device_that_tells_no_address_gets_no_grace(short):
    """Its own address would be everybody's; nothing is kept, and what is there is not found."""
    untold = replace(DEVICE, is_address_told=False)
    whole(short, untold)

    assert by_password(short, untold).status is Status.NEXT
    assert by_password(short, DEVICE).status is Status.NEXT
    short.wait(timedelta(days=1).total_seconds())
    assert short.graces.purge() == 0


def test_nobody_sees_beforehand_what_is_unlocked(short):
    """Or a program could ask who has signed in lately."""
    whole(short, DEVICE)
    step = short.logon.begin("web", "alice", DEVICE)
    wrong = short.logon.answer(step.ticket, {"password": "guess"}, DEVICE)

    assert "short" not in {one.name for one in (*step.chains, *wrong.chains)}
    with pytest.raises(NotFoundError):
        short.logon.begin("web", "alice", DEVICE, chain="short")
    with pytest.raises(NotFoundError):
        short.logon.choose(wrong.ticket, "short", DEVICE)


@pytest.mark.parametrize("tag", sorted(ENDED_BY))
def test_whatever_changes_the_factors_ends_it(short, tag):
    """By whichever door it came: each of these is in the audit trail together with the change."""
    browser = whole(short, BROWSER)
    with short.database.write() as session:
        short.audit.record(session, AuditEntry(tag, person_key=ALICE.key))

    assert by_password(short, browser).status is Status.NEXT


def test_signing_out_everywhere_ends_it(short):
    """And so does all that signs somebody out everywhere; other people's graces stay."""
    mine, his = whole(short, BROWSER), whole(short, BROWSER, "ben")
    short.sessions.end_all(ALICE.key)

    assert by_password(short, mine).status is Status.NEXT
    assert by_password(short, his, "ben").status is Status.OK


def test_blocking_ends_it_before_the_password_is_looked_at(short):
    """And it does not come back with the person."""
    browser = whole(short, BROWSER)
    with short.database.write() as session:
        short.blocks.add(session, ALICE.key, "alice", reason="lost", by="admin")
    blocked = by_password(short, browser)
    with short.database.write() as session:
        short.blocks.remove(session, ALICE.key)
        short.audit.record(session, AuditEntry(AuditTag.PERSON_UNBLOCKED, person_key=ALICE.key))

    assert blocked.status is Status.MORE_DATA
    assert by_password(short, browser).status is Status.NEXT


def test_what_an_administrator_changes_counts_at_once(short):
    """A shorter time, and a stronger chain that asks for more than it did."""
    browser = whole(short, BROWSER)
    short.wait(60)
    short.catalog.save_chain(replace(SHORT, grace_minutes=1))
    shorter = by_password(short, browser)
    short.catalog.save_chain(SHORT)
    more = ("LDAP_PASSWORD:1", "SMS_OTP:1", "TOTP:1")
    short.catalog.save_chain(Chain("directory-sms", "More", more))

    assert shorter.status is Status.NEXT
    assert by_password(short, browser).status is Status.NEXT


def test_a_chosen_chain_is_looked_at_once_more_when_it_is_finished(short):
    """It was open when it was chosen, and is over when the answer comes."""
    texts = replace(SHORT, name="texts", title="Code", methods=("SMS_OTP:1",))
    short.catalog.save_chain(texts)
    short.catalog.save_event("web", "web", ["directory-sms", "texts"])
    browser = whole(short, BROWSER)
    step = short.logon.begin("web", "alice", browser, response={"password": "guess"})
    short.wait(120)
    offered = {one.name for one in short.logon.view(step.ticket, browser).chains}
    chosen = short.logon.choose(step.ticket, "texts", browser)
    short.wait(60)
    with short.database.write() as session:
        short.audit.record(session, AuditEntry(AuditTag.METHOD_UNLOCKED, person_key=ALICE.key))

    assert offered == {"texts"}
    with pytest.raises(NotFoundError):
        short.logon.answer(chosen.ticket, {"code": short.code()}, browser)


def test_an_endpoint_that_demands_two_factors_gets_two(short):
    """Whatever is unlocked."""
    browser = whole(short, BROWSER)
    endpoint, _ = short.endpoints.create("app", event="web", kind=EndpointKind.REST)
    strict = short.continuations.open(endpoint.id, "web", "/resume/{id}", {STRICT: True})
    usual = short.continuations.open(endpoint.id, "web", "/resume/{id}", {STRICT: False})
    step = by_password(short, browser, continuation_id=strict)

    assert step.status is Status.NEXT
    assert "short" not in {one.name for one in step.chains}
    assert by_password(short, browser, continuation_id=usual).status is Status.OK


def test_a_planted_secret_is_worth_nothing(short):
    """Each strong sign-in draws a new one, and the one that was shown is over."""
    first = whole(short, BROWSER)
    second = whole(short, replace(BROWSER, grace=first.grace, is_strict=True))

    assert second.grace != first.grace
    assert by_password(short, first).status is Status.NEXT
    assert second.grace not in short.dump()


def test_old_ones_are_deleted_in_the_end(short):
    """Half a day after the last minute."""
    whole(short, BROWSER)
    kept = short.graces.purge()
    short.wait(timedelta(minutes=MINUTES + 720).total_seconds())

    assert (kept, short.graces.purge()) == (0, 1)
