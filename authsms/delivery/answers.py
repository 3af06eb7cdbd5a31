"""What a provider's answer is in the table, and the patience it takes to write it there."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from authsms.delivery import repeats
from authsms.delivery.ledger import Ended
from authsms.delivery.models import fit
from authsms.delivery.repeats import AttemptEnd, PastAttempt
from authsms.foundation.errors import DatabaseUnavailableError
from authsms.senders.submission import Accepted, NotTaken, Outcome, PerhapsTaken, Refused

_PATIENCE_SECONDS: Final = 25.0
_CODE_LENGTH: Final = 64
_DETAIL_LENGTH: Final = 300
_ID_LENGTH: Final = 255


def ended(number: int, service: str, outcome: Outcome | None, now: datetime) -> Ended:
    """Return how attempt *number* is recorded that *outcome* has ended; None: it was too late to submit anything."""
    match outcome:
        case None:
            return Ended(number, PastAttempt(service, AttemptEnd.TOO_LATE, now))
        case Accepted(provider_id=provider_id, state=word, segments=segments):
            past = PastAttempt(service, AttemptEnd.ACCEPTED, now)
            return Ended(number, past, "", fit(word, _DETAIL_LENGTH), fit(provider_id, _ID_LENGTH), segments)
        case NotTaken(code=code, detail=detail, retry_after=retry_after):
            wait = None if retry_after is None else now + min(max(retry_after, timedelta(0)), timedelta(days=1))
            past = PastAttempt(service, AttemptEnd.NOT_TAKEN, now, wait)
        case PerhapsTaken(code=code, detail=detail) | Refused(code=code, detail=detail):
            past = PastAttempt(service, repeats.end_of(outcome), now)
    return Ended(number, past, fit(code, _CODE_LENGTH), fit(detail, _DETAIL_LENGTH))


def persistently(write: Callable[[], None]) -> None:
    """Run *write* until the database takes it: an answer that is forgotten may cost a second copy.

    Raises:
        DatabaseUnavailableError: It was away for too long.
    """
    deadline = time.monotonic() + _PATIENCE_SECONDS
    pause = 0.05
    while True:
        try:
            write()
        except DatabaseUnavailableError:
            if time.monotonic() + pause > deadline:
                raise
            time.sleep(pause)
            pause = min(pause * 2, 1.0)
        else:
            return
