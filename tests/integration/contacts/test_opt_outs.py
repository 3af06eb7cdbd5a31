"""STOP, START and HELP over the real outbox and tables, on both databases."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import event, select

from authsms.contacts.inbox import KEYS_KEPT, TEXTS_KEPT
from authsms.contacts.models import InboundTextRecord
from authsms.delivery.models import Message
from authsms.delivery.states import Failure, MessageState, Withheld
from authsms.foundation.db import Database
from authsms.foundation.phone import PhoneNumber
from authsms.foundation.settings import Settings
from authsms.foundation.vault import Vault
from authsms.senders.submission import Accepted, Purpose, RefusalScope, Refused
from authsms.senders.webhook import InboundMessage, Receipt, ReceiptState
from authsms.wiring import assemble
from tests.fakes import ManualClock
from tests.integration.contacts.post import CODES, OFFERS, PHONE, Post


@pytest.fixture
def post(settings: Settings, database: Database, vault: Vault, clock: ManualClock) -> Iterator[Post]:
    """An installation; on SQLite and on PostgreSQL."""
    services = assemble(settings, database, vault, clock)
    services.prepare()
    made = Post(services, clock)
    made.add("codes", CODES, Purpose.AUTHENTICATION, Purpose.VERIFICATION)
    made.add("offers", OFFERS, Purpose.OFFER, Purpose.NOTICE)
    services.senders.templates(Purpose.AUTHENTICATION)
    yield made
    services.people.close()


def test_a_stop_withholds_the_next_code_and_a_start_lets_it_through(post: Post):
    """M-03, M-05: with the words for the code page, and the sender's service."""
    post.text("Stop.")
    withheld = post.post()
    post.text("start")

    assert (MessageState.WITHHELD, Withheld.OPTED_OUT, "codes") == (withheld.state, withheld.reason, withheld.service)
    assert MessageState.QUEUED is post.post().state
    assert (["consent.stopped", "consent.started"], []) == (post.tags(), post.blocked())


def test_a_stop_to_offers_costs_nobody_his_codes(post: Post):
    """The block is for the sender that was answered."""
    post.text("STOP", to=OFFERS, service="offers")

    assert MessageState.QUEUED is post.post().state
    assert MessageState.WITHHELD is post.post(Purpose.OFFER).state
    assert [("offers", OFFERS, "reply")] == post.blocked()


def test_nobody_routes_around_a_stop(post: Post):
    """Another service of the same purpose must not step in, not even before the blocked one."""
    post.add("spare", "+12025550177", Purpose.AUTHENTICATION)
    post.services.senders.templates(Purpose.AUTHENTICATION)
    post.text("STOP")

    assert MessageState.WITHHELD is post.post().state


def test_somebody_else_is_still_texted(post: Post):
    """One number is blocked, not the sender."""
    post.text("STOP")

    assert MessageState.QUEUED is post.post(to=PhoneNumber("+4915112345679")).state


def test_a_stop_is_confirmed_once_by_its_sender_and_then_there_is_silence(post: Post):
    """M-04; the answer goes out the way the keyword came in, although the policy would take another."""
    post.text("STOPP")
    post.text("STOP")
    post.text("stop stop")

    (confirmation,) = post.deliver()

    assert confirmation.startswith(f"codes {CODES} 127.0.0.1: Sie erhalten von dieser Nummer keine SMS mehr")
    assert [] == post.deliver()


def test_help_is_answered_once_an_hour(post: Post):
    """Whoever asks a hundred times is told once; it is our bill."""
    post.text("HELP")
    post.text("HILFE")
    told = post.deliver()
    post.clock.advance(timedelta(hours=1, seconds=1))
    post.text("info")

    assert (1, 1) == (len(told), len(post.deliver()))


def test_yes_is_no_start_unless_something_is_blocked(post: Post):
    """It may be the answer to a question."""
    post.text("YES")

    assert ([], []) == (post.tags(), post.deliver())


def test_a_provider_that_answers_by_itself_is_not_repeated(post: Post):
    """Twilio does for the words everybody obeys, not for others."""
    settings = {"account_sid": "AC" + "0" * 32, "auth_token": "secret"}
    post.add("twilio", "+12025550122", Purpose.OFFER, kind="twilio", **settings)
    post.text("STOP", to="+12025550122", service="twilio")
    post.text("weg damit", to="+12025550122", service="twilio", told="START")
    quiet = post.deliver()
    post.text("ABMELDEN", to="+12025550122", service="twilio")

    assert ([], 1) == (quiet, len(post.deliver()))
    assert ["consent.stopped", "consent.started", "consent.stopped"] == post.tags()


def test_a_text_that_is_repeated_is_handled_once(post: Post):
    """Also a STOP that is replayed after a START."""
    taken = [
        post.text("STOP", key="SM1"),
        post.text("STOP", key="SM1"),
        post.text("START"),
        post.text("STOP", key="SM1"),
    ]

    assert ([True, False, True, False], []) == (taken, post.blocked())


def test_the_same_stop_many_times_at_once_is_one(post: Post):
    """Retries of the provider reach several processes."""
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: post.text("STOP", key="SM7"), range(16)))

    assert (1, ["consent.stopped"]) == (taken.count(True), post.tags())
    assert 1 == len(post.deliver())


def test_different_stops_at_once_make_one_block_and_one_answer(post: Post):
    """Whichever comes first."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: post.text("STOP", key=f"SM{number}"), range(8)))

    assert ([("codes", CODES, "reply")], ["consent.stopped"], 1) == (post.blocked(), post.tags(), len(post.deliver()))


def test_a_text_that_waits_is_not_sent_after_a_stop(post: Post):
    """What was queued before is looked at again when its turn comes."""
    waiting = post.post()
    post.text("STOP")
    sent = post.deliver()

    assert [f"codes {CODES} 127.0.0.1"] == [words.partition(":")[0] for words in sent]
    assert (MessageState.FAILED, Failure.OPTED_OUT) == (post.view(waiting).state, post.view(waiting).reason)


def test_a_provider_that_refuses_blocks_the_number_until_a_start(post: Post):
    """M-05: where replies reach us, the provider is not asked again."""
    post.text("hello")
    post.post()
    post.deliver(lambda _: Refused(RefusalScope.MESSAGE, "21610", "no", opted_out=True))
    withheld = post.post()
    post.text("START")

    assert (MessageState.WITHHELD, Withheld.OPTED_OUT) == (withheld.state, withheld.reason)
    assert MessageState.QUEUED is post.post().state


def test_a_receipt_that_tells_of_an_opt_out_blocks_the_number(post: Post):
    """Some providers find out later."""
    post.text("hello")
    message = post.post()
    post.deliver(lambda _: Accepted("p-late"))
    receipt = Receipt("p-late", ReceiptState.FAILED, "failed", "103", opted_out=True)
    post.services.receipts.apply("codes", [receipt])

    assert Failure.OPTED_OUT == post.view(message).reason
    assert [("codes", "", "provider")] == post.blocked()
    assert MessageState.WITHHELD is post.post().state


def test_a_provider_whose_replies_do_not_reach_us_is_asked_again(post: Post):
    """A START would be known to the provider alone; what arrives lifts the block."""
    post.post()
    post.deliver(lambda _: Refused(RefusalScope.MESSAGE, "21610", "no", opted_out=True))
    again = post.post()
    post.deliver(lambda _: Accepted("p-again"))
    blocked = post.blocked()
    post.services.receipts.apply("codes", [Receipt("p-again", ReceiptState.DELIVERED, "delivered")])

    assert MessageState.QUEUED is again.state
    assert ([("codes", "", "provider")], []) == (blocked, post.blocked())


def test_a_text_nobody_can_be_called_back_for_is_only_kept(post: Post):
    """A short code or a name is no number to text."""
    message = InboundMessage("in-short", "72727", CODES, "STOP")

    assert post.services.inbox.take(post.services.senders.service("codes"), message)
    assert ([], []) == (post.tags(), post.deliver())


def test_words_are_sealed_then_wiped_and_the_key_outlives_them(post: Post):
    """Nobody reads them in a dump, and a replay finds its key for a year."""
    post.text("call me at 555", key="SM9")
    query = select(InboundTextRecord.text, InboundTextRecord.kind)
    with post.services.database.read() as session:
        (sealed, kind) = session.execute(query).one()
    post.clock.advance(TEXTS_KEPT + timedelta(minutes=1))
    wiped = post.services.inbox.purge()
    known = post.text("call me at 555", key="SM9")
    post.clock.advance(KEYS_KEPT)

    assert sealed is not None
    assert (b"555" in sealed, kind, wiped, known) == (False, "other", 1, False)
    assert 1 == post.services.inbox.purge()


@pytest.mark.usefixtures("rare_looks")
def test_nothing_is_asked_per_text_while_nobody_has_opted_out(post: Post):
    """The hot path pays for the list only where there is one."""
    post.post()
    asked: list[str] = []

    def note(_connection, _cursor, statement, *_further):
        asked.append(statement)

    event.listen(post.services.database.engine, "before_cursor_execute", note)
    post.post()
    before = [one for one in asked if "suppression" in one]
    event.remove(post.services.database.engine, "before_cursor_execute", note)
    post.text("STOP", to=OFFERS, service="offers")
    post.post()
    event.listen(post.services.database.engine, "before_cursor_execute", note)
    asked.clear()
    post.post(to=PhoneNumber("+4915112345679"))
    event.remove(post.services.database.engine, "before_cursor_execute", note)

    assert [] == before
    assert 1 == len([one for one in asked if "suppression.service" in one])


def test_no_number_stands_in_the_tables(post: Post):
    """Only a keyed hash, and the last two digits."""
    post.text("STOP")
    with post.services.database.read() as session:
        shown = [str(row) for row in session.execute(select(*Message.__table__.c))]
        shown += [str(row) for row in session.execute(select(*InboundTextRecord.__table__.c))]
    shown += map(str, post.services.suppressions.of(PHONE))

    assert [] == [row for row in shown if PHONE[1:] in row]
