"""Very many messages at once: in portions, each a short transaction, so that no login waits for a mailing."""

import time
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Final

from sqlalchemy.orm import Session

from authsms.delivery.outbox import Draft, Outbox
from authsms.foundation.db import Database

_FIRST_PORTION: Final = 50
_LARGEST_PORTION: Final = 200
_QUICK_SECONDS: Final = 0.05
_SLOW_SECONDS: Final = 0.15
_REST: Final = 0.2


def enqueue_many(
    database: Database,
    outbox: Outbox,
    drafts: Iterable[Draft],
    *,
    tell: Callable[[int], object] = int,
    admit: Callable[[Session, Draft], bool] = lambda _session, _draft: True,
) -> int:
    """Write *drafts* in transactions of a fraction of a second each, and return how many there were.

    Delivery begins with the first portion. Between two portions others get their turn at the database.

    Args:
        database: Where they go.
        outbox: Takes them in.
        drafts: Made as they are needed; none is kept.
        tell: Is told after each portion how many are committed so far.
        admit: Decides within the transaction of a draft whether it is written at all; it is counted in any case.

    Raises:
        InvalidInputError: A draft cannot be sent; the portions before it are committed, its own is not.
        DatabaseUnavailableError: The portions that were told are committed; of the last one nobody knows.
    """
    waiting = iter(drafts)
    size, done = _FIRST_PORTION, 0
    while portion := list(islice(waiting, size)):
        begun = time.monotonic()
        with database.write() as session:
            for draft in portion:
                if admit(session, draft):
                    outbox.enqueue(session, draft)
        took = time.monotonic() - begun
        done += len(portion)
        tell(done)
        if took > _SLOW_SECONDS:
            size = max(size // 2, 1)
        elif took < _QUICK_SECONDS:
            size = min(size * 2, _LARGEST_PORTION)
        time.sleep(took * _REST)
    return done
