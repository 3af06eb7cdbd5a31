"""Whether this server can do its work: a list of checks, each bounded in time, looked at every two seconds at most.

Checks that a login cannot do without (database, its revision, keys, a delivery process) make the server *not ready*.
The others (directories, providers) make it *degraded*: taking it out of service would only make things worse, because
other people, methods and providers still work.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass, field

from authsms.foundation.errors import AuthsmsError
from authsms.foundation.logs import get_logger

OK = "ok"
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to look at.

    Attributes:
        name: Short name, shown to whoever asks; no address, no secret.
        probe: Returns ``ok`` or another short word that says what is wrong; raising one of our errors means "away".
        required: Whether the server is not ready without it.
    """

    name: str
    probe: Callable[[], str]
    required: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """What the checks found.

    Attributes:
        is_ready: Every required check is fine.
        words: One short word for each check.
    """

    is_ready: bool
    words: Mapping[str, str] = field(default_factory=dict)

    @property
    def status(self) -> str:
        """``ready``, ``degraded`` or ``not ready``."""
        if not self.is_ready:
            return "not ready"
        return "ready" if all(word == OK for word in self.words.values()) else "degraded"


class Readiness:
    """Runs the checks.

    Args:
        checks: What to look at; called whenever it is looked at, because repositories and providers come and go.
        limit_seconds: How long one look may take; a check that has not answered by then is ``slow``.
        keep_seconds: How long a report is good, so that probes cannot wear the server out.
    """

    def __init__(
        self, checks: Callable[[], Sequence[Check]], *, limit_seconds: float = 1.0, keep_seconds: float = 2.0
    ) -> None:
        self._checks = checks
        self._limit = limit_seconds
        self._keep = keep_seconds
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(max_workers=8, thread_name_prefix="readiness")
        self._running: dict[str, Future[str]] = {}
        self._looked_at = float("-inf")
        self._report = Report(is_ready=False)

    def look(self) -> Report:
        """Return a report that is no older than `keep_seconds`."""
        with self._lock:
            if time.monotonic() - self._looked_at > self._keep:
                self._report = self._look()
                self._looked_at = time.monotonic()
            return self._report

    def close(self) -> None:
        """Stop looking; a check that hangs is left behind."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _look(self) -> Report:
        deadline = time.monotonic() + self._limit
        try:
            checks = list(self._checks())
        except AuthsmsError:
            return Report(is_ready=False, words={"database": "away"})
        for check in checks:
            # A probe that still hangs from the last look is not started again: one thread for each, at most.
            if check.name not in self._running or self._running[check.name].done():
                self._running[check.name] = self._pool.submit(_word, check)
        words = {check.name: self._collect(check.name, deadline) for check in checks}
        return Report(all(words[check.name] == OK for check in checks if check.required), words)

    def _collect(self, name: str, deadline: float) -> str:
        try:
            return self._running[name].result(timeout=max(deadline - time.monotonic(), 0.0))
        except FutureTimeoutError:
            return "slow"


def _word(check: Check) -> str:
    try:
        return check.probe()
    except AuthsmsError as error:
        _log.warning("readiness.failed", check=check.name, error=type(error).__name__)
        return "away"
    except Exception as error:  # noqa: BLE001 - a broken probe is a finding of its own, and must not hide the others
        _log.error("readiness.broken", check=check.name, error=type(error).__name__, exc_info=error)
        return "broken"
