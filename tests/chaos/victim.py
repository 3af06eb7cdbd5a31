"""A delivery process that kills itself at a chosen moment, as a power cut or the kernel would."""

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path

from typing_extensions import override

from authsms.delivery.pauses import Moment, Pauses
from authsms.delivery.worker import Worker, WorkerOptions
from authsms.foundation.clock import Clock
from authsms.foundation.vault import HashingProfile, Vault
from authsms.senders.submission import Accepted, Outcome, Submission
from tests.integration.delivery.twins import FixedPolicy, Office, RecordingService
from tests.parts.forks import FORKS

SUBMITTED = "submitted"
"""The provider has the text, and has not answered yet."""

MOMENTS = (*Moment, SUBMITTED)


@dataclass(frozen=True)
class Scene:
    """Where a process works, and when it dies.

    Attributes:
        instance: Folder of the installation.
        url: Its database.
        log: File to which the provider writes what it gets.
        moment: When to die; never when empty.
        nth: At the how many-eth time.
        threads: Sender threads.
        provider_seconds: How long the provider takes.
        outage: How long ago it is here that the others were at work.
    """

    instance: Path
    url: str
    log: Path
    moment: str = ""
    nth: int = 1
    threads: int = 1
    provider_seconds: float = 0.0
    outage: timedelta = timedelta()

    @contextmanager
    def open(self) -> Iterator[Office]:
        """Give everything a worker needs, with this scene's provider."""
        vault = Vault.open(self.instance / "keys.json", profile=HashingProfile.TESTS)
        office = Office.open(self.instance, self.url, vault, _Later(self.outage), FixedPolicy([Provider(self)]))
        try:
            yield office
        finally:
            office.database.dispose()


class _Later(Clock):
    """The machine's clock, ahead of it by the length of an outage."""

    def __init__(self, ahead: timedelta) -> None:
        self._ahead = ahead

    @override
    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead


@dataclass(frozen=True)
class Copy:
    """One text that reached the provider."""

    message_id: str
    text: str


class Death:
    """Strikes at the nth time that a moment is reached."""

    def __init__(self, moment: str, nth: int) -> None:
        self._moment = moment
        self._left = nth
        self._lock = threading.Lock()

    def pass_by(self, moment: str) -> None:
        """Die here, or go on."""
        if moment != self._moment:
            return
        with self._lock:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
                time.sleep(60)


class Provider(RecordingService):
    """Writes every copy to a file, which outlives the process."""

    def __init__(self, scene: Scene) -> None:
        super().__init__("provider", self._take)
        self._scene = scene
        self._death = Death(scene.moment, scene.nth)

    def _take(self, submission: Submission) -> Outcome:
        line = json.dumps([submission.message_id, submission.text]) + "\n"
        file = os.open(self._scene.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.write(file, line.encode())
        os.close(file)
        self._death.pass_by(SUBMITTED)
        time.sleep(self._scene.provider_seconds)
        return Accepted(f"provider-{submission.message_id}-{time.time_ns()}")


class MortalPauses(Pauses):
    """Dies at a moment of delivery."""

    def __init__(self, scene: Scene) -> None:
        self._death = Death(scene.moment, scene.nth)

    @override
    def reached(self, moment: Moment) -> None:
        self._death.pass_by(moment)


def start(scene: Scene) -> BaseProcess:
    """Start a delivery process and return it."""
    process = FORKS.Process(target=_work, args=(scene,), daemon=True)
    process.start()
    return process


def copies(log: Path) -> list[Copy]:
    """Return what has reached the provider."""
    if not log.exists():
        return []
    return [Copy(*json.loads(line)) for line in log.read_text("utf-8").splitlines()]


def _work(scene: Scene) -> None:
    with scene.open() as office:
        Worker(office, WorkerOptions(threads=scene.threads), MortalPauses(scene)).run(threading.Event())
