"""Going on whatever happens: what the loops and threads of a delivery process do with errors."""

from collections.abc import Iterator
from contextlib import contextmanager

from authsms.delivery.dispatch import Dispatcher
from authsms.delivery.ledger import Claimed
from authsms.foundation.errors import UnavailableError
from authsms.foundation.logs import get_logger

_log = get_logger(__name__)


def work_on(dispatcher: Dispatcher, message: Claimed, owner: str) -> bool:
    """Bring *message* as far as it goes now; return False when nobody can know what became of it.

    It raises nothing. A message of which nobody knows has to be freed once the database is back.
    """
    try:
        dispatcher.dispatch(message, owner)
    except UnavailableError as error:
        report("worker.dispatch_failed", error)
        return False
    except Exception as error:  # noqa: BLE001 - the thread must go on
        report("worker.dispatch_failed", error)
        return _postpone(dispatcher, message, owner)
    return True


def _postpone(dispatcher: Dispatcher, message: Claimed, owner: str) -> bool:
    try:
        dispatcher.postpone(message, owner)
    except Exception as error:  # noqa: BLE001 - as above
        report("worker.postpone_failed", error)
        return False
    return True


@contextmanager
def reported(event: str) -> Iterator[None]:
    """Log an error of the block, and go on after it."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - the loop must go on
        report(event, error)


def report(event: str, error: Exception) -> None:
    """Log *error*; the absence of the database or of a broker needs no trace."""
    is_expected = isinstance(error, UnavailableError)
    _log.error(event, kind=type(error).__name__, exc_info=None if is_expected else error)
