"""A provider that takes only so many texts a second, and says so with 429 and Retry-After."""

from datetime import datetime, timedelta

import pytest

from authsms.senders.submission import Accepted, NotTaken, Outcome, Purpose, Submission
from tests.integration.delivery.twins import Office, RecordingService

STEP = timedelta(milliseconds=50)


class StrictService(RecordingService):
    """Takes *per_second* texts in any second, and asks to wait for one after that."""

    def __init__(self, office: Office, per_second: int) -> None:
        super().__init__("first", self._judge)
        self._office = office
        self._per_second = per_second
        self._taken: list[datetime] = []

    def _judge(self, submission: Submission) -> Outcome:
        now = self._office.clock.now()
        self._taken = [moment for moment in self._taken if now - moment < timedelta(seconds=1)]
        if len(self._taken) >= self._per_second:
            return NotTaken("http_429", "", timedelta(seconds=1))
        self._taken.append(now)
        return Accepted(submission.message_id)


@pytest.mark.parametrize("purpose", [Purpose.NOTICE, Purpose.AUTHENTICATION])
def test_a_provider_that_throttles_is_not_stormed(still_office: Office, purpose: Purpose):
    """F-04: after the first refusal at most 1.2 calls for each text, and a good part of what it takes is used."""
    office, per_second, texts = still_office, 20, 150
    service = StrictService(office, per_second)
    office.senders.services = [service]
    life = office.clock.now() + timedelta(minutes=5)
    posted = [office.post(purpose=purpose, expires_at=life) for _ in range(texts)]
    start, waiting = office.clock.now(), list(posted)
    while waiting:
        if office.view(waiting[-1]).state not in {"queued", "attempting"}:
            waiting.pop()
            continue
        assert office.clock.now() - start < timedelta(seconds=60)
        for message in office.claim(limit=16):
            office.dispatcher().dispatch(message, "me")
        office.advance(STEP)

    assert {"accepted"} == {office.view(message_id).state for message_id in posted}
    assert len(service.submissions) <= 1.2 * texts
    assert office.clock.now() - start <= 3 * timedelta(seconds=texts / per_second)
