"""A login from the first page to the session, and every way in which it must not go."""

from datetime import timedelta

import pytest

from authsms.foundation.errors import DirectoryUnavailableError, InvalidInputError, NotFoundError
from authsms.logon.catalog import Chain
from authsms.logon.machine import MOST_FAILURES, MessageKey, Status
from authsms.logon.steps import Client, Ticket
from tests.integration.logon.house import ALICE, HERE, PASSWORD, House


def test_password_and_code_yield_a_session(house):
    """The main job."""
    first = house.begin()
    second = house.logon.answer(first.ticket, {"password": PASSWORD}, HERE)
    third = house.logon.answer(second.ticket, {"code": house.code()}, HERE)

    assert Status.MORE_DATA is first.status
    assert (Status.NEXT, MessageKey.CODE_SENT, "•••••••42") == (second.status, second.message_key, second.asks.masked)
    assert Status.OK is third.status
    session = house.sessions.find(third.session_token)
    assert ("corp:id-alice", ("pwd", "otp", "sms"), "web") == (session.person_key, session.methods, session.event)


def test_user_name_and_password_may_come_in_one_call(house):
    """A page with both fields saves a step."""
    step = house.logon.begin("web", "alice", HERE, response={"password": PASSWORD})

    assert (Status.NEXT, ("LDAP_PASSWORD:1",)) == (step.status, step.completed)
    assert Status.OK is house.logon.answer(step.ticket, {"code": house.code()}, HERE).status


def test_a_wrong_password_in_the_first_call_leaves_the_process(house):
    """The person tries again on the next page."""
    step = house.logon.begin("web", "alice", HERE, response={"password": "no"})
    again = house.logon.answer(step.ticket, {"password": PASSWORD}, HERE)

    assert (Status.MORE_DATA, MessageKey.WRONG_PASSWORD) == (step.status, step.message_key)
    assert Status.NEXT is again.status


def test_the_text_carries_the_code_and_is_bound_to_our_origin(house):
    """M-06: nothing is sent before the password has passed."""
    step = house.begin()
    before = len(house.outbox.drafts)
    house.logon.answer(step.ticket, {"password": PASSWORD}, HERE)
    draft = house.sent[0]

    assert 0 == before
    assert f"Your one-time password is: {house.code()}\n@login.example.com #{house.code()}" == draft.text
    assert (ALICE.phone, step.process_id, "alice") == (draft.recipient, draft.process_id, draft.login)


def test_a_door_with_one_field_is_understood(house):
    """Programs call every answer ``answer``."""
    step = house.logon.answer(house.begin().ticket, {"answer": PASSWORD}, HERE)

    assert Status.OK is house.logon.answer(step.ticket, {"answer": house.code()}, HERE).status


def test_the_secret_changes_with_every_method_that_passes(house):
    """ATK-23: what somebody planted before is worthless afterwards."""
    first = house.begin()
    second = house.logon.answer(first.ticket, {"password": PASSWORD}, HERE)
    third = house.logon.answer(second.ticket, {"code": house.code()}, HERE)

    assert 3 == len({first.secret, second.secret, third.session_token})
    assert "" == third.secret
    with pytest.raises(NotFoundError):
        house.logon.view(first.ticket)


@pytest.mark.parametrize(
    "misuse",
    [
        lambda _house, step: Ticket(step.process_id, "x" * 43),
        lambda _house, step: Ticket("0" * 32, step.secret),
        lambda house, step: Ticket(step.process_id, house.begin().secret),
        lambda house, step: Ticket(house.begin().process_id, step.secret),
        lambda house, step: house.logon.cancel(step.ticket) or step.ticket,
        lambda house, step: house.wait(600) or step.ticket,
        lambda house, step: house.logon.answer(step.ticket, {"code": house.code()}, HERE) and step.ticket,
    ],
    ids=["foreign secret", "unknown", "other's secret", "other's process", "cancelled", "expired", "finished"],
)
@pytest.mark.parametrize("call", ["answer", "resend", "choose", "cancel", "view", "delivery_status"])
def test_a_process_that_is_not_open_here_answers_in_the_same_words(house, misuse, call):
    """ATK-08: none of these tells which it is."""
    ticket = misuse(house, house.at_code())
    calls = {
        "answer": lambda: house.logon.answer(ticket, {"code": "123456"}, HERE),
        "resend": lambda: house.logon.resend(ticket, HERE),
        "choose": lambda: house.logon.choose(ticket, "local-sms", HERE),
        "cancel": lambda: house.logon.cancel(ticket),
        "view": lambda: house.logon.view(ticket),
        "delivery_status": lambda: house.logon.delivery_status(ticket),
    }

    with pytest.raises(NotFoundError, match=r"^This login is over\. Please start again\.$"):
        calls[call]()


def test_a_code_before_the_password_is_a_wrong_password(house):
    """ATK-08: the present method takes the answer, whatever it was meant for."""
    other = house.at_code()
    step = house.logon.answer(house.begin().ticket, {"code": house.code()}, HERE)

    assert (MessageKey.WRONG_PASSWORD, ()) == (step.message_key, step.completed)
    assert house.logon.view(other.ticket).asks is not None


@pytest.mark.parametrize("response", [{}, {"password": ""}, {"answer": ""}, {"code": ""}])
def test_an_empty_answer_passes_nothing(house, response):
    """ATK-08: neither method is satisfied with nothing."""
    first = house.logon.answer(house.begin().ticket, response, HERE)
    second = house.logon.answer(house.at_code().ticket, response, HERE)

    assert MessageKey.WRONG_PASSWORD is first.message_key
    assert MessageKey.CODE_MALFORMED is second.message_key


def test_the_code_of_another_process_does_not_fit(house):
    """A-08: also of the same person."""
    house.at_code()
    code = house.code()
    house.wait(60)
    step = house.at_code()

    assert MessageKey.CODE_REFUSED is house.logon.answer(step.ticket, {"code": code}, HERE).message_key


def test_five_wrong_codes_kill_the_code_with_the_same_words(house):
    """ATK-01: the right one afterwards looks like one more wrong one; a new code works after the hold."""
    house = House(house.database, house.vault, house.clock, otp=house.otp.model_copy(update={"hold_after": 20}))
    step = house.at_code()
    wrong = [house.logon.answer(step.ticket, {"code": house.wrong_code()}, HERE) for _ in range(5)]
    right = house.logon.answer(step.ticket, {"code": house.code()}, HERE)
    house.wait(31)
    fresh = house.logon.resend(step.ticket, HERE)

    assert {MessageKey.CODE_REFUSED} == {one.message_key for one in [*wrong, right]}
    assert {step.asks} == {one.asks for one in [*wrong, right]}
    assert MessageKey.CODE_SENT is fresh.message_key
    assert Status.OK is house.logon.answer(step.ticket, {"code": house.code()}, HERE).status


def test_after_too_many_wrong_codes_the_person_is_told_how_long_to_wait(house):
    """The hold spans processes, and is told because the password was right."""
    step = house.at_code()
    for _ in range(5):
        last = house.logon.answer(step.ticket, {"code": house.wrong_code()}, HERE)
    house.wait(10)
    other = house.at_code()
    held = house.logon.answer(other.ticket, {"code": house.code()}, HERE)

    until = house.clock.now() + timedelta(seconds=20)
    assert until == last.asks.hold_until == other.asks.hold_until == held.asks.hold_until
    assert (MessageKey.CODE_HELD, MessageKey.CODE_HELD) == (other.message_key, held.message_key)
    assert until == house.logon.view(other.ticket).asks.hold_until


def test_a_disabled_method_is_told_to_somebody_who_knows_the_password(house):
    """N-05: with the way to the help desk, and without a text."""
    key = ALICE.key
    with house.database.write() as session:
        for _ in range(house.otp.failure_cap):
            house.wait(3601)
            house.challenges.failures.add(session, key, "SMS_OTP:1")
    step = house.at_code()
    answer = house.logon.answer(step.ticket, {"code": house.code()}, HERE)

    assert MessageKey.METHOD_DISABLED is step.message_key is answer.message_key
    assert [] == house.sent
    assert "method-unusable" == house.logon.delivery_status(step.ticket).detail


def test_a_process_ends_after_many_wrong_answers(house):
    """However patient the guesser is."""
    ticket = house.begin().ticket
    for _ in range(MOST_FAILURES - 1):
        house.wait(1)
        step = house.logon.answer(ticket, {"password": "no"}, Client(address=f"192.0.2.{_}"))
    last = house.logon.answer(ticket, {"password": "no"}, HERE)

    assert Status.MORE_DATA is step.status
    assert (Status.FAILED, MessageKey.FAILED, None, "") == (last.status, last.message_key, last.asks, last.secret)
    with pytest.raises(NotFoundError):
        house.logon.answer(ticket, {"password": PASSWORD}, HERE)


def test_the_directory_away_decides_nothing(house):
    """F-17: the person tries again on the same page."""
    ticket = house.begin().ticket
    house.people.away = True
    with pytest.raises(DirectoryUnavailableError):
        house.logon.answer(ticket, {"password": PASSWORD}, HERE)
    house.people.away = False

    assert Status.NEXT is house.logon.answer(ticket, {"password": PASSWORD}, HERE).status


def test_a_login_finishes_while_the_directory_is_away(house):
    """F-17: codes that are out already work, and can be looked at."""
    step = house.at_code()
    house.people.away = True

    assert MessageKey.CODE_SENT is house.logon.view(step.ticket).message_key
    assert Status.OK is house.logon.answer(step.ticket, {"code": house.code()}, HERE).status


def test_viewing_changes_nothing(house):
    """A page may be loaded as often as it likes."""
    step = house.at_code()
    views = [house.logon.view(step.ticket) for _ in range(3)]

    assert {(step.asks, step.secret)} == {(view.asks, view.secret) for view in views}


def test_cancelling_ends_the_process(house):
    """And is recorded."""
    house.logon.cancel(house.at_code().ticket)

    assert "logon.cancelled" == house.tags()[-1]


@pytest.mark.parametrize("typed", ["", "   ", "\0", "a" * 300, "al\u200bice"])
def test_what_cannot_be_a_user_name_is_refused_for_everybody(house, typed):
    """ATK-07: before anybody is asked."""
    with pytest.raises(InvalidInputError):
        house.begin(typed)

    assert [] == house.people.calls


def test_an_unknown_event_is_refused(house):
    """There is no default to fall back to."""
    with pytest.raises(NotFoundError):
        house.begin(event="nothing")


def test_a_continuation_leads_back_to_its_door(house):
    """The endpoint gets the person back, and its name goes into page and text."""
    endpoint, _ = house.endpoints.create("Wiki", event="web", redirect_uris=("https://wiki.example/cb",))
    continuation = house.continuations.open(endpoint.id, "web", "/oauth2/resume/{id}", {"state": "s"}, "alice")
    entrance = house.logon.entrance("web", continuation_id=continuation)
    step = house.logon.begin("web", "alice", HERE, continuation_id=continuation)
    step = house.logon.answer(step.ticket, {"password": PASSWORD}, HERE)
    step = house.logon.answer(step.ticket, {"code": house.code()}, HERE)

    assert ("Wiki", "alice", "Web login") == (entrance.endpoint, entrance.login_hint, entrance.title)
    assert f"/oauth2/resume/{continuation}" == step.return_to
    assert {"s"} == {house.continuations.finish(continuation).payload["state"]}


def test_a_continuation_of_another_event_is_refused(house):
    """Else the weaker event's chain would open the stronger one's door."""
    house.catalog.save_event("vault", "Vault", ["directory-sms"])
    endpoint, _ = house.endpoints.create("Wiki", event="web")
    continuation = house.continuations.open(endpoint.id, "web", "/x/{id}", {})

    with pytest.raises(NotFoundError):
        house.logon.begin("vault", "alice", HERE, continuation_id=continuation)


def test_an_event_may_be_for_certain_endpoints_only(house):
    """Direct visits are refused as well."""
    wiki, _ = house.endpoints.create("Wiki", event="web")
    other, _ = house.endpoints.create("Other", event="web")
    house.catalog.save_event("web", "Web login", ["directory-sms"], endpoints=[wiki.id])
    allowed = house.continuations.open(wiki.id, "web", "/x/{id}", {})
    refused = house.continuations.open(other.id, "web", "/x/{id}", {})

    assert "Wiki" == house.logon.entrance("web", continuation_id=allowed).endpoint
    for continuation in (None, refused):
        with pytest.raises(NotFoundError):
            house.logon.entrance("web", continuation_id=continuation)


def test_local_people_take_the_chain_of_the_local_password(house):
    """One event, two kinds of repositories; the typed name alone decides."""
    assert "LDAP_PASSWORD:1" == house.begin("alice").asks.method
    assert "PASSWORD:1" == house.begin("LOCAL\\root").asks.method
    assert "LDAP_PASSWORD:1" == house.begin("nowhere\\nobody").asks.method


def test_a_chain_for_a_group_is_taken_by_its_members_only(house):
    """Case of the group's name does not matter; nobody else is offered it."""
    house.catalog.save_chain(Chain("staff", "Staff only", ("SMS_OTP:1",), frozenset({"staff"})))
    house.catalog.save_event("web", "Web login", ["staff", "directory-sms"])

    assert "SMS_OTP:1" == house.begin("alice").asks.method
    assert "LDAP_PASSWORD:1" == house.begin("nina").asks.method
    assert () == house.begin("nina").chains


def test_somebody_without_any_chain_looks_like_everybody_and_never_gets_in(house):
    """The right password is a wrong one."""
    house.catalog.save_chain(Chain("admins", "Admins", ("LDAP_PASSWORD:1",), frozenset({"admins"})))
    house.catalog.save_event("web", "Web login", ["admins"])
    step = house.logon.answer(house.begin().ticket, {"password": PASSWORD}, HERE)

    assert (MessageKey.WRONG_PASSWORD, None) == (step.message_key, step.session_token)


def test_another_way_keeps_the_password(house):
    """Chains are offered that ask for something else; the password is not asked again."""
    house.catalog.save_chain(Chain("short", "Password only", ("LDAP_PASSWORD:1",)))
    house.catalog.save_chain(Chain("staff", "Code again", ("SMS_OTP:1", "LDAP_PASSWORD:1"), frozenset({"Staff"})))
    house.catalog.save_event("web", "Web login", ["directory-sms", "short", "staff", "local-sms"])
    step = house.at_code()
    house.wait(31)
    switched = house.logon.choose(step.ticket, "staff", HERE)
    done = house.logon.answer(switched.ticket, {"code": house.code()}, HERE)

    assert ["staff"] == [choice.name for choice in step.chains]
    assert ["directory-sms"] == [choice.name for choice in switched.chains]
    assert "SMS_OTP:1" == switched.asks.method
    assert "staff" == house.sessions.find(done.session_token).chain


@pytest.mark.parametrize("chain", ["short", "local-sms", "nothing", "directory-sms"])
def test_a_chain_that_is_not_offered_cannot_be_chosen(house, chain):
    """A shorter chain must not skip the code."""
    house.catalog.save_chain(Chain("short", "Password only", ("LDAP_PASSWORD:1",)))
    house.catalog.save_event("web", "Web login", ["directory-sms", "short", "local-sms"])
    step = house.at_code()

    with pytest.raises(NotFoundError):
        house.logon.choose(step.ticket, chain, HERE)


def test_the_trail_tells_the_whole_story(house):
    """Administrators answer "what happened?" from it."""
    step = house.at_code()
    house.logon.answer(step.ticket, {"code": house.wrong_code()}, HERE)
    house.logon.answer(step.ticket, {"code": house.code()}, HERE)

    assert [
        "logon.started",
        "logon.method-passed",
        "challenge.issued",
        "logon.suspicious",
        "logon.finished",
    ] == house.tags()
    views = house.audit.search()
    assert {step.process_id} == {view.entry.process_id for view in views}
    assert "corp:id-alice" == views[0].entry.person_key
    assert {"chain": "directory-sms", "methods": "LDAP_PASSWORD:1 SMS_OTP:1"} == views[0].entry.details


def test_no_secret_reaches_the_trail_or_the_tables_in_clear(house):
    """Planted: password and code; searched for in every column of every table."""
    step = house.at_code()
    code = house.code()
    house.logon.answer(step.ticket, {"code": house.wrong_code()}, HERE)
    done = house.logon.answer(step.ticket, {"code": code}, HERE)

    dump = house.dump()
    for secret in (PASSWORD, step.secret, done.session_token, ALICE.phone):
        assert secret not in dump
    assert f"is: {code}" not in dump


def test_old_processes_are_purged(house):
    """ATK-52."""
    house.begin()
    house.wait(600 + 86_400 + 1)
    house.begin()

    assert 1 == house.logon.purge()
