"""Writes down what came of attempts, those that end at the same moment together."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from authsms.delivery import ledger
from authsms.delivery.batches import Ending, end_attempts
from authsms.delivery.journal import Cause, Journal
from authsms.delivery.receipts import Carried, ReceiptService
from authsms.delivery.repeats import AttemptEnd
from authsms.foundation.db import Database


class Recorder:
    """Used by all sender threads at once.

    Args:
        database: Where the messages are.
        receipts: Applies receipts that were faster than the answer.
        journal: Is told what a message has come to.
    """

    def __init__(self, database: Database, receipts: ReceiptService, journal: Journal) -> None:
        self._receipts = receipts
        self._journal = journal
        self._write_many = database.convoy(self._write)

    def write(self, ending: Ending) -> None:
        """Write how an attempt ended, and what becomes of its message if it is still its worker's.

        Raises:
            DatabaseUnavailableError: Nothing may have been written; it may be tried again.
        """
        self._write_many.write(ending)

    def _write(self, session: Session, endings: Sequence[Ending]) -> Sequence[None]:
        for one, is_ours in zip(endings, end_attempts(session, endings), strict=True):
            subject, ended = one.subject, one.ended
            is_late = not is_ours and ended.past.end is AttemptEnd.ACCEPTED
            if is_ours or (is_late and ledger.take_late_answer(session, subject, ended)):
                cause = Cause(ended.past.service, code=ended.code, attempts=ended.number)
                self._journal.note(session, subject, one.verdict, cause)
        carried = [Carried(one.subject.id, one.ended.past.service, one.ended.provider_id) for one in endings]
        self._receipts.absorb(session, carried)
        return [None] * len(endings)
