"""The proof of a contact over the real outbox and engine of codes, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import select

from authsms.audit import AuditTag
from authsms.audit.vocabulary import Author
from authsms.contacts.agreement import METHOD, ConsentAct, ContactKind, ContactState, wording
from authsms.contacts.models import ConsentRow, ContactRow
from authsms.delivery.states import MessageState
from authsms.foundation.db import Database
from authsms.foundation.errors import ConflictError, TooManyRequestsError
from authsms.messaging.verification import Outcome
from authsms.senders.submission import Purpose
from tests.integration.contacts.post import PHONE
from tests.integration.messaging.owner import ALICE, BEN, OTHER, Own


def test_a_contact_is_live_only_after_its_code_came_back(own: Own):
    """And the consent says who, when, from where, and to which words."""
    contact = own.add()
    code = own.ask(contact)
    asked = own.state(contact)
    outcome = own.proofs.confirm(ALICE, contact, f" {code[:3]} {code[3:]} ")
    (consent,) = own.ledger.of(ALICE.person_key)

    assert (ContactState.ASKED, Outcome.VERIFIED, ContactState.VERIFIED) == (asked, outcome, own.state(contact))
    assert (ConsentAct.GIVEN, "alice", "192.0.2.7", "self-service") == (
        *(consent.act, consent.login),
        *(consent.address, consent.source),
    )
    assert wording("en", "127.0.0.1") == consent.wording
    assert own.post.clock.now() == consent.at


def test_the_text_names_the_sender_help_and_stop(own: Own):
    """In one segment, whatever the language; M-02."""
    own.proofs.ask(ALICE, own.add(), "de")
    (text,) = own.post.deliver()

    assert all(word in text for word in ("127.0.0.1:", "HILFE", "STOP"))
    assert text.startswith("codes")


def test_numbers_and_codes_are_nowhere_in_the_tables_and_the_trail(own: Own, database: Database):
    """Sealed, hashed, masked."""
    contact = own.add()
    code = own.ask(contact)
    own.proofs.confirm(ALICE, contact, code)
    with database.read() as session:
        rows = [*session.execute(select(ContactRow.__table__)), *session.execute(select(ConsentRow.__table__))]
    told = repr(rows) + repr([one.entry for one in own.post.services.audit.search()])

    assert str(PHONE)[1:] not in told
    assert code not in told
    assert PHONE == own.book.number_of(own.book.find(ALICE.person_key, contact))


def test_a_wrong_code_proves_nothing_and_is_counted_apart_from_logins(own: Own):
    """N-06: neither does it end the row of wrong codes of a login, nor does it add to it."""
    contact = own.add()
    code = own.ask(contact)
    failures = own.post.services.challenges.failures
    with own.post.services.database.write() as session:
        failures.add(session, ALICE.person_key, "SMS_OTP:1")
    wrong = own.proofs.confirm(ALICE, contact, f"{(int(code) + 1) % 10**6:06d}")
    with own.post.services.database.read() as session:
        counted = failures.standing(session, ALICE.person_key, METHOD).failures
    own.proofs.confirm(ALICE, contact, code)
    with own.post.services.database.read() as session:
        left = [failures.standing(session, ALICE.person_key, one).failures for one in (METHOD, "SMS_OTP:1")]

    assert (Outcome.WRONG, 1, [0, 1]) == (wrong, counted, left)


def test_guessing_is_held_up_and_only_five_guesses_are_compared(own: Own):
    """ATK-46 with ATK-05: also with the right code in the end."""
    contact = own.add()
    code = own.ask(contact)
    outcomes = [own.proofs.confirm(ALICE, contact, f"{(int(code) + step) % 10**6:06d}") for step in (1, 2, 3, 4, 5)]

    assert [Outcome.WRONG] * 5 == outcomes
    assert own.proofs.confirm(ALICE, contact, code) is not Outcome.VERIFIED
    assert ContactState.ASKED is own.state(contact)
    assert AuditTag.METHOD_HELD in [one.entry.tag for one in own.post.services.audit.search()]


@pytest.mark.parametrize("typed", ["", "12345", "abcdef", "1" * 65])
def test_what_is_no_code_is_not_counted(own: Own, typed: str):
    """A slip is no guess."""
    contact = own.add()
    code = own.ask(contact)

    assert Outcome.MALFORMED is own.proofs.confirm(ALICE, contact, typed)
    assert Outcome.VERIFIED is own.proofs.confirm(ALICE, contact, code)


def test_a_code_is_good_once_for_a_while_and_for_the_newest_wish(own: Own):
    """N-02, N-03."""
    contact = own.add()
    old = own.ask(contact)
    new = own.ask(contact)
    first = own.proofs.confirm(ALICE, contact, old) if old != new else Outcome.WRONG
    own.post.clock.advance(timedelta(minutes=11))

    assert (Outcome.WRONG, Outcome.WRONG) == (first, own.proofs.confirm(ALICE, contact, new))
    assert [] == own.acts()


def test_one_code_makes_one_consent_however_often_it_is_sent(own: Own):
    """Many browsers at once."""
    contact = own.add()
    code = own.ask(contact)

    def confirm(_number: int) -> Outcome | None:
        try:
            return own.proofs.confirm(ALICE, contact, code)
        except ConflictError:
            return None

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(confirm, range(4)))

    assert 1 == outcomes.count(Outcome.VERIFIED)
    assert [ConsentAct.GIVEN] == own.acts()


def test_another_number_put_in_before_the_code_comes_back_is_not_proven(own: Own):
    """ATK-09: the code proves the number it was sent to."""
    contact = own.add()
    code = own.ask(contact)
    own.book.change(ALICE, contact, ContactKind.MOBILE, OTHER)

    with pytest.raises(ConflictError):
        own.proofs.confirm(ALICE, contact, code)
    assert ContactState.IDLE is own.state(contact)


def test_the_limits_of_codes_hold_here_too(own: Own):
    """ATK-12: one window for a number and a person, whichever page a code is asked for on."""
    contact, other = own.add(), own.add(OTHER)
    own.ask(contact)
    for wish in (contact, other):
        with pytest.raises(TooManyRequestsError):
            own.proofs.ask(ALICE, wish, "en")
    with pytest.raises(TooManyRequestsError):
        own.proofs.ask(BEN, own.add(owner=BEN), "en")

    with own.post.services.database.write() as session:
        key = "number:" + own.post.services.vault.keyed_hash("sms-number", PHONE)
        assert not own.post.services.budget.take(session, key).granted


def test_a_switched_off_method_sends_nothing(own: Own):
    """N-05: until a help desk binds it again."""
    contact = own.add()
    with own.post.services.database.write() as session:
        for _ in range(4):
            own.post.services.challenges.failures.add(session, ALICE.person_key, METHOD)
    for _ in range(16):
        own.post.clock.advance(timedelta(hours=2))
        with own.post.services.database.write() as session:
            own.post.services.challenges.failures.add(session, ALICE.person_key, METHOD)

    assert Outcome.DISABLED is own.proofs.ask(ALICE, contact, "en")
    assert [] == own.post.deliver()


def test_codes_go_out_before_notices(own: Own):
    """As codes of logons do: by the services for them, and urgently."""
    contact = own.add()
    own.proofs.ask(ALICE, contact, "en")
    notice = own.post.post(Purpose.NOTICE, to=OTHER)
    sent = own.post.deliver()

    assert ["codes", "offers"] == [text.partition(" ")[0] for text in sent]
    assert MessageState.QUEUED is not own.post.view(notice).state


def test_naming_the_number_of_somebody_else_leaves_him_codes_to_sign_in(own: Own):
    """However many people do: half of what the number may get in a day is kept for logins."""
    asked = 0
    for number in range(12):
        eve = Author(f"eve{number}", f"LOCAL:e{number}")
        contact = own.add(owner=eve)
        own.post.clock.advance(timedelta(minutes=11))
        with suppress(TooManyRequestsError):
            asked += own.proofs.ask(eve, contact, "en") is Outcome.SENT

    services = own.post.services
    key = "number:" + services.vault.keyed_hash("sms-number", PHONE)
    with services.database.write() as session:
        assert services.budget.take(session, key, "person:LOCAL:owner").granted
    assert services.settings.sms.per_day // 2 == asked
