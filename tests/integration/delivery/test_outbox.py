"""Messages in the transaction of what they belong to, on both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest

from authsms.delivery.states import Withheld
from authsms.foundation.errors import InvalidInputError, NotFoundError
from authsms.senders.submission import NotTaken, PerhapsTaken, Purpose
from tests.integration.delivery.twins import PHONE, Office


def test_a_rolled_back_message_does_not_exist(still_office: Office):
    """F-08: neither a code without a text nor a text without a code."""
    draft = still_office.draft()
    with pytest.raises(LookupError), still_office.database.write() as session:
        still_office.outbox.enqueue(session, draft)
        raise LookupError

    with pytest.raises(NotFoundError):
        still_office.view(draft.id)
    assert [] == still_office.claim()


def test_number_and_text_are_sealed(still_office: Office):
    """A stolen database tells neither codes nor numbers."""
    message_id = still_office.post("Your code is 123456")
    recipient, text = still_office.secrets_of(message_id)

    assert recipient
    assert text
    assert b"123456" not in text
    assert PHONE.encode() not in recipient
    assert "•••••••67" == still_office.view(message_id).masked


def test_a_sealed_text_opens_only_in_its_own_row(still_office: Office):
    """Somebody with write access to the database must not send one person's code to another."""
    mine, theirs = still_office.post("mine"), still_office.post("theirs")
    one, other = still_office.claim()
    still_office.dispatcher().dispatch(replace(one, text=other.text), "me")
    still_office.dispatcher().dispatch(replace(other, recipient=one.recipient), "me")

    assert [] == still_office.first.submissions
    assert {"unreadable"} == {still_office.view(one).reason for one in (mine, theirs)}


def test_a_withheld_message_is_kept_but_never_sent(still_office: Office):
    """It answers "why was there no code?" and takes the same work as any other."""
    message_id = still_office.post(recipient=None, withheld=Withheld.NO_PHONE)
    view = still_office.view(message_id)

    assert ("withheld", "no-phone", "") == (view.state, view.reason, view.masked)
    assert [] == still_office.claim()
    assert (None, None) == still_office.secrets_of(message_id)
    assert ["message.withheld"] == still_office.tags()


def test_a_withheld_message_rings_as_well(still_office: Office):
    """Whoever measures time must not learn that a person does not exist."""
    with still_office.doorbell.listen() as listener:
        still_office.post(recipient=None, withheld=Withheld.UNKNOWN_PERSON)

        assert listener.wait(timedelta(0))


@pytest.mark.parametrize("changes", [{"text": ""}, {"text": "x" * 4001}, {"recipient": None}])
def test_an_unusable_draft_is_refused(still_office: Office, changes: dict):
    """A mistake of the caller shows at once and not at the provider."""
    with pytest.raises(InvalidInputError), still_office.database.write() as session:
        still_office.outbox.enqueue(session, still_office.draft(**changes))


def test_a_superseded_message_is_never_sent(still_office: Office):
    """Newest code wins: the text with the dead one stays here."""
    old = still_office.post(reference="challenge:1")
    other = still_office.post(reference="challenge:2")
    with still_office.database.write() as session:
        taken_back = still_office.outbox.supersede(session, "challenge:1")
    still_office.deliver()

    assert taken_back == 1
    assert ("stale", "superseded") == (still_office.view(old).state, still_office.view(old).reason)
    assert [other] == [submission.message_id for submission in still_office.first.submissions]
    assert still_office.secrets_of(old)[1] is None


def test_a_message_that_was_claimed_can_still_be_superseded(still_office: Office):
    """Between the claim and the attempt nothing has been sent yet."""
    message_id = still_office.post(reference="challenge:1")
    [claimed] = still_office.claim()
    with still_office.database.write() as session:
        still_office.outbox.supersede(session, "challenge:1")
    still_office.dispatcher().dispatch(claimed, "me")

    assert [] == still_office.first.submissions
    assert still_office.view(message_id).state == "stale"


def test_a_message_under_way_is_not_repeated_once_superseded(still_office: Office):
    """It cannot be called back, but its repeat would bring a dead code."""

    def supersede_meanwhile(_submission):
        with still_office.database.write() as session:
            still_office.outbox.supersede(session, "challenge:1")
        return PerhapsTaken("timeout", "")

    still_office.first.answer = supersede_meanwhile
    message_id = still_office.post(reference="challenge:1")
    still_office.deliver()
    still_office.advance(timedelta(seconds=2))
    still_office.sweeper().sweep()

    assert still_office.deliver() == 0
    assert ("unknown", 1) == (still_office.view(message_id).state, still_office.view(message_id).attempts)
    assert still_office.secrets_of(message_id)[1] is None


def test_a_cancelled_message_is_never_sent(still_office: Office):
    """An administrator stops it."""
    message_id = still_office.post()

    assert [True, False] == [still_office.outbox.cancel(message_id), still_office.outbox.cancel(message_id)]
    assert ("stale", "cancelled") == (still_office.view(message_id).state, still_office.view(message_id).reason)
    assert still_office.deliver() == 0


def test_audit_records_name_the_person_and_mask_the_number(still_office: Office):
    """Nothing in the audit trail can be used to log in or to call somebody."""
    still_office.post("Your code is 123456", person_key="ldap:1", login="ann", process_id="p1")
    still_office.deliver()
    [record] = still_office.audit.search()

    assert ("message.accepted", "ldap:1", "ann", "p1") == (
        record.entry.tag,
        record.entry.person_key,
        record.entry.login,
        record.entry.process_id,
    )
    assert record.entry.details["recipient"] == "•••••••67"
    assert "123456" not in str(record.entry)


@pytest.mark.parametrize("limit", [1, 10])
def test_messages_are_taken_by_urgency_then_codes_by_deadline_and_others_by_age(still_office: Office, limit: int):
    """F-29: after an outage, the oldest codes would be dead on arrival; who asked last still waits for his."""
    posted: dict[str, str] = {}
    for number in (1, 2, 3):
        for purpose in (Purpose.OFFER, Purpose.NOTICE, Purpose.AUTHENTICATION, Purpose.VERIFICATION):
            posted[still_office.post(purpose=purpose)] = f"{purpose} {number}"
        still_office.advance(timedelta(seconds=5))

    taken = [posted[claimed.subject.id] for _ in range(12) for claimed in still_office.claim(limit=limit)]
    codes = [f"{purpose} {number}" for purpose in ("authentication", "verification") for number in (3, 2, 1)]
    others = [f"{purpose} {number}" for purpose in ("notice", "offer") for number in (1, 2, 3)]
    assert [*codes, *others] == taken


def test_a_code_that_waits_for_its_repeat_keeps_nobody_waiting(still_office: Office):
    """Its deadline is the newest, but its time has not come."""
    still_office.first.answer = lambda _submission: NotTaken("connect", "refused")
    older = still_office.post()
    still_office.advance(timedelta(seconds=5))
    newer = still_office.post()
    [first] = still_office.claim(limit=1)
    still_office.dispatcher().dispatch(first, "me")

    assert newer == first.subject.id
    assert [older] == [claimed.subject.id for claimed in still_office.claim()]
    still_office.advance(timedelta(seconds=2))
    assert [newer] == [claimed.subject.id for claimed in still_office.claim()]


def test_the_reserve_takes_authentication_only(still_office: Office):
    """Notices do not get into the threads that are kept."""
    still_office.post(purpose=Purpose.NOTICE)
    urgent = still_office.post()

    assert [urgent] == [claimed.subject.id for claimed in still_office.claim(urgent_only=True)]
    assert [] == still_office.claim(urgent_only=True)
