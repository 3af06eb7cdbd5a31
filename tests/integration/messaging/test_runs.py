"""Notices that are queued in the background, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from authsms.audit.vocabulary import Author
from authsms.foundation.db import Database
from authsms.foundation.errors import ConflictError, DirectoryUnavailableError, InvalidInputError, NotFoundError
from authsms.identity.drafts import PersonDraft
from authsms.identity.repository import Person, PersonKey
from authsms.messaging import runs
from authsms.messaging.audience import Audience, Left
from authsms.messaging.models import NoticeOrderRow
from authsms.messaging.orders import DRAFT_KEPT, LEASE
from authsms.messaging.runs import NoticeRuns, RunTools
from authsms.messaging.wishes import OrderState
from tests.fakes import ManualClock
from tests.integration.contacts.post import OFFERS
from tests.integration.messaging.crowd import ADMIN, Crowd, ordered, queued, wish, written


class Breaking:
    """A directory that answers a few times and is away then."""

    def __init__(self, crowd: Crowd, answers: int) -> None:
        self._people = crowd.services.people
        self.answers = answers

    def _count(self) -> None:
        self.answers -= 1
        if self.answers < 0:
            raise DirectoryUnavailableError("away")

    def find(self, typed: str) -> Person | None:
        """Return the person of that name."""
        self._count()
        return self._people.find(typed)

    def get(self, key: PersonKey) -> Person | None:
        """Return the person with that key."""
        self._count()
        return self._people.get(key)


def test_a_count_tells_who_would_get_it_and_why_others_would_not(crowd: Crowd, database: Database):
    """Nothing is sent; what people would read is shown, and kept sealed."""
    crowd.add("anna", "+4915112345601")
    crowd.add("anton", "+4915112345601")
    crowd.add("berta", "+4915112345602", is_live=False)
    crowd.add("carl")
    counted = written(crowd, wish(audience=Audience(logins=("anna", "anton", "berta", "carl", "nobody"))))
    with database.read() as session:
        row = session.execute(select(NoticeOrderRow.letter, NoticeOrderRow.samples)).one()

    assert (OrderState.COUNTED, 5, 5) == (counted.state, counted.looked_up, counted.audience)
    assert (1, 1) == (counted.tally.reached, counted.tally.segments)
    assert {Left.SAME_NUMBER: 1, Left.UNCONFIRMED: 1, Left.NO_CONTACT: 1, Left.UNKNOWN: 1} == counted.tally.left
    assert [("anna", "•••••••01")] == [(one.who, one.masked) for one in counted.samples]
    assert "Anna, the canteen is closed" in counted.samples[0].text
    assert b"anna" not in row.letter + row.samples
    assert [] == queued(crowd)


def test_who_has_stopped_the_sender_is_counted_as_such(crowd: Crowd):
    """Before anything is sent, and whoever the number belongs to now."""
    crowd.add("anna", "+4915112345678")
    crowd.post.text("STOP", to=OFFERS, service="offers")
    crowd.add("bert", "+4915112345678")

    assert {Left.STOPPED: 1, Left.OPTED_OUT: 1} == written(crowd).tally.left


def test_only_members_of_a_group_are_meant(crowd: Crowd):
    """Others are not even counted."""
    crowd.add("anna", "+4915112345601")
    cook = crowd.people.create(PersonDraft("carl", "Carl", (), groups=frozenset({"Cooks"})))
    crowd.give(cook.key, "carl", "+4915112345602")
    counted = written(crowd, wish(audience=Audience("LOCAL", "cooks")))

    assert (1, {}) == (counted.tally.reached, counted.tally.left)


def test_what_was_ordered_is_queued_and_arrives(crowd: Crowd):
    """The course tells how far it is; the letter is wiped when all is queued."""
    crowd.add("anna", "+4915112345601")
    crowd.add("bert", "+4915112345602")
    name = ordered(crowd)
    before = crowd.services.notice_course.find(name)
    crowd.services.notice_runs.work()
    after = crowd.services.notice_course.find(name)
    with crowd.services.database.read() as session:
        letters = session.execute(select(NoticeOrderRow.letter)).scalars().all()

    assert (True, 0) == (before.is_waiting, before.people)
    assert (True, 2, [None]) == (after.is_waiting, after.people, letters)
    assert after.queueing is not None
    assert (True, 2, 2) == (after.queueing.is_over, after.queueing.looked_up, after.queueing.tally.reached)
    assert 2 == len(crowd.post.deliver())
    assert not crowd.services.notice_course.find(name).is_waiting
    assert {"send-notices", "purge-notice-orders"} <= {one.name for one in crowd.services.periodic_tasks()}


def test_a_process_that_dies_in_the_middle_loses_nothing_and_sends_nothing_twice(
    crowd: Crowd, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
):
    """Another one goes on behind the last portion that was committed."""
    monkeypatch.setattr(runs, "PORTION", 2)
    for number in range(5):
        crowd.add(f"p{number}", f"+491511234560{number}")
    ordered(crowd)
    services, people = crowd.services, Breaking(crowd, 3)
    tools = RunTools(services.database, services.clock, people, services.contacts, None)
    broken = NoticeRuns(tools, services.notices, services.notice_orders, "example.org")
    broken.work()
    first, course = queued(crowd), services.notice_course.find("canteen")
    at_once = services.notice_runs.work()
    clock.advance(LEASE)
    services.notice_runs.work()

    assert (2, 0, 5) == (len(first), at_once, len(queued(crowd)))
    assert len(set(queued(crowd))) == 5
    assert course.queueing is not None
    assert ("DirectoryUnavailableError", 2) == (course.queueing.problem, course.queueing.looked_up)


def test_what_belongs_to_another_process_is_left_alone_until_that_is_silent(crowd: Crowd, clock: ManualClock):
    """And whoever comes back too late writes nothing."""
    crowd.add("anna", "+4915112345601")
    ordered(crowd)
    orders = crowd.services.notice_orders
    (order,) = orders.due()
    slow = orders.claim(order)
    assert slow is not None
    meanwhile = crowd.services.notice_runs.work()
    clock.advance(LEASE)
    crowd.services.notice_runs.work()
    with crowd.services.database.write() as session:
        late = orders.holds(session, slow)

    assert (0, False, ["anna"]) == (meanwhile, late, queued(crowd))


def test_what_is_cancelled_while_it_is_queued_stops(crowd: Crowd, monkeypatch: pytest.MonkeyPatch):
    """The rest of the audience is not even looked up."""
    monkeypatch.setattr(runs, "PORTION", 1)
    crowd.add("anna", "+4915112345601")
    crowd.add("bert", "+4915112345602")
    name = ordered(crowd)
    crowd.services.notice_course.cancel(Author("admin"), name)
    crowd.services.notice_runs.work()

    assert ([], []) == (queued(crowd), crowd.services.notice_orders.due())
    assert not crowd.services.notice_course.find(name).is_waiting


def test_a_number_is_texted_once_even_when_its_owner_changes_meanwhile(crowd: Crowd):
    """Also by a command under the same name."""
    crowd.add("anna", "+4915112345601")
    ordered(crowd)
    crowd.services.notice_runs.work()
    late = crowd.add("zoe", "+4915112345601")

    assert 0 == crowd.send(crowd.survey(late))


def test_nothing_is_ordered_twice_or_before_it_is_counted(crowd: Crowd):
    """Nor under a name that was used."""
    crowd.add("anna", "+4915112345601")
    orders = crowd.services.notice_orders
    twin, uncounted = written(crowd), orders.write(ADMIN, wish("garden"))
    with pytest.raises(ConflictError):
        orders.confirm(ADMIN, uncounted, "example.org")
    ordered(crowd)
    with pytest.raises(ConflictError):
        orders.confirm(ADMIN, twin.id, "example.org")
    with pytest.raises(ConflictError):
        orders.write(ADMIN, wish())
    assert OrderState.COUNTED is orders.find(twin.id).state


def test_drafts_are_kept_for_a_day(crowd: Crowd, clock: ManualClock):
    """A draft that is changed takes the place of the old one."""
    orders = crowd.services.notice_orders
    first = orders.write(ADMIN, wish())
    second = orders.write(ADMIN, wish("garden"), first)
    kept = [one.id for one in orders.drafts()]
    clock.advance(DRAFT_KEPT + timedelta(minutes=1))

    assert ([second], 1) == (kept, orders.purge())
    with pytest.raises(NotFoundError):
        orders.find(second)


@pytest.mark.parametrize(
    "given",
    [
        {"name": "New!"},
        {"texts": {}},
        {"texts": {"en": "{otp}"}},
        {"audience": Audience()},
        {"audience": Audience("LOCAL", logins=("anna",))},
        {"audience": Audience(group="cooks")},
        {"audience": Audience(logins=tuple(map(str, range(1001))))},
        {"audience": Audience("L" * 300)},
        {"life": timedelta(hours=721)},
        {"life": timedelta(0)},
    ],
    ids=["name", "no text", "no such value", "nobody", "both", "group", "many", "long", "old", "dead"],
)
def test_what_cannot_be_sent_is_not_kept(crowd: Crowd, given: dict[str, object]):
    """It is said at once."""
    with pytest.raises(InvalidInputError):
        crowd.services.notice_orders.write(ADMIN, wish(**given))  # type: ignore[arg-type]
