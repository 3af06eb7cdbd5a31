"""An event that takes its first chain only, whichever way another one is asked for."""

import pytest

from authsms.foundation.errors import NotFoundError
from authsms.logon.catalog import Event, Wanted
from authsms.logon.machine import MessageKey, Status
from authsms.logon.selection import Selection
from authsms.logon.ways import Ways
from tests.integration.logon.house import ALICE, PASSWORD, House
from tests.integration.logon.selecting import (
    ASKED,
    BADGE,
    STAFF,
    arrange,
    names,
    passed,
    ready,
    seen,
)

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""What is stored here is stored elsewhere, too."""


def test_off_offers_and_takes_nothing_else(house: House):
    """No other chain can be chosen, asked for by name, or listed; a request for one is answered as for none."""
    arrange(house, Selection.OFF, "directory-sms", "directory-recovery", "only-sms", new=(BADGE,))
    with house.database.write() as session:
        house.recovery.make(session, ALICE.key)
    first, step = house.begin("alice", ASKED), passed(house)
    with pytest.raises(NotFoundError):
        house.logon.choose(step.ticket, "directory-recovery", ASKED)
    with pytest.raises(NotFoundError, match="no such way"):
        house.logon.begin("web", "alice", ASKED, chain="recovery")
    with pytest.raises(NotFoundError, match="no such way"):
        house.logon.begin("web", "alice", ASKED, chain="SMS_OTP:1")
    with pytest.raises(NotFoundError, match="no such way"):
        house.logon.begin("web", "alice", ASKED, chain="no-such-chain")
    house.wait(120)
    named = house.logon.begin("web", "alice", ASKED, chain="directory-sms", response={"password": PASSWORD})
    methods = list(house.logon._methods.values())
    listed = Ways(house.people, house.vault, house.catalog, methods).of("web", "alice", "")

    assert ([], []) == (names(first), names(step))
    assert MessageKey.CODE_SENT is named.message_key
    assert ["directory-sms"] == [one.name for one in listed]


def test_off_leaves_what_the_help_desk_has_handed_out(house: House):
    """An emergency password is given to one person because the first way fails him."""
    arrange(house, Selection.OFF)
    password = ready(house)
    others = passed(house, "nina")
    step = house.logon.choose(passed(house).ticket, "directory-emergency", ASKED)
    named = house.logon.begin("web", "alice", ASKED, chain="emergency", response={"password": PASSWORD})

    assert [] == names(others)
    assert Status.OK is house.logon.answer(step.ticket, {"password": password}, ASKED).status
    assert MessageKey.EMERGENCY_ASKED is named.message_key


def test_off_does_not_tell_who_is_in_a_group(house: House):
    """Asking for the way of members, or of others, looks the same for everybody; only the right people get on by it."""
    arrange(house, Selection.OFF, "staff-sms", "directory-sms", "directory-recovery", new=(STAFF,))
    found: dict[str, list[MessageKey]] = {}
    for chain in ("staff-sms", "directory-sms"):
        shown = [house.logon.begin("web", name, ASKED, chain=chain) for name in ("alice", "nina", "nobody")]
        assert all(seen(shown[0]) == seen(one) for one in shown)
        found[chain] = [house.logon.answer(one.ticket, {"password": PASSWORD}, ASKED).message_key for one in shown]

    sent, wrong = MessageKey.CODE_SENT, MessageKey.WRONG_PASSWORD
    assert {"staff-sms": [sent, wrong, wrong], "directory-sms": [wrong, sent, wrong]} == found


def test_a_process_on_its_way_follows_the_event(house: House):
    """An administrator who takes the choice away takes it away at once, and what was begun is finished."""
    ready(house)
    arrange(house, Selection.ON, "directory-sms", "directory-recovery", "directory-emergency")
    step = passed(house)
    chosen = house.logon.choose(step.ticket, "directory-sms", ASKED)
    arrange(house, Selection.OFF, "directory-sms", "directory-recovery")
    left = house.logon.view(chosen.ticket, ASKED)
    done = house.logon.answer(chosen.ticket, {"code": house.code()}, ASKED)

    assert [] == names(left)
    assert Status.OK is done.status


def test_who_is_being_asked_when_the_choice_ends_goes_on_with_the_first_way(house: House):
    """There is something to press, and only that."""
    ready(house)
    arrange(house, Selection.ON, "directory-sms", "directory-recovery", "directory-emergency")
    step = passed(house)
    arrange(house, Selection.OFF, "directory-sms", "directory-recovery")
    shown = house.logon.view(step.ticket, ASKED)
    with pytest.raises(NotFoundError):
        house.logon.choose(step.ticket, "directory-recovery", ASKED)
    coded = house.logon.choose(step.ticket, "directory-sms", ASKED)

    assert (["directory-sms"], MessageKey.CODE_SENT, []) == (names(shown), coded.message_key, names(coded))


def test_an_event_says_so(house: House):
    arrange(house, Selection.OFF)
    event = house.catalog.event("web")

    assert isinstance(event, Event)
    assert (Selection.OFF, Selection.OFF) == (event.selection, Wanted.of(event).selection)
