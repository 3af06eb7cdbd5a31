"""Nobody outside learns who exists: same steps, same words, same work, nothing sent."""

import json
from dataclasses import asdict, replace

import pytest
from sqlalchemy import event

from authsms.foundation.errors import TooManyRequestsError
from authsms.foundation.phone import PhoneNumber
from authsms.foundation.sections import SmsSettings
from authsms.identity.repository import PasswordVerdict, Person
from authsms.logon.catalog import Chain, Wanted
from authsms.logon.machine import MessageKey, Status
from authsms.logon.selection import Selection
from tests.integration.logon.house import ALICE, HERE, NOPHONE, PASSWORD, House, ScriptedPeople

LOCKED = Person(
    repository="corp", id="id-locked", login="locked", display_name="L", phones=(PhoneNumber("+4915112345644"),)
)
DISABLED = Person(
    repository="corp",
    id="id-disabled",
    login="disabled",
    display_name="D",
    phones=(PhoneNumber("+4915112345643"),),
    enabled=False,
)
STRANGERS = ["alice", "nobody", "nina", "locked", "disabled"]


@pytest.fixture
def house(database, counting_vault, clock):
    """People in every awkward condition."""
    people = ScriptedPeople(ALICE, NOPHONE, LOCKED, DISABLED)
    people.verdicts = {"locked": PasswordVerdict.LOCKED, "disabled": PasswordVerdict.DISABLED}
    return House(database, counting_vault, clock, people=people)


@pytest.fixture
def sms_first(house):
    """An event on which the code comes first, so that strangers see its page."""
    house.catalog.save_chain(Chain("sms-first", "Code, then password", ("SMS_OTP:1", "LDAP_PASSWORD:1")))
    house.catalog.save_event("vpn", "VPN", ["sms-first"])
    return house


def shape(step):
    """A step without what differs from process to process and from number to number."""
    bare = replace(step, process_id="", secret=bool(step.secret), login="")
    asks = bare.asks and replace(bare.asks, masked=bare.asks.masked[:-2], reference="", message_id=None)
    return json.dumps(asdict(replace(bare, asks=asks)), default=str)


def statements(house, act):
    """Return the kinds of statements that *act* runs, in order."""
    seen = []

    def note(_connection, _cursor, statement, *_rest):
        seen.append(statement.split(" (")[0][:60])

    event.listen(house.database.engine, "before_cursor_execute", note)
    try:
        act()
    finally:
        event.remove(house.database.engine, "before_cursor_execute", note)
    return seen


def test_a_wrong_password_looks_the_same_for_everybody(house):
    """ATK-17."""
    shapes = set()
    for login in STRANGERS:
        step = house.begin(login)
        shapes |= {shape(step) + shape(house.logon.answer(step.ticket, {"password": "no"}, HERE))}

    assert 1 == len(shapes)
    assert [] == house.outbox.drafts


@pytest.mark.parametrize("login", ["nobody", "locked", "disabled"])
def test_whoever_may_not_log_in_has_a_wrong_password(house, login):
    """The directory's own reason goes into the trail only."""
    step = house.logon.answer(house.begin(login).ticket, {"password": PASSWORD}, HERE)
    wrong = house.logon.answer(house.begin(login).ticket, {"password": "no"}, HERE)

    assert shape(step) == shape(wrong)
    assert MessageKey.WRONG_PASSWORD is step.message_key
    assert [] == house.outbox.drafts


def test_the_trail_knows_the_reason(house):
    """For the administrator at 3 a.m."""
    for login in ("nobody", "locked", "disabled"):
        house.logon.answer(house.begin(login).ticket, {"password": PASSWORD}, HERE)

    reasons = [view.entry.details.get("reason") for view in reversed(house.audit.search())]
    assert ["unknown-person", "locked", "disabled"] == [reason for reason in reasons if reason]


def test_the_directory_is_asked_equally_often_for_everybody(house):
    """ATK-18: equal work, not random pauses."""
    work = set()
    for login in STRANGERS:
        house.people.calls.clear()
        house.logon.answer(house.begin(login).ticket, {"password": "no"}, HERE)
        work.add(tuple(house.people.calls))

    assert {("find", "check_password")} == work


def test_without_a_phone_the_code_page_comes_and_nothing_is_sent(house):
    """Right password, no number: an invented mask, a withheld text, and no code that passes."""
    alice = house.at_code("alice")
    nina = house.at_code("nina")
    right = house.logon.answer(nina.ticket, {"code": house.code()}, HERE)

    assert shape(alice) == shape(nina)
    assert (Status.MORE_DATA, MessageKey.CODE_REFUSED) == (right.status, right.message_key)
    assert ["alice"] == [draft.login for draft in house.sent]
    assert "no-phone" == house.outbox.view(nina.asks.message_id).reason


@pytest.mark.usefixtures("rare_looks")
def test_without_a_phone_the_same_work_is_done(house):
    """ATK-18: the same statements in the same order, one hash, one comparison."""
    house.at_code("alice")
    house.at_code("nina")
    house.wait(60)

    def work(login):
        step = house.begin(login)
        hashed = house.vault.hashed
        seen = statements(house, lambda: house.logon.answer(step.ticket, {"password": PASSWORD}, HERE))
        return house.vault.hashed - hashed, [kind for kind in seen if "audit_record" not in kind]

    assert work("alice") == work("nina")


def test_an_invented_mask_is_stable_and_differs_from_name_to_name(house):
    """ATK-19: asked a thousand times it reveals two digits, and those are nobody's."""
    masks = []
    for _ in range(3):
        masks.append(house.at_code("nina").asks.masked)
        house.wait(700)

    assert 1 == len(set(masks))
    assert len("•••••••42") == len(masks[0])


def test_with_the_code_first_everybody_gets_the_same_page(sms_first):
    """ATK-17: and details are not shown before anything is proven."""
    steps = {login: sms_first.begin(login, event="vpn") for login in STRANGERS}

    assert 1 == len({shape(step) for step in steps.values()})
    assert {None} == {step.asks.message_id for step in steps.values()}
    assert {("", "", True)} == {
        (status.state, status.detail, status.final)
        for status in (sms_first.logon.delivery_status(step.ticket) for step in steps.values())
    }
    assert ["alice", "locked"] == [draft.login for draft in sms_first.sent]


def test_with_the_code_first_wrong_and_right_guesses_look_alike(sms_first):
    """Codes of people who were sent nothing never pass, and wear out like any other."""
    shapes = {}
    for login in ["alice", "nobody", "nina", "disabled"]:
        step = sms_first.begin(login, event="vpn")
        code = sms_first.wrong_code() if login == "alice" else sms_first.code()
        shapes[login] = [shape(sms_first.logon.answer(step.ticket, {"code": code}, HERE)) for _ in range(7)]
        compared = sms_first.vault.compared
        assert compared % 5 == 0

    assert 1 == len({json.dumps(one) for one in shapes.values()})


@pytest.mark.usefixtures("rare_looks")
def test_with_the_code_first_the_same_work_is_done(sms_first):
    """ATK-18: whoever it is."""
    for login in STRANGERS:
        sms_first.begin(login, event="vpn")
    sms_first.wait(60)
    work = set()
    for login in ["alice", "nobody", "nina", "disabled"]:
        sms_first.people.calls.clear()
        seen = statements(sms_first, lambda login=login: sms_first.begin(login, event="vpn"))
        work.add((tuple(sms_first.people.calls), tuple(kind for kind in seen if "audit_record" not in kind)))

    assert 1 == len(work)


def test_resending_looks_the_same_for_everybody(sms_first):
    """ATK-17, too early and in time; limits of people who do not exist are counted like any other."""
    rounds = {}
    start = sms_first.clock.now()
    for login in ["alice", "nobody", "nina"]:
        sms_first.clock.advance(start - sms_first.clock.now())
        step = sms_first.begin(login, event="vpn")
        seen = [shape(step)]
        for pause in (10, 25, 30, 40, 200, 250):
            sms_first.wait(pause)
            seen.append(shape(sms_first.logon.resend(step.ticket, HERE)))
        rounds[login] = json.dumps(seen)

    assert 1 == len(set(rounds.values()))


def test_spellings_of_one_name_share_one_phantom(sms_first):
    """ATK-07: case, spaces and compatibility forms make no new counter."""
    first = sms_first.begin("nobody", event="vpn")
    others = [sms_first.begin(typed, event="vpn") for typed in (" NoBody ", "\uff4eobod\uff59", "corp\\nobody")]

    assert {first.asks.masked} == {step.asks.masked for step in others}
    assert {MessageKey.CODE_WAIT} == {step.message_key for step in others}


def test_a_pretended_text_is_on_its_way_for_a_while(house):
    """A status that never moves would tell; it goes from queued to sent, and stays there."""
    step = house.at_code("nina")
    early = house.logon.delivery_status(step.ticket)
    house.wait(2)
    later = house.logon.delivery_status(step.ticket)

    assert ("queued", "", False) == (early.state, early.detail, early.final)
    assert ("accepted", "", False) == (later.state, later.detail, later.final)


def test_a_country_that_is_not_served_is_not_told(database, counting_vault, clock):
    """ATK-13: the number is in the directory, yet nothing is sent there."""
    house = House(database, counting_vault, clock, sms=SmsSettings(countries=("AT",)))
    step = house.at_code()

    assert MessageKey.CODE_SENT is step.message_key
    assert step.asks is not None
    assert step.asks.message_id is not None
    assert [] == house.sent
    assert "country-not-served" == house.outbox.view(step.asks.message_id).reason
    assert "queued" == house.logon.delivery_status(step.ticket).state


def test_who_is_on_a_chain_for_others_has_no_second_self_there(house):
    """Were the number shown, or a limit, another one than on a chain for everybody, that he is nobody's would show."""
    badge = Chain("badge", "A text alone", ("SMS_OTP:1",))
    bosses = replace(badge, name="bosses", groups=frozenset({"Bosses"}))
    theirs = Chain("theirs", "A password", ("LDAP_PASSWORD:1",), groups=frozenset({"Bosses"}))
    ours = replace(theirs, name="ours", groups=frozenset())
    house.people.people["boss"] = replace(LOCKED, id="id-boss", login="boss", groups=frozenset({"Bosses"}))
    chains = (badge, bosses, theirs, ours)
    wanted = Wanted("vpn", "VPN", tuple(chain.name for chain in chains), selection=Selection.ON)
    house.catalog.save_all(chains, [wanted])
    asked = replace(HERE, can_choose=True)
    seen = {}
    for login in ("alice", "boss", "nobody"):
        step = house.begin(login, asked, event="vpn")
        texts = [house.logon.choose(step.ticket, name, asked) for name in ("badge", "bosses")]
        for name in ("ours", "theirs") * 5:
            house.logon.choose(step.ticket, name, asked)
            house.logon.answer(step.ticket, {"password": "wrong"}, asked)
        with pytest.raises(TooManyRequestsError):
            house.logon.answer(step.ticket, {"password": "wrong"}, asked)
        seen[login] = len({text.asks.masked for text in texts}), [text.message_key for text in texts]

    assert [(1, [MessageKey.CODE_SENT, MessageKey.CODE_WAIT])] * 3 == list(seen.values())
    assert [ALICE.phone, LOCKED.phone] == [draft.recipient for draft in house.sent]
