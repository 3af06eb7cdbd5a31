"""Logging in by RADIUS, with FreeRADIUS's client in front."""

import threading

import pytest

from authsms.foundation.errors import NotFoundError, OverloadedError
from authsms.identity.repository import PasswordVerdict
from authsms.logon.catalog import Chain, Wanted
from authsms.logon.machine import Status
from authsms.logon.overdue import OverdueRule
from authsms.logon.radius_profile import Grant, GroupAttribute, RadiusProfile
from authsms.protocols.radius.challenges import Caller, Challenges
from tests.functional.protocols.radius.device import count, open_gateway, wait_for_another
from tests.integration.logon.house import ALICE, HERE, PASSWORD

REFUSED = "User name, password or code is not right."
OVER = "That took too long. Please sign in again."


def test_password_then_code_lets_a_person_in(gateway, house):
    """The challenge hides what is typed, names the number by its end only, and every answer is signed first of all."""
    challenge = gateway.log_in()
    accepted = gateway.answer(challenge, house.code())

    assert ("Access-Challenge", "Access-Accept") == (challenge.kind, accepted.kind)
    assert "*******42" in challenge.message
    assert ["No-Echo"] == challenge.get("Prompt")
    assert len(challenge.get("State")[0]) >= 2 + 32
    assert "Message-Authenticator" == challenge.attributes[0][0] == accepted.attributes[0][0]
    assert "logon.finished" in house.tags()


@pytest.mark.parametrize("rule", [OverdueRule.DENY, OverdueRule.ASK])
def test_a_password_that_must_be_changed_is_refused(gateway, house, rule):
    """No device can ask for a new one; the person is sent elsewhere only where that helps."""
    house.people.verdicts["alice"] = PasswordVerdict.MUST_CHANGE
    house.catalog.save_all([], [Wanted("web", "Web", ("directory-sms",), overdue=rule)])
    refused, wrong = gateway.log_in(), gateway.log_in(password="wrong")

    assert "Access-Reject" == refused.kind == wrong.kind
    assert REFUSED == wrong.message
    sentence = "Your password must be changed first, on a web page or with the help desk."
    assert (sentence if rule is OverdueRule.ASK else REFUSED) == refused.message


def test_an_event_that_needs_a_browser_is_refused_by_that_name(gateway, house):
    """No device can ask for a passkey; whoever reads the refusal knows that no password would have helped."""
    house.catalog.save_event("web", "Web", ["directory-passkey"])
    refused = gateway.log_in()

    assert "Access-Reject" == refused.kind
    assert "Signing in here takes a browser. Please ask your help desk." == refused.message


def test_nobody_stays_signed_in_here(gateway, house):
    """The device has a session of its own; ours would be one that nobody can use or end."""
    gateway.answer(gateway.log_in(), house.code())

    assert [] == house.sessions.list(ALICE.key)


def test_a_wrong_code_is_asked_again_and_each_state_is_good_once(gateway, house):
    """B-06: a challenge is answered once; the attempt is charged."""
    first = gateway.log_in()
    second = gateway.answer(first, house.wrong_code())
    repeated = gateway.answer(first, house.code())
    accepted = gateway.answer(second, house.code())

    assert "Access-Challenge" == second.kind
    assert second.message.startswith("That was not right.")
    assert ("Access-Reject", OVER) == (repeated.kind, repeated.message)
    assert "Access-Accept" == accepted.kind


def test_a_wrong_password_and_an_unknown_name_are_refused_alike(gateway, house):
    """A-04: no answer tells who exists."""
    wrong = gateway.log_in(password="nope")
    unknown = gateway.log_in(user="mallory")

    assert ("Access-Reject", REFUSED) == (wrong.kind, wrong.message)
    assert wrong.attributes[1:] == unknown.attributes[1:]
    assert [] == house.sent


def test_a_challenge_belongs_to_one_name(gateway, house):
    """B-06: a State that was seen on the way is worth nothing with another name."""
    challenge = gateway.log_in()

    assert "Access-Reject" == gateway.answer(challenge, house.code(), user="nina").kind
    assert "Access-Accept" == gateway.answer(challenge, house.code()).kind


@pytest.mark.parametrize("state", ["0x00", "0x" + "41" * 32, "0x" + "ff" * 253])
def test_an_unknown_state_is_refused(gateway, house, state):
    """It is never taken for a first request, or a code would be tried as a password."""
    heard = gateway.radclient.ask(User_Name="alice", User_Password=PASSWORD, State=state)

    assert ("Access-Reject", OVER) == (heard.kind, heard.message)
    assert [] == house.tags()[1:]


def test_a_challenge_ends_with_its_logon(gateway, house):
    """After ten minutes nothing is left of it."""
    challenge = gateway.log_in()
    code = house.code()
    house.wait(601)

    assert OVER == gateway.answer(challenge, code).message


def test_typing_new_brings_another_code(gateway, house):
    """There is no button in the window of a VPN client."""
    early = gateway.answer(gateway.log_in(), "new")
    old = house.code()
    house.wait(31)
    later = gateway.answer(early, "New")
    refused = gateway.answer(later, old)

    assert early.message.startswith("A new code cannot be sent yet.")
    assert 2 == len(house.sent)
    assert "Access-Challenge" == refused.kind
    assert "Access-Accept" == gateway.answer(refused, house.code()).kind


def test_who_logs_in_again_goes_on_with_the_code_on_its_way(gateway, house):
    """Devices try twice; the text in the person's hand must stay good, and no second one is paid for."""
    gateway.log_in()
    again = gateway.log_in()

    assert 1 == len(house.sent)
    assert "Access-Accept" == gateway.answer(again, house.code()).kind


def test_a_device_without_challenge_takes_password_and_code_in_one(house):
    """The first login is refused with a word about the code, the second brings both."""
    with open_gateway(house, RadiusProfile(can_challenge=False)) as gateway:
        first = gateway.log_in()
        wrong = gateway.log_in(password=f"{PASSWORD},{house.wrong_code()}")
        right = gateway.log_in(password=f"{PASSWORD},{house.code()}")

    assert ("Access-Reject", "Access-Reject", "Access-Accept") == (first.kind, wrong.kind, right.kind)
    assert "*******42" in first.message
    assert "Please" not in wrong.message or wrong.message.startswith("That was not right.")
    assert 1 == len(house.sent)


def test_a_code_is_worth_nothing_without_the_password(house):
    """A code on its way for somebody else's login must not open a door to whoever guesses it."""
    with open_gateway(house, RadiusProfile(can_challenge=False)) as gateway:
        gateway.log_in()
        code = house.code()
        guessed = [gateway.log_in(password=tried).message for tried in (f"nope,{code}", f",{code}", code)]
        right = gateway.log_in(password=f"{PASSWORD},{code}")

    assert [REFUSED] * 3 == guessed
    assert "Access-Accept" == right.kind
    assert 3 == house.tags().count("logon.method-failed")


def test_a_password_and_any_digits_are_one_password_while_no_code_is_on_its_way(house):
    """So nobody's password is cut in two, and what is tried is counted as a password."""
    with open_gateway(house, RadiusProfile(can_challenge=False)) as gateway:
        heard = gateway.log_in(password=f"{PASSWORD},123456")

    assert REFUSED == heard.message
    assert [] == house.sent


def test_a_suffix_chooses_a_chain_where_the_client_says_so(house):
    """``alice#once`` means the chain; what names no chain is part of the name."""
    house.catalog.save_chain(Chain("directory-once", "Password", ("LDAP_PASSWORD:1",)))
    house.catalog.save_event("web", "Web", ["directory-sms", "directory-once"])
    with open_gateway(house, RadiusProfile(separator="#")) as gateway:
        heard = [
            gateway.log_in(user=name).kind for name in ("alice#once", "alice#SMS", "alice", "alice#nothing", "#once")
        ]

    assert ["Access-Accept", "Access-Challenge", "Access-Challenge", "Access-Reject", "Access-Reject"] == heard


def test_a_suffix_is_part_of_the_name_where_the_client_says_nothing(gateway, house):
    """An administrator switches it on for a client, nobody from outside."""
    house.catalog.save_chain(Chain("directory-once", "Password", ("LDAP_PASSWORD:1",)))
    house.catalog.save_event("web", "Web", ["directory-sms", "directory-once"])

    assert "Access-Reject" == gateway.log_in(user="alice#once").kind


def test_groups_bring_attributes(house):
    """The device learns what somebody may do; only of an accepted person."""
    to_some = [GroupAttribute(Grant.FILTER_ID, group, word) for group, word in (("staff", "office"), ("x", "guests"))]
    attributes = (*to_some, GroupAttribute(Grant.CLASS, "*", "everybody"))
    with open_gateway(house, RadiusProfile(attributes=attributes)) as gateway:
        challenge = gateway.log_in()
        accepted = gateway.answer(challenge, house.code())

    assert ["office"] == accepted.get("Filter-Id")
    assert ["0x" + b"everybody".hex()] == accepted.get("Class")
    assert [] == challenge.get("Filter-Id") + challenge.get("Class")


def test_the_persons_own_address_is_recorded_and_limited(gateway, house):
    """Devices tell it; otherwise everybody behind one would share its limits."""
    for _ in range(10):
        gateway.log_in(password="nope", Calling_Station_Id="198.51.100.7")
    limited = gateway.log_in(password=PASSWORD, Calling_Station_Id="198.51.100.7")
    elsewhere = gateway.log_in(Calling_Station_Id="not an address")

    assert limited.message.startswith("There were too many tries.")
    assert "Access-Challenge" == elsewhere.kind
    assert {"198.51.100.7", "127.0.0.1", ""} == {view.entry.address for view in house.audit.search()}
    assert {"Gateway"} == {view.entry.endpoint for view in house.audit.search()}


def test_people_read_their_language(house):
    """A client says which; the mask stays in ASCII, because devices show anything else as they please."""
    with open_gateway(house, RadiusProfile(locale="de")) as gateway:
        challenge = gateway.log_in()

    assert challenge.message.startswith("Code eingeben, den wir an *******42 geschickt haben")


def test_a_directory_that_is_away_is_no_refusal(gateway, house):
    """F-17: silence lets a device ask another server; a refusal would be believed."""
    before = count("unavailable")
    house.people.away = True
    silence = gateway.radclient.ask(User_Name="alice", User_Password=PASSWORD, seconds=0.3)
    wait_for_another("unavailable", before)
    house.people.away = False

    assert "" == silence.kind
    assert "Access-Challenge" == gateway.log_in().kind


def test_what_could_not_be_decided_can_be_answered_again(gateway, house, monkeypatch):
    """The State is not used up by a server that has too much to do."""
    challenge, before = gateway.log_in(), count("unavailable")
    with monkeypatch.context() as patched:
        patched.setattr(house.vault, "verify_code", _overloaded)
        state = challenge.get("State")[0]
        silence = gateway.radclient.ask(User_Name="alice", User_Password=house.code(), State=state, seconds=0.3)
        wait_for_another("unavailable", before)

    assert "" == silence.kind
    assert "Access-Accept" == gateway.answer(challenge, house.code()).kind


def test_a_code_wins_once_by_radius_or_by_another_door(gateway, house):
    """ATK-04: one logon, its right code at once through two doors; exactly one lets the person in."""
    challenge = gateway.log_in()
    found = Challenges(house.database, house.vault, house.clock).resume(
        Caller(gateway.clients.list()[0].id, "alice"), PASSWORD
    )
    assert found is not None
    ticket, code = found.ticket, house.code()
    outcomes: list[str] = []

    def elsewhere() -> None:
        try:
            outcomes.append(house.logon.answer(ticket, {"code": code}, HERE).status)
        except NotFoundError:
            outcomes.append("over")

    racers = [threading.Thread(target=elsewhere) for _ in range(3)]
    racers += [threading.Thread(target=lambda: outcomes.append(gateway.answer(challenge, code).kind)) for _ in range(2)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()

    assert 5 == len(outcomes)
    assert 1 == outcomes.count(Status.OK) + outcomes.count("Access-Accept")
    assert 1 == house.tags().count("logon.finished")


def test_logs_hold_no_secrets(gateway, house, logged):
    """Neither the password nor the code, nor the State that stands for both."""
    challenge = gateway.log_in()
    gateway.answer(challenge, house.code())
    gateway.log_in(password="a-mistyped-password")

    assert "radius.answered" in logged.text
    for told in (PASSWORD, house.code(), "a-mistyped-password", challenge.get("State")[0][2:], "4915112345642"):
        assert told not in logged.text


def test_rows_hold_no_secrets(gateway, house):
    """ATK-55: whoever reads the table can go on with nobody's logon."""
    challenge = gateway.log_in()
    dump = house.dump()

    assert challenge.get("State")[0][2:] not in dump
    assert PASSWORD not in dump


def _overloaded(*_arguments: object) -> bool:
    raise OverloadedError("Too many sign-ins at once.")
