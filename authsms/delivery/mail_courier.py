"""Carries mails from the queue to the mail server: a periodic task, so that no logon ever waits for that server."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from authsms.delivery.mails import DueMail, MailQueue
from authsms.delivery.schedule import PeriodicTask, purges
from authsms.delivery.smtp import Handover, MailCarrier
from authsms.foundation.errors import SealBrokenError
from authsms.foundation.logs import get_logger
from authsms.foundation.settings import Settings

_EVERY: Final = timedelta(seconds=10)
_ROUNDS: Final = 20
_log = get_logger(__name__)


class MailCourier:
    """Tries what is due; no transaction is open while the server is asked."""

    def __init__(self, queue: MailQueue, carrier: MailCarrier) -> None:
        self._queue = queue
        self._carrier = carrier

    def task(self) -> PeriodicTask:
        """Return what is to be done again and again, by one process at a time."""
        return PeriodicTask("send-mails", _EVERY, self.deliver)

    def deliver(self) -> int:
        """Try every mail that is due, until one shows that the server takes none; return how many were taken."""
        taken = 0
        for _ in range(_ROUNDS):
            due = self._queue.due()
            if not due:
                break
            for one in due:
                if not self._queue.take(one):
                    continue
                end = self._try(one)
                if end.is_about_server:
                    self._queue.give_up_old(end.failure)
                    return taken
                taken += not end.failure
        return taken

    def _try(self, due: DueMail) -> Handover:
        try:
            end = self._carrier.carry(self._queue.opened(due))
        except SealBrokenError:
            end = Handover("the seal is broken", is_final=True)
        self._queue.settle(due, end.failure, is_final=end.is_final)
        if end.failure:
            _log.warning("mail.not_sent", mail=due.id, reason=end.failure, tries=due.tries + 1)
        return end


def mail_tasks(queue: MailQueue, settings: Settings) -> Sequence[PeriodicTask]:
    """Return what is to be done about mails; without a mail server only old ones are deleted."""
    deletions = purges(mails=lambda: queue.purge(settings.retention.messages))
    if not settings.mail.host:
        return deletions
    return [*deletions, MailCourier(queue, MailCarrier(settings.mail)).task()]
