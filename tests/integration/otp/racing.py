"""Many at once on one code: threads of this process, or of two others."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

from typing_extensions import override

from authsms.foundation.clock import DatabaseClock
from authsms.foundation.db import Database
from authsms.foundation.sections import OtpSettings
from authsms.foundation.vault import HashingProfile, Vault
from authsms.otp.challenge import ChallengeService, Charged
from tests.parts.forks import FORKS


class CountingVault(Vault):
    """The real vault, which also counts the codes it compares."""

    compared = 0
    lock = threading.Lock()

    @override
    def verify_code(self, digest, challenge_id, code):
        with self.lock:
            self.compared += 1
        return super().verify_code(digest, challenge_id, code)


@dataclass(frozen=True)
class Outcome:
    """What came of many attempts."""

    wins: int
    compared: int
    refused: int


def at_once(count: int, act: Callable[[], Any]) -> list[Any]:
    """Run *act* in *count* threads that start together; return what they returned."""
    results: list[Any] = []
    barrier = threading.Barrier(count)

    def run() -> None:
        barrier.wait()
        results.append(act())

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count == len(results)
    return results


def attempt(database: Database, service: ChallengeService, challenge_id: str, code: str) -> str:
    """Charge, compare and consume once, as a method does."""
    charge = service.charge(challenge_id)
    if not isinstance(charge, Charged):
        return "refused"
    if not service.verify(charge, code):
        return "wrong"
    with database.write() as session:
        return "won" if service.consume(session, challenge_id) else "late"


def race(url: str, keys: Path, challenge_id: str, code: str, *, count: int, settings: OtpSettings) -> Outcome:
    """Let *count* threads try one code on one database."""
    database = Database(url, pool_size=20)
    vault = CountingVault.open(keys, profile=HashingProfile.TESTS, slots=8)
    assert isinstance(vault, CountingVault)
    service = ChallengeService(database, vault, DatabaseClock(database), settings)
    results = at_once(count, lambda: attempt(database, service, challenge_id, code))
    database.dispose()
    return Outcome(results.count("won"), vault.compared, results.count("refused"))


def race_in_two_processes(url: str, keys: Path, challenge_id: str, code: str, *, count: int) -> list[Outcome]:
    """Let two other processes, with *count* threads each, try one code on one database."""
    start, outcomes = FORKS.Barrier(2), FORKS.SimpleQueue()
    facts = (start, outcomes, url, keys, challenge_id, code, count)
    both = [FORKS.Process(target=_race_there, args=facts, daemon=True) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join(120)
    assert [0, 0] == [process.exitcode for process in both]
    return [outcomes.get() for _ in both]


def _race_there(start: Barrier, outcomes: "SimpleQueue[Outcome]", *facts: Any) -> None:
    """Be one of the processes."""
    *where, count = facts
    start.wait(60)
    outcomes.put(race(*where, count=count, settings=OtpSettings(hold_after=20, failure_cap=100)))
