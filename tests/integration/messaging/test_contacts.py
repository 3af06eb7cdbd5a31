"""Contacts over the real outbox and tables, on both databases."""

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import DBAPIError

from authsms.contacts.agreement import MOST_CONTACTS, ConsentAct, ContactKind, ContactState
from authsms.contacts.models import ConsentRow
from authsms.foundation.db import Database
from authsms.foundation.errors import ConflictError, InvalidInputError, NotFoundError
from authsms.foundation.phone import PhoneNumber
from authsms.messaging.verification import Outcome
from tests.integration.contacts.post import OFFERS, PHONE
from tests.integration.messaging.owner import ALICE, BEN, OTHER, Own


def test_another_number_is_proven_anew_and_ends_the_consent_of_the_old_one(own: Own):
    """The same number, or another sort, changes nothing."""
    contact = own.add()
    own.verify(contact)
    kept = own.book.change(ALICE, contact, ContactKind.WORK, PHONE)
    still = own.state(contact)
    moved = own.book.change(ALICE, contact, ContactKind.WORK, OTHER)

    assert (False, ContactState.VERIFIED, True, ContactState.IDLE) == (kept, still, moved, own.state(contact))
    assert [ConsentAct.GIVEN, ConsentAct.WITHDRAWN] == own.acts()
    assert ["•••••••78"] * 2 == [one.masked for one in own.ledger.of(ALICE.person_key)]


def test_nobody_reaches_the_contacts_of_somebody_else(own: Own):
    """A number of another user is allowed, and counts for its owner only; N-25."""
    contact = own.add()
    code = own.ask(contact)
    for attempt in (
        lambda: own.proofs.confirm(BEN, contact, code),
        lambda: own.proofs.ask(BEN, contact, "en"),
        lambda: own.book.change(BEN, contact, ContactKind.MOBILE, OTHER),
        lambda: own.book.withdraw(BEN, contact),
        lambda: own.book.put_first(BEN, contact),
        lambda: own.book.remove(BEN, contact),
    ):
        with pytest.raises(NotFoundError):
            attempt()

    assert own.add(owner=BEN)
    assert [] == [one for one in own.book.of(BEN.person_key) if one.is_live]


def test_a_stop_takes_the_number_out_and_nothing_else(own: Own):
    """Whoever has named it, and whichever sender was answered; a START does not bring it back."""
    contact, other, bens = own.add(), own.add(OTHER), own.add(owner=BEN)
    for one, owner in ((contact, ALICE), (other, ALICE), (bens, BEN)):
        own.verify(one, owner=owner)
    own.post.text("STOP", to=OFFERS, service="offers")
    stopped = [own.state(contact), own.state(other), own.state(bens, owner=BEN)]
    own.post.text("START", to=OFFERS, service="offers")

    assert [ContactState.STOPPED, ContactState.VERIFIED, ContactState.STOPPED] == stopped
    assert ContactState.STOPPED is own.state(contact)
    assert [] == own.post.blocked()
    assert ConsentAct.STOPPED is own.acts()[-1] is own.acts(BEN)[-1]
    own.verify(contact)
    assert ContactState.VERIFIED is own.state(contact)


def test_a_code_that_was_asked_for_before_a_stop_brings_nothing_back(own: Own):
    """The STOP came last."""
    contact = own.add()
    code = own.ask(contact)
    own.post.text("STOP", to=OFFERS, service="offers")

    with pytest.raises(ConflictError):
        own.proofs.confirm(ALICE, contact, code)
    assert [] == own.acts()


def test_who_has_blocked_the_sender_is_told_so(own: Own):
    """Nothing is sent, and no code is awaited."""
    contact = own.add()
    own.post.text("STOP")
    outcome = own.proofs.ask(ALICE, contact, "en")

    assert (Outcome.OPTED_OUT, ContactState.STOPPED) == (outcome, own.state(contact))


def test_a_tick_can_be_taken_away_and_set_again(own: Own):
    """Each time with a code."""
    contact = own.add()
    own.verify(contact)
    own.book.withdraw(ALICE, contact)
    own.book.withdraw(ALICE, contact)
    own.verify(contact)
    own.book.remove(ALICE, contact)

    assert [ConsentAct.GIVEN, ConsentAct.WITHDRAWN] * 2 == own.acts()
    assert [] == own.book.of(ALICE.person_key)


def test_a_number_is_named_once_and_there_are_not_too_many(own: Own):
    """In whatever spelling."""
    own.add(own.proofs.number("0151 / 12345678"))
    with pytest.raises(ConflictError):
        own.add(own.proofs.number("+49 (0)151 12345678"))
    with pytest.raises(InvalidInputError):
        own.proofs.number("=1+2")
    for last in range(MOST_CONTACTS - 1):
        own.add(PhoneNumber(f"+49151123456{last:02d}"))
    with pytest.raises(ConflictError):
        own.add(OTHER)


def test_contacts_stand_in_the_order_of_their_owner(own: Own):
    """The newest comes last until it is put first."""
    first, second = own.add(), own.add(OTHER)
    before = [one.id for one in own.book.of(ALICE.person_key)]
    own.book.put_first(ALICE, second)

    assert ([first, second], [second, first]) == (before, [one.id for one in own.book.of(ALICE.person_key)])


@pytest.mark.parametrize("statement", [update(ConsentRow).values(login="eve"), delete(ConsentRow)])
def test_the_database_itself_refuses_to_change_consents(own: Own, database: Database, statement):
    """Also to somebody who has the server's own account."""
    own.verify(own.add())

    with pytest.raises(DBAPIError, match="append only"), database.write() as session:
        session.execute(statement)
