"""Whether people choose among the chains of an event: they may, or they are asked."""

import pytest
from sqlalchemy import select

from authsms.audit import AuditTag
from authsms.foundation.errors import NotFoundError
from authsms.logon.machine import MessageKey, Prompt, Status
from authsms.logon.selection import Selection
from authsms.logon.steps import Ticket
from authsms.otp.models import ChallengeRow
from tests.integration.logon.house import ALICE, HERE, PASSWORD, House
from tests.integration.logon.selecting import (
    ASKED,
    BADGE,
    BOSSES,
    ONE_MORE,
    STAFF,
    THREE,
    arrange,
    names,
    passed,
    ready,
    seen,
)

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""What is stored here is stored elsewhere, too."""


def test_an_event_leaves_it_to_people_unless_somebody_says_otherwise(house: House):
    ready(house)
    step = passed(house)

    assert house.catalog.event("web").selection is Selection.OPTIONAL
    assert MessageKey.CODE_SENT is step.message_key
    assert ["directory-emergency"] == names(step)


def test_who_has_several_ways_is_asked_before_a_code_is_sent(house: House):
    ready(house)
    arrange(house, Selection.ON)
    step = passed(house)
    unsent = not house.outbox.drafts
    again = house.logon.resend(step.ticket, ASKED)
    back = house.logon.view(step.ticket, ASKED)
    coded = house.logon.choose(step.ticket, "directory-sms", ASKED)
    done = house.logon.answer(coded.ticket, {"code": house.code()}, ASKED)

    assert step.asks is not None
    assert (Status.NEXT, MessageKey.CHAIN_ASKED, Prompt.CHAIN) == (step.status, step.message_key, step.asks.prompt)
    assert unsent
    assert ["directory-sms", "directory-emergency"] == names(step) == names(again) == names(back)
    assert (MessageKey.CODE_SENT, ["directory-emergency"]) == (coded.message_key, names(coded))
    assert Status.OK is done.status
    assert AuditTag.LOGON_CHAIN_CHOSEN in house.tags()


@pytest.mark.parametrize("typed", ["2", "directory-emergency", " EMERGENCY "], ids=["place", "name", "end"])
def test_the_question_is_answered_by_what_a_device_can_send(house: House, typed: str):
    password = ready(house)
    arrange(house, Selection.ON)
    step = house.logon.answer(passed(house).ticket, {"answer": typed}, ASKED)
    done = house.logon.answer(step.ticket, {"answer": password}, ASKED)

    assert (Status.NEXT, MessageKey.EMERGENCY_ASKED) == (step.status, step.message_key)
    assert Status.OK is done.status


@pytest.mark.parametrize("typed", ["", "0", "3", "local-sms", "123456"])
def test_what_is_none_of_the_ways_is_asked_again_and_proves_nothing(house: House, typed: str):
    ready(house)
    arrange(house, Selection.ON)
    step = passed(house)
    again = house.logon.answer(step.ticket, {"answer": typed}, ASKED)

    assert (MessageKey.CHAIN_UNKNOWN, Status.MORE_DATA) == (again.message_key, again.status)
    assert (step.completed, step.chains, step.secret) == (again.completed, again.chains, again.secret)
    assert not house.sent


def test_who_has_one_way_is_not_asked(house: House):
    arrange(house, Selection.ON)

    assert MessageKey.CODE_SENT is passed(house).message_key


def test_it_is_asked_once_and_where_the_ways_part(house: House):
    """Two chains go on alike after the password; the code is asked for first, and then which it shall be."""
    ready(house)
    with house.database.write() as session:
        house.recovery.make(session, ALICE.key)
    arrange(house, Selection.ON, "sms-emergency", "sms-recovery", new=(THREE, ONE_MORE))
    coded = passed(house)
    asked = house.logon.answer(coded.ticket, {"code": house.code()}, ASKED)
    chosen = house.logon.choose(asked.ticket, "sms-recovery", ASKED)
    arrange(house, Selection.ON, "sms-emergency", "sms-recovery", "directory-emergency")
    house.wait(120)
    parted = passed(house)
    texted = house.logon.choose(parted.ticket, "sms-recovery", ASKED)
    straight = house.logon.answer(texted.ticket, {"code": house.code()}, ASKED)

    assert MessageKey.CODE_SENT is coded.message_key
    assert (MessageKey.CHAIN_ASKED, ["sms-emergency", "sms-recovery"]) == (asked.message_key, names(asked))
    assert MessageKey.RECOVERY_ASKED is chosen.message_key
    assert MessageKey.CHAIN_ASKED is parted.message_key
    assert MessageKey.RECOVERY_ASKED is straight.message_key


def test_who_names_a_chain_is_not_asked_but_naming_a_method_names_none(house: House):
    ready(house)
    arrange(house, Selection.ON)
    named = house.logon.begin("web", "alice", ASKED, response={"password": PASSWORD}, chain="sms")
    method = house.logon.begin("web", "alice", ASKED, response={"password": PASSWORD}, chain="LDAP_PASSWORD:1")

    assert MessageKey.CODE_SENT is named.message_key
    assert MessageKey.CHAIN_ASKED is method.message_key


def test_who_cannot_be_asked_begins_the_first_way(house: House):
    ready(house)
    arrange(house, Selection.ON)

    assert MessageKey.CODE_SENT is passed(house, client=HERE).message_key


@pytest.mark.parametrize("selection", list(Selection))
def test_nobody_is_told_anything_before_the_password_is_right(house: House, selection: Selection):
    """Section 0: a stranger, a wrong password and somebody with more ways look the same, by one refusal's time."""
    ready(house)
    arrange(house, selection, "staff-sms", "directory-sms", "directory-emergency", new=(STAFF,))
    given = {"password": "wrong"}
    steps = [house.logon.begin("web", name, ASKED, response=given) for name in ("alice", "nina", "nobody")]

    assert seen(steps[0]) == seen(steps[1]) == seen(steps[2])
    assert MessageKey.WRONG_PASSWORD is steps[0].message_key
    assert [house.pauses[0]] * 3 == house.pauses


def test_where_ways_begin_apart_everybody_is_asked_before_anything(house: House):
    """The same list for members, others and strangers, and what only owners can use; nobody is looked up."""
    ready(house)
    arrange(house, Selection.ON, "only-sms", "staff-sms", "directory-emergency", new=(BADGE, STAFF))
    calls = len(house.people.calls)
    steps = [house.begin(name, ASKED) for name in ("alice", "nina", "nobody")]
    looked = [house.people.calls[calls:].count("find")]
    members = [house.logon.choose(step.ticket, "staff-sms", ASKED) for step in steps]
    refused = [house.logon.answer(step.ticket, {"password": "wrong"}, ASKED) for step in members]
    right = [house.logon.answer(step.ticket, {"password": PASSWORD}, ASKED) for step in members]

    assert not house.logon.entrance("web").asks_password
    assert [0] == looked
    assert ["only-sms", "staff-sms", "directory-emergency"] == names(steps[0])
    assert all(seen(steps[0]) == seen(one) for one in steps)
    assert all(seen(members[0]) == seen(one) for one in members)
    assert all(seen(refused[0]) == seen(one) for one in refused)
    assert [MessageKey.CODE_SENT, MessageKey.WRONG_PASSWORD, MessageKey.WRONG_PASSWORD] == [
        one.message_key for one in right
    ]


def test_who_took_a_way_for_others_can_still_take_his_own(house: House):
    """He was nobody on the way of others, and is himself again on one for everybody."""
    arrange(house, Selection.ON, "only-sms", "bosses-sms", "directory-sms", new=(BADGE, BOSSES))
    step = house.logon.choose(house.begin("alice", ASKED).ticket, "bosses-sms", ASKED)
    vain = house.logon.answer(step.ticket, {"password": PASSWORD}, ASKED)
    own = house.logon.choose(vain.ticket, "directory-sms", ASKED)
    coded = house.logon.answer(own.ticket, {"password": PASSWORD}, ASKED)

    assert MessageKey.WRONG_PASSWORD is vain.message_key
    assert MessageKey.CODE_SENT is coded.message_key
    assert Status.OK is house.logon.answer(coded.ticket, {"code": house.code()}, ASKED).status


def test_a_choice_is_only_for_who_holds_the_process_and_while_it_is_open(house: House):
    ready(house)
    arrange(house, Selection.ON)
    step = passed(house)
    with pytest.raises(NotFoundError):
        house.logon.choose(Ticket(step.process_id, "of another browser"), "directory-sms", ASKED)
    with pytest.raises(NotFoundError):
        house.logon.choose(step.ticket, "local-sms", ASKED)
    house.logon.cancel(step.ticket)
    with pytest.raises(NotFoundError):
        house.logon.choose(step.ticket, "directory-sms", ASKED)
    with pytest.raises(NotFoundError):
        house.logon.answer(step.ticket, {"answer": "1"}, ASKED)

    assert not house.sent


def test_a_chain_that_asks_for_the_same_kills_the_code_before(house: House):
    """Two chains of the same methods: the newest code wins, as after a resend."""
    arrange(house, Selection.ON, "staff-sms", "directory-sms", new=(STAFF,))
    house.wait(120)
    step = passed(house)
    house.wait(60)
    house.logon.choose(step.ticket, names(step)[0], ASKED)
    with house.database.read() as session:
        states = session.scalars(select(ChallengeRow.state).order_by(ChallengeRow.issued_at)).all()

    assert ["dead", "open"] == list(states)
