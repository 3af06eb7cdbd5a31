"""Caps on what is sent, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest

from authsms.audit.vocabulary import Author
from authsms.delivery.caps import Cap, CapScope, Period, scaled
from authsms.delivery.states import Withheld
from authsms.foundation.errors import NotFoundError
from authsms.senders.models import SenderPolicyRecord
from authsms.senders.submission import Purpose
from tests.integration.delivery.twins import FixedPolicy, Office, RecordingService

ANNA = Author("anna")


def _cap(office: Office, scope: CapScope = CapScope.ALL, name: str = "", **changes) -> Cap:
    values = {"period": Period.DAY, "most_texts": 3, **changes}
    return office.gate.spending.save(Cap("", scope, name, **values), ANNA)


def _states(office: Office, *message_ids: str) -> list[str]:
    return [office.view(message_id).state.value for message_id in message_ids]


def test_beyond_a_cap_texts_are_withheld_with_the_reason(still_office: Office):
    """The administrator finds why there was no code; the next window lets texts through again."""
    _cap(still_office)
    posted = [still_office.post() for _ in range(4)]
    still_office.advance(timedelta(days=1))
    posted.append(still_office.post(expires_at=still_office.clock.now() + timedelta(minutes=2)))

    assert ["queued"] * 3 + ["withheld", "queued"] == _states(still_office, *posted)
    assert "budget" == still_office.view(posted[3]).reason


def test_whoever_queues_is_told(still_office: Office):
    """A code that is not sent must not pass either."""
    _cap(still_office, most_texts=1)
    with still_office.database.write() as session:
        told = [still_office.outbox.enqueue(session, still_office.draft()) for _ in range(2)]

    assert [None, Withheld.BUDGET] == told


def test_a_cap_is_exact_under_concurrency(still_office: Office):
    """Forty at once, ten of them go."""
    _cap(still_office, most_texts=10)
    with ThreadPoolExecutor(20) as pool:
        posted = list(pool.map(lambda _: still_office.post(), range(40)))

    assert 10 == _states(still_office, *posted).count("queued")
    assert 10 == still_office.gate.spending.standings()[0].texts


def test_a_part_is_kept_for_people_whose_first_factor_has_passed(still_office: Office):
    """Strangers who have codes sent to numbers use up the rest, and people with a password do not notice."""
    _cap(still_office, most_texts=10, reserve_percent=30)
    strangers = [still_office.post() for _ in range(9)]
    proven = [still_office.post(is_proven=True) for _ in range(4)]

    assert ["queued"] * 7 + ["withheld"] * 2 == _states(still_office, *strangers)
    assert ["queued"] * 3 + ["withheld"] == _states(still_office, *proven)


def test_of_several_caps_one_that_is_full_uses_up_nothing_of_the_others(still_office: Office):
    """Or a country that is used up would use up everything."""
    _cap(still_office, most_texts=100)
    _cap(still_office, CapScope.COUNTRY, "DE", most_texts=1)
    _cap(still_office, CapScope.PURPOSE, Purpose.OFFER.value, most_texts=1)
    for _ in range(5):
        still_office.post()

    assert [1, 1, 0] == [standing.texts for standing in still_office.gate.spending.standings()]


def test_money_is_counted_by_the_length_of_the_text(still_office: Office):
    """Three segments cost three times the price of one."""
    with still_office.database.write() as session:
        session.add(_policy(still_office, "0.075"))
    _cap(still_office, most_texts=None, most_cost=scaled(Decimal("0.30")))
    posted = [still_office.post("x" * 459), still_office.post("short"), still_office.post("short")]

    assert ["queued", "queued", "withheld"] == _states(still_office, *posted)
    assert 3000 == still_office.gate.spending.standings()[0].cost


def _policy(office: Office, price: str) -> SenderPolicyRecord:
    return SenderPolicyRecord(
        id=1,
        version=1,
        masks_recipients=True,
        wording="standard",
        templates={},
        segment_price=price,
        currency="EUR",
        updated_at=office.clock.now(),
        updated_by="",
    )


def test_a_withheld_text_counts_nothing(still_office: Office):
    """It takes the same steps; nobody pays for it."""
    _cap(still_office, most_texts=1)
    for _ in range(3):
        still_office.post(withheld=Withheld.UNKNOWN_PERSON)

    assert 0 == still_office.gate.spending.standings()[0].texts
    assert ["queued"] == _states(still_office, still_office.post())


def test_a_cap_that_is_no_brake_only_counts(still_office: Office):
    """For those who want to know, and not to stop."""
    _cap(still_office, most_texts=1, is_brake=False)
    posted = [still_office.post() for _ in range(2)]
    [standing] = still_office.gate.spending.standings()

    assert ["queued"] * 2 == _states(still_office, *posted)
    assert (200, True) == (standing.percent, standing.is_alarming)


def test_a_service_that_is_used_up_is_passed_over(still_office: Office):
    """Which service carries a text is known when its attempt begins, and counted there."""
    still_office.senders = FixedPolicy([RecordingService("first"), RecordingService("second")])
    _cap(still_office, CapScope.SERVICE, "first", most_texts=2)
    posted = [still_office.post() for _ in range(3)]
    still_office.deliver()

    assert ["first", "first", "second"] == sorted(still_office.view(one).service for one in posted)


def test_when_nobody_may_carry_it_the_page_learns_it_at_once(still_office: Office):
    """The next window is far beyond the life of a code."""
    _cap(still_office, CapScope.SERVICE, "first", most_texts=1)
    posted = [still_office.post() for _ in range(2)]
    still_office.deliver()

    assert ["accepted", "failed"] == sorted(_states(still_office, *posted))


def test_caps_are_changed_and_removed(still_office: Office):
    """What has been used stays, and every change is in the trail."""
    spending = still_office.gate.spending
    cap = _cap(still_office, most_texts=1)
    first = still_office.post()
    spending.save(Cap(cap.id, cap.scope, cap.name, cap.period, most_texts=2), ANNA)
    posted = [still_office.post() for _ in range(2)]
    spending.remove(cap.id, ANNA)
    last = still_office.post()

    assert ["queued", "queued", "withheld", "queued"] == _states(still_office, first, *posted, last)
    assert 3 == still_office.tags().count("spending.saved")
    with pytest.raises(NotFoundError):
        spending.remove(cap.id, ANNA)


def test_uses_of_long_ago_are_deleted(still_office: Office):
    """They say nothing any more."""
    _cap(still_office)
    still_office.post()
    still_office.advance(timedelta(days=41))

    assert 1 == still_office.gate.spending.purge()
