"""A right password that has to be changed: refused, changed on the spot, or let pass, as the event says."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from authsms.foundation.db import Database
from authsms.foundation.errors import TooManyRequestsError
from authsms.identity.repository import OVERDUE, PasswordChange, PasswordVerdict
from authsms.logon.catalog import Chain, Wanted
from authsms.logon.guesses import GUESSES_AT_ONE
from authsms.logon.machine import MessageKey, Prompt, Status
from authsms.logon.overdue import OverdueRule
from authsms.logon.steps import Client, Step
from tests.fakes import ManualClock
from tests.integration.logon.house import ALICE, HERE, PASSWORD, CountingVault, House

ASKS = Client(address=HERE.address, takes_new_password=True)
NEW = "better horse, new battery"


@pytest.fixture
def house(sqlite_database_url: str, counting_vault: CountingVault, clock: ManualClock) -> Iterator[House]:
    """The engine on SQLite: what is stored here is stored elsewhere, too."""
    database = Database(sqlite_database_url)
    yield House(database, counting_vault, clock)
    database.dispose()


def rule(house: House, wanted: OverdueRule, verdict: PasswordVerdict = PasswordVerdict.MUST_CHANGE) -> None:
    """Let the directory want alice's password changed, and the event do about it what is wanted."""
    house.people.verdicts["alice"] = verdict
    house.catalog.save_all([], [Wanted("web", "Web login", ("directory-sms",), overdue=wanted)])


def change(house: House, step, old: str = PASSWORD, new: str = NEW, again: str | None = None):
    response = {"password": old, "new_password": new, "repeated": new if again is None else again}
    return house.logon.answer(step.ticket, response, ASKS)


def reasons(house: House) -> list[object]:
    return [one.entry.details.get("reason") for one in reversed(house.audit.search(limit=50))]


@pytest.mark.parametrize("verdict", sorted(OVERDUE))
def test_it_is_refused_like_a_wrong_one_unless_somebody_says_otherwise(house: House, verdict):
    """ATK-17: the same words, and the same wait; the truth is in the trail only."""
    house.people.verdicts["alice"] = verdict
    overdue = house.logon.begin("web", "alice", ASKS, response={"password": PASSWORD})
    wrong = house.logon.begin("web", "alice", ASKS, response={"password": "wrong"})

    assert (Status.MORE_DATA, MessageKey.WRONG_PASSWORD) == (overdue.status, overdue.message_key)
    assert (wrong.message_key, wrong.asks) == (overdue.message_key, overdue.asks)
    assert house.pauses[0] == house.pauses[1] > 0
    assert verdict.value in reasons(house)
    assert not house.sent


def demanded(house: House) -> Step:
    """Sign in with an overdue password as far as the question for a new one."""
    coded = house.logon.begin("web", "alice", ASKS, response={"password": PASSWORD})
    return house.logon.answer(coded.ticket, {"code": house.code()}, ASKS)


def test_it_is_changed_once_every_factor_is_proven(house: House):
    """A stolen password is not enough to make it another one. The person is told; no password is kept."""
    rule(house, OverdueRule.ASK)
    coded = house.logon.begin("web", "alice", ASKS, response={"password": PASSWORD})
    thief = change(house, coded)
    untouched = "change_password" not in house.people.calls
    asked = house.logon.answer(coded.ticket, {"code": house.code()}, ASKS)
    seen = house.logon.view(asked.ticket, ASKS)
    begun = house.sessions.list(ALICE.key)
    done = change(house, asked)

    assert (Status.NEXT, MessageKey.CODE_SENT) == (coded.status, coded.message_key)
    assert thief.message_key is MessageKey.CODE_MALFORMED
    assert untouched
    assert (Status.NEXT, MessageKey.PASSWORD_OVERDUE) == (asked.status, asked.message_key)
    assert asked.asks is not None
    assert ("LDAP_PASSWORD:1", Prompt.NEW_PASSWORD) == (asked.asks.method, asked.asks.prompt)
    assert ((), asked.asks) == (seen.chains, seen.asks)
    assert not begun
    assert not asked.grace
    assert (Status.OK, MessageKey.FINISHED) == (done.status, done.message_key)
    assert ("LDAP_PASSWORD:1", "SMS_OTP:1") == done.completed
    assert "The password of your account was changed." in house.sent[-1].text
    assert {"password.overdue", "password.changed", "logon.finished"} <= set(house.tags())
    assert PASSWORD not in house.dump()
    assert NEW not in house.dump()


def test_where_the_password_is_all_it_is_changed_right_after_it(house: House):
    house.people.verdicts["alice"] = PasswordVerdict.MUST_CHANGE
    alone = Chain("alone", "Password", ("LDAP_PASSWORD:1",))
    house.catalog.save_all([alone], [Wanted("web", "Web login", ("alone",), overdue=OverdueRule.ASK)])
    asked = house.logon.begin("web", "alice", ASKS, response={"password": PASSWORD})

    assert MessageKey.PASSWORD_OVERDUE is asked.message_key
    assert not house.sessions.list(ALICE.key)
    assert Status.OK is change(house, asked).status


def test_sessions_that_began_with_the_old_password_end(house: House):
    """A thief is out; the sign-in at hand begins one of its own."""
    house.log_in()
    old = house.sessions.list(ALICE.key)
    rule(house, OverdueRule.ASK)
    house.wait(120)
    done = change(house, demanded(house))
    left = house.sessions.list(ALICE.key)

    assert done.session_token is not None
    assert (1, 1) == (len(old), len(left))
    assert left[0].id != old[0].id


def test_a_change_is_not_on_record_while_those_sessions_go_on(house: House):
    """A database that fails leaves no half: either the record, the text and the end of the sessions, or none of it."""
    house.log_in()
    rule(house, OverdueRule.ASK)
    house.wait(120)
    asked = demanded(house)
    with house.database.write() as session:
        failure = "SELECT RAISE(ABORT, 'disk full')"
        session.execute(text(f"CREATE TRIGGER no_end BEFORE UPDATE ON login_session BEGIN {failure}; END"))
    with pytest.raises(IntegrityError):
        change(house, asked)

    assert 1 == len(house.sessions.list(ALICE.key))
    assert "password.changed" not in house.tags()


def test_nothing_makes_that_way_shorter(house: House):
    """An earlier sign-in in the same browser does not stand for the code, whether it is offered or chosen."""
    page = replace(ASKS, has_page=True)
    short = Chain("short", "Password", ("LDAP_PASSWORD:1",), required="directory-sms", grace_minutes=30)
    both = ("directory-sms", "short")
    house.catalog.save_all([short], [Wanted("web", "Web login", both, overdue=OverdueRule.ASK)])
    coded = house.logon.begin("web", "alice", page, response={"password": PASSWORD})
    page = replace(page, grace=house.logon.answer(coded.ticket, {"code": house.code()}, page).grace)
    house.wait(120)
    usual = house.logon.begin("web", "alice", page, response={"password": PASSWORD})
    house.people.verdicts["alice"] = PasswordVerdict.MUST_CHANGE
    overdue = house.logon.begin("web", "alice", page, response={"password": PASSWORD})
    begun = house.logon.begin("web", "alice", page)
    chosen = house.logon.choose(begun.ticket, "short", page)
    refused = house.logon.answer(chosen.ticket, {"password": PASSWORD}, page)

    assert Status.OK is usual.status
    assert (MessageKey.CODE_SENT, ()) == (overdue.message_key, overdue.chains)
    assert (Status.FAILED, MessageKey.PASSWORD_ELSEWHERE) == (refused.status, refused.message_key)


def test_a_new_password_that_is_no_good_is_asked_for_again(house: House):
    """What is wrong with it is said, and the directory is not asked when that can be told without it."""
    rule(house, OverdueRule.ASK)
    house.people.changes = {"short": PasswordChange.TOO_SHORT, "old one": PasswordChange.USED_BEFORE}
    step = demanded(house)
    told = [
        change(house, step, again="another").message_key,
        change(house, step, new=PASSWORD).message_key,
        change(house, step, new="").message_key,
    ]
    asked = house.people.calls.count("change_password")
    told += [change(house, step, new=new).message_key for new in ("short", "old one")]
    told.append(change(house, step, old="wrong").message_key)
    done = change(house, step)

    assert [
        *(MessageKey.PASSWORD_NOT_REPEATED, MessageKey.PASSWORD_USED_BEFORE, MessageKey.PASSWORD_OVERDUE),
        *(MessageKey.PASSWORD_TOO_SHORT, MessageKey.PASSWORD_USED_BEFORE, MessageKey.PASSWORD_OLD_WRONG),
    ] == told
    assert 0 == asked
    assert Status.OK is done.status
    assert 2 == house.tags().count("password.refused") - 1
    assert 1 == house.tags().count("logon.suspicious")


def test_whoever_knows_the_old_password_may_try_new_ones(house: House):
    """Only a wrong old one is a guess."""
    rule(house, OverdueRule.ASK)
    house.people.changes = {"short": PasswordChange.TOO_SHORT}
    step = demanded(house)
    for _ in range(GUESSES_AT_ONE.count + 1):
        change(house, step, new="short")

    assert Status.OK is change(house, step).status


def test_whoever_tries_on_is_stopped_by_the_limit_of_guesses(house: House):
    rule(house, OverdueRule.ASK)
    step = demanded(house)
    for _ in range(GUESSES_AT_ONE.count):
        change(house, step, old="wrong")
    with pytest.raises(TooManyRequestsError):
        change(house, step)

    assert GUESSES_AT_ONE.count == house.people.calls.count("change_password")
    assert "logon.limited" in house.tags()


@pytest.mark.parametrize(("client", "takes_changes"), [(HERE, True), (ASKS, False)], ids=["door", "directory"])
def test_where_it_cannot_be_asked_for_the_person_is_told_where_to_turn(house: House, client, takes_changes):
    """Only who has typed the right password reads it, and the login is over."""
    rule(house, OverdueRule.ASK)
    house.people.takes_changes = takes_changes
    step = house.logon.begin("web", "alice", client, response={"password": PASSWORD})
    wrong = house.logon.begin("web", "alice", client, response={"password": "wrong"})

    assert (Status.FAILED, MessageKey.PASSWORD_ELSEWHERE) == (step.status, step.message_key)
    assert MessageKey.WRONG_PASSWORD is wrong.message_key
    assert not house.sent


@pytest.mark.parametrize("stage", ["code", "change"])
def test_a_rule_that_was_changed_holds_at_once(house: House, stage):
    rule(house, OverdueRule.ASK)
    coded = house.logon.begin("web", "alice", ASKS, response={"password": PASSWORD})
    if stage == "code":
        rule(house, OverdueRule.DENY)
    asked = house.logon.answer(coded.ticket, {"code": house.code()}, ASKS)
    if stage == "change":
        rule(house, OverdueRule.DENY)
        asked = change(house, asked)

    assert (Status.FAILED, MessageKey.PASSWORD_ELSEWHERE) == (asked.status, asked.message_key)
    assert "change_password" not in house.people.calls
    assert not house.sessions.list(ALICE.key)


def test_it_is_let_pass_with_a_reminder_and_a_record(house: House):
    """The reminder comes at the end, whichever chain is taken on the way."""
    rule(house, OverdueRule.ALLOW)
    step = house.logon.begin("web", "alice", HERE, response={"password": PASSWORD})
    done = house.logon.answer(step.ticket, {"code": house.code()}, HERE)

    assert (Status.OK, MessageKey.FINISHED_OVERDUE) == (done.status, done.message_key)
    assert "password.overdue" in house.tags()


@pytest.mark.parametrize("wanted", [OverdueRule.ASK, OverdueRule.ALLOW])
def test_whoever_is_blocked_stays_out(house: House, wanted):
    """Blocked before, or while the page is open."""
    rule(house, wanted)
    begun = demanded(house)
    with house.database.write() as session:
        house.blocks.add(session, ALICE.key, "alice", reason="left", by="root")
    late = change(house, begun) if begun.status is Status.NEXT else begun
    step = house.logon.begin("web", "alice", ASKS, response={"password": PASSWORD})

    assert MessageKey.WRONG_PASSWORD is step.message_key
    assert (Status.OK if wanted is OverdueRule.ALLOW else Status.MORE_DATA) is late.status
    assert "password.changed" not in house.tags()
    assert "blocked" in reasons(house)
