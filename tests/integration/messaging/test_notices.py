"""Notices over the real outbox and tables, on both databases."""

from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select

from authsms.audit.vocabulary import Author
from authsms.contacts.consent import Way
from authsms.contacts.suppression import Source, Stop
from authsms.delivery.models import Message
from authsms.delivery.outbox import Draft
from authsms.delivery.states import MessageState
from authsms.foundation.db import Database
from authsms.foundation.errors import ConflictError, InvalidInputError, NotFoundError
from authsms.foundation.phone import PhoneNumber
from authsms.messaging.audience import Left
from authsms.messaging.notices import KEPT
from authsms.messaging.timeline import MOST_SLOTS
from authsms.senders.submission import NotTaken, Purpose, Submission
from tests.fakes import ManualClock
from tests.integration.messaging.crowd import ADMIN, Crowd


def test_who_has_agreed_gets_it_once_and_everybody_else_is_counted(crowd: Crowd):
    """Sent again under the same name, it reaches only those who are new."""
    crowd.add("anna", "+4915112345601")
    crowd.add("anton", "+4915112345601")
    crowd.add("berta", "+4915112345602", is_live=False)
    crowd.add("emil", "+4915112345603", enabled=False)
    survey = crowd.survey(*crowd.services.contacts.owners("LOCAL"), crowd.add("carl"), "LOCAL:nobody")
    first, second = crowd.send(survey), crowd.send(survey)
    dora = crowd.add("dora", "+4915112345604")
    third = crowd.send(crowd.survey(dora))

    assert {Left.SAME_NUMBER: 1, Left.UNCONFIRMED: 1, Left.NO_CONTACT: 1, Left.GONE: 2} == survey.left
    assert (1, 0, 1) == (first, second, third)
    assert ["offers", "offers"] == [text.partition(" ")[0] for text in crowd.post.deliver()]


def test_who_is_blocked_gets_nothing(crowd: Crowd):
    """Like somebody whose account is switched off."""
    anna = crowd.add("anna", "+4915112345601")
    services = crowd.services
    with services.database.write() as session:
        services.blocks.add(session, anna, "anna", reason="has left", by="admin")
    survey = crowd.survey()

    assert ({Left.GONE: 1}, 0) == (survey.left, crowd.send(survey))


def test_a_notice_comes_in_the_language_that_its_reader_keeps(crowd: Crowd):
    """Of those it is written in; before the language of the consent."""
    keys = [crowd.add("anna", "+4915112345601"), crowd.add("berta", "+4915112345602")]
    crowd.services.preferences.keep_language(keys[0], "de")
    crowd.send(crowd.survey(*keys))

    assert ["Anna, heute keine Kantine", "Berta, the canteen is closed"] == sorted(
        text.partition(": ")[2].partition(".")[0] for text in crowd.post.deliver()
    )


def test_texts_name_the_person_and_the_sender_and_are_sealed(crowd: Crowd, database: Database):
    """In the language of the consent, else in English, where its reader keeps none."""
    crowd.send(crowd.survey(crowd.add("anna", "+4915112345601")))
    with database.read() as session:
        (row,) = session.execute(select(Message.text, Message.reference)).all()
    (text,) = crowd.post.deliver()

    assert "notice:canteen" == row.reference
    assert b"canteen" not in row.text
    assert text.endswith("example.org: Anna, the canteen is closed. STOP ends.")


def test_who_says_stop_between_the_dry_run_and_the_sending_gets_nothing(crowd: Crowd):
    """What counts is the moment of writing."""
    number = PhoneNumber("+4915112345678")
    survey = crowd.survey(crowd.add("anna", number))
    crowd.post.text("STOP")
    sent = crowd.send(survey)

    assert (1, 0) == (len(survey.reached), sent)
    assert {Left.STOPPED: 1} == crowd.survey().left


def test_what_has_not_gone_out_can_be_cancelled(crowd: Crowd):
    """And nothing of it follows, under this name."""
    survey = crowd.survey(crowd.add("anna", "+4915112345601"), crowd.add("bert", "+4915112345602"))
    crowd.send(survey)
    before = crowd.services.notice_course.progress("canteen")
    taken = crowd.services.notice_course.cancel(ADMIN, "canteen")

    assert ({MessageState.QUEUED: 2}, 2) == (before, taken)
    assert [] == crowd.post.deliver()
    with pytest.raises(ConflictError):
        crowd.send(survey)
    for name in ("canteen", "nothing", "nul\0"):
        with pytest.raises(NotFoundError):
            crowd.services.notice_course.cancel(ADMIN, name)


def test_a_name_stands_for_one_kind_of_text(crowd: Crowd):
    """An offer is no notice; and a name is a word."""
    survey = crowd.survey(crowd.add("anna", "+4915112345601"))
    crowd.send(survey)

    with pytest.raises(ConflictError):
        crowd.send(survey, purpose=Purpose.OFFER)
    with pytest.raises(InvalidInputError):
        crowd.send(survey, "Canteen!")


def test_old_notices_are_forgotten(crowd: Crowd, clock: ManualClock):
    """Whom they went to, too."""
    crowd.send(crowd.survey(crowd.add("anna", "+4915112345601")))
    early = crowd.services.notices.purge()
    clock.advance(KEPT + timedelta(hours=3))

    assert (0, 1) == (early, crowd.services.notices.purge())
    with pytest.raises(NotFoundError):
        crowd.services.notice_course.progress("canteen")


def test_the_trail_says_who_sent_it(crowd: Crowd):
    """The trail names the notice, and no number."""
    crowd.send(crowd.survey(crowd.add("anna", "+4915112345601")))
    told = [one.entry for one in crowd.services.audit.search() if one.entry.tag.value == "notice.sent"]

    assert [("admin", {"notice": "canteen"})] == [(one.login, dict(one.details)) for one in told]


def test_what_a_cancel_leaves_is_taken_back_by_the_delivery_process(crowd: Crowd):
    """Broken off or out of time: nothing of it is lost, and nothing of other notices is touched."""
    survey = crowd.survey(crowd.add("anna", "+4915112345601"), crowd.add("bert", "+4915112345602"))
    crowd.send(survey)
    crowd.send(survey, "garden")
    course = crowd.services.notice_course
    at_once = course.cancel(ADMIN, "canteen", patience=0)
    before = course.find("canteen")
    later, again = course.finish_cancelled(), course.finish_cancelled()

    assert (0, True) == (at_once, before.is_waiting)
    assert (2, 0) == (later, again)
    assert {MessageState.STALE: 2} == course.progress("canteen")
    assert {MessageState.QUEUED: 2} == course.progress("garden")
    assert "recall-notices" in [one.name for one in crowd.services.periodic_tasks()]


def test_what_is_being_handed_over_is_not_tried_again(crowd: Crowd, clock: ManualClock):
    """And keeps nobody waiting who cancels meanwhile."""
    crowd.send(crowd.survey(crowd.add("anna", "+4915112345601")))
    course, taken = crowd.services.notice_course, []

    def meanwhile(_submission: Submission) -> NotTaken:
        taken.append(course.cancel(ADMIN, "canteen"))
        return NotTaken("busy", "later")

    tried = crowd.post.deliver(meanwhile)
    clock.advance(timedelta(seconds=30))

    assert ([0], 1, 0) == (taken, len(tried), len(crowd.post.deliver()))


def test_a_recalled_text_says_that_it_was_cancelled(crowd: Crowd, database: Database):
    """No newer code took its place."""
    crowd.send(crowd.survey(crowd.add("anna", "+4915112345601")))
    crowd.services.notice_course.cancel(ADMIN, "canteen")
    with database.read() as session:
        failure = session.execute(select(Message.failure)).scalar_one()

    assert "cancelled" == failure


def test_notices_are_listed_newest_first(crowd: Crowd, clock: ManualClock):
    """With how many people they went to, and whether something waits."""
    crowd.send(crowd.survey(crowd.add("anna", "+4915112345601"), crowd.add("bert", "+4915112345602")))
    crowd.post.deliver()
    clock.advance(timedelta(minutes=1))
    crowd.send(crowd.survey(crowd.add("carl", "+4915112345603")), "garden")
    course = crowd.services.notice_course
    found = course.portion(offset=0, size=5)

    assert [("garden", 1, True), ("canteen", 2, False)] == [(one.name, one.people, one.is_waiting) for one in found]
    assert found[1:] == course.portion(offset=1, size=5)
    assert ("admin", Purpose.NOTICE) == (found[0].author, found[0].purpose)
    for name in ("nothing", "nul\0"):
        with pytest.raises(NotFoundError):
            course.find(name)


def test_a_timeline_tells_when_texts_came_to_an_end(crowd: Crowd, clock: ManualClock):
    """In few spans of the same length, however long it took."""
    course = crowd.services.notice_course
    crowd.send(crowd.survey(crowd.add("anna", "+4915112345601")))
    nothing_yet = course.timeline("canteen")
    first = clock.now().replace(second=0)
    crowd.post.deliver()
    crowd.send(crowd.survey(crowd.add("bert", "+4915112345602")), "garden")
    clock.advance(timedelta(hours=1, minutes=30))
    crowd.send(crowd.survey(crowd.add("carl", "+4915112345603")))
    course.cancel(ADMIN, "canteen")
    spans = course.timeline("canteen")

    assert [] == nothing_yet
    assert {MessageState.ACCEPTED: 1} == spans[0].counts
    assert {MessageState.STALE: 1} == spans[-1].counts
    assert spans[0].at <= first < spans[1].at
    assert {timedelta(minutes=5)} == {after.at - before.at for before, after in pairwise(spans)}
    assert len(spans) <= MOST_SLOTS


@pytest.mark.parametrize("way", ["remove", "withdraw", "change", "stop"])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_waits_is_not_sent_to_whom_has_taken_his_consent_back(crowd: Crowd, way: str):
    """Nobody else loses anything by it."""
    key, book = crowd.add("anna", "+4915112345601"), crowd.services.contacts
    crowd.add("berta", "+4915112345602")
    crowd.send(crowd.survey())
    owner, [contact] = Author("anna", key), book.of(key)
    if way == "remove":
        book.remove(owner, contact.id)
    elif way == "withdraw":
        book.withdraw(owner, contact.id)
    elif way == "change":
        book.change(owner, contact.id, contact.kind, PhoneNumber("+4915112345609"))
    else:
        number = crowd.services.suppressions.hash_of("+4915112345601")
        stop = Stop(number, contact.masked, Way("another", "+4915100000000"), Source.REPLY, "STOP")
        with crowd.services.database.write() as session:
            book.stop(session, stop)

    [text] = crowd.post.deliver()
    assert "Berta" in text


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_nothing_is_queued_for_whom_is_erased_meanwhile(crowd: Crowd, database: Database):
    """Whoever erases waits for what is being queued, and takes it back; SQLite has one writer at a time anyway."""
    key = crowd.add("anna", "+4915112345601")
    draft = Draft("m1", Purpose.NOTICE, PhoneNumber("+4915112345601"), "news", crowd.services.clock.now() + KEPT)
    with ThreadPoolExecutor() as pool:
        with database.write() as session:
            assert crowd.services.contacts.is_live(session, key, "+4915112345601")
            crowd.services.outbox.enqueue(session, replace(draft, person_key=key, login="anna"))
            erasing = pool.submit(crowd.services.personal_records.erase, Author(), key, "asked")
            wait([erasing], timeout=0.3)
        erasing.result(20)

    assert crowd.post.deliver() == []
