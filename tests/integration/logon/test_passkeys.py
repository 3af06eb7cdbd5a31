"""Passkeys: what is good once, for one question, one place and one person, and what is not."""

from datetime import timedelta

import pytest

from authsms.foundation.db import Database
from authsms.foundation.errors import BrowserNeededError, NotFoundError, ProofNeededError
from authsms.logon.catalog import Chain
from authsms.logon.factors import has_two_factors
from authsms.logon.machine import MessageKey, Status
from authsms.logon.own_passkeys import Outcome
from authsms.logon.passkeys import MOST, PASSKEY
from tests.integration.logon.authenticator import SYNCED, VERIFIED, Authenticator
from tests.integration.logon.house import HERE, PASSWORD, House
from tests.integration.logon.keyring import (
    PAGE,
    add,
    answer,
    at_passkey,
    equipped,
    holder,
    own_passkeys,
    use,
)


@pytest.fixture
def database(sqlite_database_url):
    """One kind of database: what is written at once is tried on both elsewhere."""
    opened = Database(sqlite_database_url)
    yield opened
    opened.dispose()


@pytest.mark.parametrize(
    ("flags", "words"),
    [(VERIFIED, ("user", "hwk", "mfa")), (SYNCED | VERIFIED, ("user", "swk", "mfa")), (0, ("user", "hwk"))],
)
def test_a_passkey_lets_in_and_says_what_it_is(house, flags, words):
    """O-09: a key that can leave its device is no hardware key; one that asked nobody proves only that it was there."""
    device = equipped(house, flags=flags)
    done = use(house, at_passkey(house), device)
    methods = house.sessions.find(done.session_token).methods

    assert Status.OK is done.status
    assert ("pwd", *words) == methods
    assert has_two_factors(methods)


def test_what_a_passkey_has_proven_survives_the_methods_after_it(house):
    """A chain may ask for something else afterwards."""
    device = equipped(house)
    house.catalog.save_chain(Chain("key-first", "Key first", (PASSKEY, "LDAP_PASSWORD:1")))
    house.catalog.save_event("door", "Door", ["key-first"])
    step = use(house, house.begin(event="door", client=PAGE), device)
    done = house.logon.answer(step.ticket, {"password": PASSWORD}, PAGE)

    assert ("user", "pwd", "hwk", "mfa") == house.sessions.find(done.session_token).methods


@pytest.mark.parametrize(
    "bent",
    [
        {"origin": "https://login.example.com.evil.example"},
        {"origin": "http://login.example.com"},
        {"origin": "https://login.example.com:8443"},
        {"rp_id": "example.com"},
        {"flags": SYNCED | VERIFIED},
        {"handle": b"somebody else"},
    ],
    ids=["origin", "scheme", "port", "rp", "backup", "handle"],
)
def test_what_was_made_elsewhere_is_refused(house, bent):
    """Phishing: origin and relying party are those of the configuration; a key does not change its nature either."""
    device = equipped(house)
    for name, value in bent.items():
        setattr(device, name, value)
    step = use(house, at_passkey(house), device)

    assert (Status.MORE_DATA, MessageKey.PASSKEY_REFUSED) == (step.status, step.message_key)


@pytest.mark.parametrize(
    "changes",
    [
        {"spoil": True},
        {"challenge": "c29tZXRoaW5nIGVsc2Ugb2YgdGhpcnR5LXR3byBieXRlcw"},
        {"type": "webauthn.create"},
        {"crossOrigin": True},
        {"topOrigin": "https://evil.example"},
    ],
    ids=["signature", "challenge", "type", "frame", "top"],
)
def test_an_altered_answer_is_refused_and_the_next_right_one_taken(house, changes):
    """Each refusal brings another challenge."""
    device = equipped(house)
    first = at_passkey(house)
    refused = use(house, first, device, **changes)
    done = use(house, refused, device)

    assert MessageKey.PASSKEY_REFUSED is refused.message_key
    assert first.asks.ceremony != refused.asks.ceremony
    assert Status.OK is done.status


def test_an_answer_is_good_once(house):
    """A-06: neither in the same login nor in the next one, however fresh its counter is."""
    device = equipped(house, count=None)
    step = at_passkey(house)
    brought = device.get(step.asks.ceremony)
    done = answer(house, step, brought)
    with pytest.raises(NotFoundError):
        answer(house, step, brought)
    again = answer(house, at_passkey(house), brought)

    assert Status.OK is done.status
    assert MessageKey.PASSKEY_REFUSED is again.message_key


def test_a_key_of_somebody_else_and_one_of_nobody_are_refused_in_the_same_words(house):
    """Whether a key is known here is nobody's business."""
    equipped(house)
    other = Authenticator()
    add(house, other, "corp:id-nina")
    seen = {use(house, at_passkey(house), device).message_key for device in (other, Authenticator())}

    assert {MessageKey.PASSKEY_REFUSED} == seen


@pytest.mark.parametrize(
    "sent",
    ["", "{", "[]", "{}", '{"id": 7}', "0" * 20_000, '{"id": "\\u00e9"}', '{"id": "a\\u0000bc"}', "[" * 5000],
    ids=str.__len__,
)
def test_what_is_no_answer_of_a_browser_costs_nothing(house, sent):
    """Without JavaScript the form comes empty."""
    equipped(house)
    step = answer(house, at_passkey(house), sent)

    assert (MessageKey.PASSKEY_ABSENT, Status.MORE_DATA) == (step.message_key, step.status)


def test_a_stranger_cannot_shut_somebody_out(house):
    """He needs no proof to be asked for a key; what he answers is no matter of hers."""
    device = equipped(house)
    house.catalog.save_chain(Chain("key-alone", "Key", (PASSKEY,)))
    house.catalog.save_event("door", "Door", ["key-alone"])
    for sent in ('{"id": "x"}', device.get(house.begin(event="door", client=PAGE).asks.ceremony, spoil=True)):
        for _ in range(house.otp.failure_cap):
            answer(house, house.begin(event="door", client=PAGE), sent)
            house.wait(3601)

    assert Status.OK is use(house, house.begin(event="door", client=PAGE), device).status


def test_a_stranger_cannot_see_who_has_passkeys(house):
    """A-04: before the first proof, people with and without keys and nobody are asked for the same, word for word."""
    equipped(house)
    house.catalog.save_chain(Chain("key-alone", "Key", (PASSKEY,)))
    house.catalog.save_event("door", "Door", ["key-alone"])
    seen = set()
    for login in ("alice", "nina", "nobody"):
        begun = house.begin(login, event="door", client=PAGE)
        asked = begun.asks.ceremony.replace(begun.asks.reference, "")
        seen.add((begun.message_key, asked, use(house, begun, Authenticator()).message_key))

    assert 1 == len(seen)
    assert '"required"' in seen.pop()[1]


def test_a_key_alone_has_to_ask_its_owner(house):
    """Where nothing else is asked for, being there with the key is not enough."""
    device = equipped(house)
    house.catalog.save_chain(Chain("key-alone", "Key", (PASSKEY,)))
    house.catalog.save_event("door", "Door", ["key-alone"])
    device.flags = 0
    refused = use(house, house.begin(event="door", client=PAGE), device)
    device.flags = VERIFIED
    done = use(house, refused, device)

    assert MessageKey.PASSKEY_REFUSED is refused.message_key
    assert Status.OK is done.status
    assert has_two_factors(house.sessions.find(done.session_token).methods)


def test_a_door_without_pages_does_not_offer_what_needs_one(house):
    """RADIUS, REST and plug-ins cannot ask a browser; an event that has nothing else is refused there by that name."""
    equipped(house)
    house.catalog.save_event("door", "Door", ["directory-passkey"])
    elsewhere = house.at_code()

    assert "directory-passkey" not in [one.name for one in elsewhere.chains]
    assert "directory-passkey" in [one.name for one in house.logon.view(elsewhere.ticket, PAGE).chains]
    with pytest.raises(NotFoundError):
        house.logon.choose(elsewhere.ticket, "directory-passkey", HERE)
    with pytest.raises(BrowserNeededError):
        house.begin(event="door")


def test_whoever_has_none_is_told_so_after_the_password(house):
    """And is not asked for a key that he does not have."""
    house.catalog.save_event("door", "Door", ["directory-passkey"])
    begun = house.begin("nina", PAGE, "door")
    step = house.logon.answer(begun.ticket, {"password": PASSWORD}, PAGE)

    assert (MessageKey.PASSKEY_MISSING, "") == (step.message_key, step.asks.ceremony)


def test_a_blocked_person_does_not_get_in(house):
    """Also between the password and the key."""
    device = equipped(house)
    step = at_passkey(house)
    house.people.change("alice", enabled=False)

    assert MessageKey.PASSKEY_REFUSED is use(house, step, device).message_key


@pytest.mark.parametrize(
    ("bent", "changes"),
    [({"origin": "https://evil.example"}, {}), ({"rp_id": "evil.example"}, {}), ({}, {"challenge": "AAAA"})],
    ids=["origin", "rp", "challenge"],
)
def test_a_key_that_was_made_elsewhere_is_not_added(house, bent, changes):
    """Nor one for another question."""
    device = Authenticator(**bent)
    invitation = own_passkeys(house).invite(holder())
    outcome = own_passkeys(house).add(holder(), invitation.state, device.create(invitation.options, **changes), "x")

    assert Outcome.REFUSED is outcome
    assert [] == own_passkeys(house).keys(holder())


def test_an_invitation_is_for_one_person_and_a_while(house):
    """Sealed, so nobody can write one; somebody else's, an old one and a second use add nothing."""
    device = Authenticator()
    invitation = own_passkeys(house).invite(holder())
    brought = device.create(invitation.options)
    add_with = own_passkeys(house).add
    others = add_with(holder("corp:id-nina"), invitation.state, brought, "x")
    forged = add_with(holder(), invitation.state[:-4] + "AAAA", brought, "x")
    taken = [add_with(holder(), invitation.state, brought, "x") for _ in range(2)]
    house.wait(11 * 60)
    late = add_with(holder(), invitation.state, Authenticator().create(invitation.options), "x")

    assert (Outcome.OVER, Outcome.OVER, Outcome.OVER) == (others, forged, late)
    assert [Outcome.ADDED, Outcome.KNOWN] == taken


def test_a_key_of_somebody_else_cannot_be_added(house):
    """What a browser calls a key belongs to one person."""
    device = equipped(house)

    assert Outcome.KNOWN is add(house, device, "corp:id-nina")


def test_changes_ask_for_two_factors_just_now(house):
    """N-10: neither a stolen session nor a password alone adds, renames or removes a key."""
    equipped(house)
    key = own_passkeys(house).keys(holder())[0].id
    for weak in (holder(age=timedelta(minutes=20)), holder(is_two_factors=False)):
        for act in (
            lambda who=weak: own_passkeys(house).invite(who),
            lambda who=weak: own_passkeys(house).add(who, "", "", ""),
            lambda who=weak: own_passkeys(house).rename(who, key, "x"),
            lambda who=weak: own_passkeys(house).remove(who, key),
        ):
            with pytest.raises(ProofNeededError):
                act()


def test_there_is_an_end_to_keys(house):
    """Or a thief with a session could fill the table."""
    for _ in range(MOST):
        equipped(house)

    assert own_passkeys(house).invite(holder()) is None


def test_no_key_is_invited_where_browsers_make_none(house):
    """An IP address is no relying party."""
    bare = House(house.database, house.vault, house.clock, public_url="http://127.0.0.1:8080")

    assert own_passkeys(bare).invite(holder()) is None
    assert not own_passkeys(bare).are_possible
