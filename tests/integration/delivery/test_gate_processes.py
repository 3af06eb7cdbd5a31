"""Two delivery processes at one gate: what must be exact is exact across them."""

import os
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.synchronize import Barrier
from pathlib import Path

from authsms.audit.vocabulary import Author
from authsms.delivery.caps import Cap, CapScope, Period
from authsms.delivery.ledger import Claimed, Lease
from authsms.delivery.rates import ServiceRate
from authsms.foundation.clock import SystemClock
from authsms.foundation.vault import HashingProfile, Vault
from authsms.senders.submission import RefusalScope, Refused
from tests.integration.delivery.twins import Office
from tests.parts.forks import FORKS

ANNA = Author("anna")
EACH = 10


@dataclass
class _Start:
    """Where a process waits for the other one."""

    barrier: Barrier | None = None


_start = _Start()


def _meet(barrier: Barrier) -> None:
    _start.barrier = barrier


def _begin_all(instance: Path, url: str) -> int:
    """Be one of two processes that begin attempts with many threads at the same moment; return how many began."""
    vault = Vault.open(instance / "keys.json", profile=HashingProfile.TESTS)
    office = Office.open(instance, url, vault, SystemClock())
    owner = f"worker-{os.getpid()}"
    claimed = office.claim(owner, limit=EACH)

    def begin(one: Claimed) -> bool:
        now = office.clock.now()
        lease = Lease(owner, now, now + timedelta(seconds=60))
        return isinstance(office.gate.begin(one.subject, lease, office.first, country="DE", text="x"), int)

    assert _start.barrier is not None
    _start.barrier.wait(60)
    with ThreadPoolExecutor(5) as pool:
        begun = sum(pool.map(begin, claimed))
    office.database.dispose()
    return begun


def _compete(office: Office) -> int:
    """Return how many attempts two processes could begin together."""
    for _ in range(2 * EACH):
        office.post()
    arguments = (office.settings.instance, office.settings.database_url)
    with ProcessPoolExecutor(2, FORKS, initializer=_meet, initargs=(FORKS.Barrier(2),)) as pool:
        return sum(one.result(120) for one in [pool.submit(_begin_all, *arguments) for _ in range(2)])


def test_rates_caps_and_breakers_are_exact_across_processes(office: Office):
    """One row each, one conditional statement each: two machines do not get twice as much."""
    office.gate.rates.save("first", ServiceRate(0.01, 7), ANNA)
    by_rate = _compete(office)
    office.gate.rates.save("first", None, ANNA)
    cap = office.gate.spending.save(Cap("", CapScope.SERVICE, "first", Period.DAY, most_texts=5), ANNA)
    by_cap = _compete(office)
    office.gate.spending.remove(cap.id, ANNA)
    office.first.answer = lambda _submission: Refused(RefusalScope.CONFIGURATION, "http_401", "")
    office.post()
    office.deliver()
    office.gate.conditions.retry_service("first", ANNA)
    by_breaker = _compete(office)

    assert (7, 5, 1) == (by_rate, by_cap, by_breaker)
