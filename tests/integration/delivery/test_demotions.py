"""A service that takes texts and does not deliver them, on both databases."""

from datetime import timedelta
from itertools import count

from authsms.delivery.deliverability import FIRST_PAUSE
from authsms.delivery.demotions import Demotions
from authsms.senders.webhook import Receipt, ReceiptState
from tests.integration.delivery.twins import FixedPolicy, Office, RecordingService

MINUTE = timedelta(minutes=1)
_numbers = count()


def _minute(office: Office, demotions: Demotions, texts: int, *, arrive: bool) -> set[str]:
    """Send some texts, report those that arrive, let a minute pass and judge; return who carried them."""
    posted = [office.post(expires_at=office.clock.now() + MINUTE) for _ in range(texts)]
    while office.deliver():
        pass
    carriers = {office.view(message_id).service for message_id in posted}
    for message_id in posted:
        if arrive or office.view(message_id).service != "first":
            receipt = Receipt("", ReceiptState.DELIVERED, "delivered", reference=message_id)
            office.receipts.apply(office.view(message_id).service, [receipt])
    office.advance(MINUTE)
    demotions.look()
    return carriers


def test_a_service_that_delivers_nothing_goes_to_the_end_and_comes_back(still_office: Office):
    """F-35: within five minutes, by itself, and back by itself."""
    office = still_office
    office.senders = FixedPolicy([RecordingService("first"), RecordingService("second")])
    demotions = Demotions(office.database, office.clock, office.gate.conditions)
    for _ in range(4):
        _minute(office, demotions, 10, arrive=True)
    for _ in range(20):
        office.advance(MINUTE)
        demotions.look()
    minutes = 0
    while not office.gate.conditions.all().get("first"):
        assert {"first"} == _minute(office, demotions, 5, arrive=False)
        minutes += 1
    condition = office.gate.conditions.all()["first"]

    assert minutes <= 5
    assert office.clock.now() == condition.demoted_at
    assert "0 of 10 texts to DE arrived; 100% the day before" == condition.demoted["DE"]
    assert {"second"} == _minute(office, demotions, 5, arrive=False)
    office.advance(FIRST_PAUSE)
    demotions.look()
    assert {"first"} == _minute(office, demotions, 5, arrive=True)


def test_another_country_is_not_concerned(still_office: Office):
    """A provider may have lost one route only."""
    office = still_office
    gate = office.gate
    office.senders = FixedPolicy([RecordingService("first"), RecordingService("second")])
    demotions = Demotions(office.database, office.clock, gate.conditions)
    for _ in range(4):
        _minute(office, demotions, 10, arrive=True)
    for _ in range(20):
        office.advance(MINUTE)
        demotions.look()
    for _ in range(4):
        _minute(office, demotions, 10, arrive=False)

    assert ["second", "first"] == gate.in_order(["first", "second"], "DE")
    assert ["first", "second"] == gate.in_order(["first", "second"], "FR")
