"""Late, doubled, early and overtaking receipts, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import permutations
from threading import Barrier

import pytest
from sqlalchemy import update

from authsms.delivery import ledger
from authsms.delivery.models import Message
from authsms.delivery.states import MessageState, may_follow
from authsms.senders.submission import Accepted, PerhapsTaken, RefusalScope, Refused
from authsms.senders.webhook import Receipt, ReceiptState
from tests.integration.delivery.twins import Office


def _receipt(state: ReceiptState, provider_id: str = "SM1", **changes) -> Receipt:
    return Receipt(**{"provider_id": provider_id, "state": state, "word": str(state), **changes})


@pytest.fixture
def message_id(still_office: Office) -> str:
    """A message that the provider has accepted as SM1."""
    still_office.first.answer = lambda _submission: Accepted("SM1")
    message_id = still_office.post()
    still_office.deliver()
    return message_id


@pytest.mark.parametrize(
    "order", list(permutations([ReceiptState.SENT, ReceiptState.FAILED, ReceiptState.DELIVERED])), ids=str
)
def test_the_order_of_receipts_does_not_matter(still_office: Office, message_id: str, order: tuple[ReceiptState, ...]):
    """F-07: callbacks overtake each other."""
    for state in order:
        still_office.receipts.apply("first", [_receipt(state)])

    assert still_office.view(message_id).state == "delivered"


def test_a_receipt_counts_once(still_office: Office, message_id: str):
    """ATK-36: a replay changes nothing and is not recorded again."""
    new = [still_office.receipts.apply("first", [_receipt(ReceiptState.DELIVERED)] * 2) for _ in range(2)]

    assert [1, 0] == new
    assert ["message.accepted", "message.delivered"] == still_office.tags()


def test_a_message_arrives_once(still_office: Office, message_id: str):
    """Some providers go on to report that it was read."""
    still_office.receipts.apply("first", [_receipt(ReceiptState.DELIVERED, word="arrived", code="0")])
    still_office.receipts.apply("first", [_receipt(ReceiptState.DELIVERED, word="read")])
    view = still_office.view(message_id)

    assert ("delivered", "0", "arrived") == (view.state, view.code, view.detail)
    assert ["message.accepted", "message.delivered"] == still_office.tags()


def test_what_has_come_to_an_end_meanwhile_does_not_arrive(still_office: Office, message_id: str):
    """Between the look at a message and the report about it, others may settle it or report the same in other words."""
    arrived = set()
    for state in MessageState:
        with still_office.database.write() as session:
            session.execute(update(Message).where(Message.id == message_id).values(state=state.value))
            found = ledger.deliver(session, message_id, still_office.clock.now(), code="", word="")
        assert still_office.view(message_id).state == ("delivered" if found else state.value)
        arrived.update([state] if found else [])

    assert arrived == {state for state in MessageState if may_follow(state, MessageState.DELIVERED)}


def test_a_failure_shows_the_carriers_reason(still_office: Office, message_id: str):
    """The administrator sees why, and when it had been accepted."""
    accepted_at = still_office.view(message_id).accepted_at
    still_office.advance(timedelta(seconds=3))
    still_office.receipts.apply("first", [_receipt(ReceiptState.FAILED, word="undelivered", code="30003")])
    view = still_office.view(message_id)

    assert ("failed", "undelivered", "30003", "undelivered") == (view.state, view.reason, view.code, view.detail)
    assert accepted_at == view.accepted_at


def test_a_receipt_can_say_that_the_recipient_has_opted_out(still_office: Office, message_id: str):
    """M-05: some providers tell it only afterwards, and the page must say how to opt in again."""
    still_office.receipts.apply("first", [_receipt(ReceiptState.FAILED, code="21610", opted_out=True)])

    assert ("failed", "opted-out") == (still_office.view(message_id).state, still_office.view(message_id).reason)


def test_an_unknown_word_is_kept_and_changes_nothing(still_office: Office, message_id: str):
    """A provider's new word is neither success nor failure."""
    receipt = _receipt(ReceiptState.UNKNOWN_WORD, word="teleported")

    assert still_office.receipts.apply("first", [receipt]) == 1
    assert still_office.view(message_id).state == "accepted"


def test_another_service_cannot_report_about_a_message(still_office: Office, message_id: str):
    """ATK-36: ids of one provider mean nothing at another."""
    still_office.receipts.apply("second", [_receipt(ReceiptState.DELIVERED)])
    still_office.receipts.apply("second", [_receipt(ReceiptState.DELIVERED, "", reference=message_id)])

    assert still_office.view(message_id).state == "accepted"


def test_our_reference_finds_the_message(still_office: Office, message_id: str):
    """Some providers give no id of their own."""
    still_office.receipts.apply("first", [_receipt(ReceiptState.DELIVERED, "", reference=message_id)])

    assert still_office.view(message_id).state == "delivered"


def test_a_receipt_before_the_answer_is_not_lost(still_office: Office):
    """A provider may report while it is still answering us."""

    def report_first(_submission):
        still_office.receipts.apply("first", [_receipt(ReceiptState.DELIVERED)])
        return Accepted("SM1")

    still_office.first.answer = report_first
    message_id = still_office.post()
    still_office.deliver()

    assert still_office.view(message_id).state == "delivered"


def test_a_failure_before_the_answer_is_not_lost(still_office: Office):
    """It waits until the attempt has ended."""

    def report_first(submission):
        receipt = _receipt(ReceiptState.FAILED, "", reference=submission.message_id, code="30005")
        still_office.receipts.apply("first", [receipt])
        return Accepted("SM1")

    still_office.first.answer = report_first
    message_id = still_office.post()
    still_office.deliver()

    assert ("failed", "30005") == (still_office.view(message_id).state, still_office.view(message_id).code)


def test_a_receipt_for_a_doubtful_attempt_prevents_the_repeat(still_office: Office):
    """Nobody needs a second copy of what has arrived."""
    still_office.first.answer = lambda _submission: PerhapsTaken("timeout", "")
    message_id = still_office.post()
    still_office.deliver()
    still_office.receipts.apply("first", [_receipt(ReceiptState.SENT, "", reference=message_id)])
    still_office.advance(timedelta(seconds=5))

    assert still_office.deliver() == 0
    assert still_office.view(message_id).state == "accepted"
    assert still_office.secrets_of(message_id)[1] is None


def test_a_receipt_settles_what_was_unknown(still_office: Office):
    """Unknown is no judgement."""
    still_office.first.answer = lambda _submission: PerhapsTaken("timeout", "")
    message_id = still_office.post()
    for _ in range(2):
        still_office.deliver()
        still_office.advance(timedelta(seconds=2))
    before = still_office.view(message_id).state
    still_office.receipts.apply("first", [_receipt(ReceiptState.DELIVERED, "", reference=message_id)])

    assert ["unknown", "delivered"] == [before, still_office.view(message_id).state]


def test_a_receipt_that_crossed_the_answer_is_matched_later(still_office: Office, monkeypatch: pytest.MonkeyPatch):
    """Two transactions at the same moment see nothing of each other; the sweeper brings them together."""
    still_office.receipts.apply("first", [_receipt(ReceiptState.DELIVERED, "SM2")])
    still_office.first.answer = lambda _submission: Accepted("SM2")
    message_id = still_office.post()
    with monkeypatch.context() as patch:
        patch.setattr(still_office.receipts, "absorb", lambda *_arguments: None)
        still_office.deliver()
    before = still_office.view(message_id).state
    matched = still_office.sweeper().sweep().matched

    assert ("accepted", 1, "delivered") == (before, matched, still_office.view(message_id).state)


def test_receipts_of_one_moment_do_not_block_each_other(still_office: Office):
    """Callbacks about one message reach several processes at once; none may fail because of the others."""
    states = (ReceiptState.SENT, ReceiptState.FAILED, ReceiptState.DELIVERED)
    still_office.first.answer = lambda submission: Accepted(f"SM{submission.message_id}")
    message_ids = [still_office.post() for _ in range(10)]
    still_office.deliver()
    start = Barrier(len(states))

    def report(state: ReceiptState) -> int:
        new = 0
        for message_id in message_ids:
            start.wait(60)
            new += still_office.receipts.apply("first", [_receipt(state, f"SM{message_id}")])
        return new

    with ThreadPoolExecutor(len(states)) as threads:
        assert [10, 10, 10] == list(threads.map(report, states))

    assert {"delivered"} == {still_office.view(message_id).state for message_id in message_ids}


def test_receipts_that_nothing_claims_are_forgotten(still_office: Office):
    """A provider account that others use too must not fill the table."""
    still_office.receipts.apply("first", [_receipt(ReceiptState.DELIVERED, "stranger")])
    kept = still_office.receipts.purge()
    still_office.advance(timedelta(days=4))

    assert [0, 1] == [kept, still_office.receipts.purge()]


def test_a_refused_message_ignores_a_late_sent(still_office: Office):
    """Final states do not go back."""
    still_office.first.answer = lambda _submission: Refused(RefusalScope.MESSAGE, "21211", "")
    message_id = still_office.post()
    still_office.deliver()
    still_office.receipts.apply("first", [_receipt(ReceiptState.SENT, "", reference=message_id)])

    assert still_office.view(message_id).state == "failed"


def test_hostile_receipts_are_bounded(still_office: Office, message_id: str):
    """What a provider writes goes into columns and onto a page."""
    receipt = _receipt(ReceiptState.FAILED, word="a\0" + "x" * 10_000, code="\ud800" * 1000)
    still_office.receipts.apply("first", [receipt])
    view = still_office.view(message_id)

    assert view.state == "failed"
    assert (view.code + view.detail).isprintable()
    assert len(view.code + view.detail) <= 200
