"""Very many messages at once, on both databases."""

from itertools import pairwise

import pytest
from sqlalchemy import func, select

from authsms.delivery.bulk import enqueue_many
from authsms.delivery.models import Message
from authsms.foundation.errors import InvalidInputError
from authsms.senders.submission import Purpose
from tests.integration.delivery.twins import Office


def _written(office: Office) -> int:
    with office.database.read() as session:
        number: int = session.execute(select(func.count()).select_from(Message)).scalar_one()
        return number


def test_many_messages_are_written_in_portions(still_office: Office):
    """Whoever asks is told how far it is, and never more than is committed."""
    told: list[tuple[int, int]] = []
    drafts = (still_office.draft(f"Sale {number}", purpose=Purpose.NOTICE) for number in range(400))
    number = enqueue_many(
        still_office.database,
        still_office.outbox,
        drafts,
        tell=lambda done: told.append((done, _written(still_office))),
    )

    assert number == _written(still_office) == told[-1][0] == 400
    assert all(done == committed for done, committed in told)
    assert len(told) > 2
    assert all(before < after for before, after in pairwise(told))


def test_a_draft_that_cannot_be_sent_takes_back_its_portion_only(still_office: Office):
    """What was told is there."""
    told: list[int] = []
    drafts = (still_office.draft("" if number == 170 else "Sale", purpose=Purpose.NOTICE) for number in range(400))
    with pytest.raises(InvalidInputError):
        enqueue_many(still_office.database, still_office.outbox, drafts, tell=told.append)

    assert 0 < _written(still_office) == told[-1] <= 170
