"""Many at once on one code: threads of this process, or of another one (``python -m tests.integration.otp.racing``)."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typing_extensions import override

from authsms.foundation.clock import DatabaseClock
from authsms.foundation.db import Database
from authsms.foundation.sections import OtpSettings
from authsms.foundation.vault import HashingProfile, Vault
from authsms.otp.challenge import ChallengeService, Charged

ROOT = Path(__file__).parents[3]


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
    order = json.dumps({"url": url, "keys": str(keys), "challenge": challenge_id, "code": code, "count": count})
    command = [sys.executable, "-m", "tests.integration.otp.racing", order]
    started = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    answers = [process.communicate(timeout=60)[0] for process in started]
    assert [0, 0] == [process.returncode for process in started]
    return [Outcome(**json.loads(answer)) for answer in answers]


def main() -> None:
    """Race as told on the command line and print the outcome."""
    order = json.loads(sys.argv[1])
    outcome = race(
        order["url"],
        Path(order["keys"]),
        order["challenge"],
        order["code"],
        count=order["count"],
        settings=OtpSettings(hold_after=20, failure_cap=100),
    )
    sys.stdout.write(json.dumps({"wins": outcome.wins, "compared": outcome.compared, "refused": outcome.refused}))


if __name__ == "__main__":
    main()
