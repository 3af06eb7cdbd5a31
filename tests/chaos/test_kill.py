"""kill -9 of the delivery process at every moment: nothing lost, at most one copy too many, and none too late.

`CHAOS_ROUNDS=100` makes it long; without it every moment is struck once on each database.
"""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from tests.chaos.victim import MOMENTS, SUBMITTED, Scene, copies, start
from tests.integration.delivery.twins import Office
from tests.integration.delivery.waiting import wait_until

ROUNDS = int(os.environ.get("CHAOS_ROUNDS", "1"))
LIFE = timedelta(minutes=5)
FINAL = {"accepted", "delivered", "failed", "unknown", "stale", "withheld"}
DOUBLED = {"answered", SUBMITTED}


@pytest.fixture
def office(scene: Scene) -> Iterator[Office]:
    """Where messages are posted, and looked at."""
    with scene.open() as office:
        yield office


@pytest.fixture
def scene(instance: Path, database_url: str, tmp_path: Path) -> Scene:
    """An installation with a provider that remembers."""
    return Scene(instance, database_url, tmp_path / "provider.log")


def _post(office: Office, number: int) -> dict[str, str]:
    texts = [f"Your code is {random.randrange(10**6):06}" for _ in range(number)]  # noqa: S311 - no secret
    return {office.post(text, expires_at=office.clock.now() + LIFE): text for text in texts}


def _has_begun(log: Path) -> bool:
    return len(copies(log)) > 2


def _strike(scene: Scene) -> None:
    """Run a process until it has killed itself."""
    victim = start(scene)
    victim.join(60)
    assert victim.exitcode == -signal.SIGKILL
    victim.close()


def _finish(scene: Scene, office: Office, posted: dict[str, str]) -> None:
    """Let an unharmed worker bring every message to its end."""
    with replace(scene, moment="").open() as other, other.worker():
        wait_until(lambda: all(office.view(message_id).state in FINAL for message_id in posted), 60)


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_kill_loses_nothing_and_doubles_at_most_one(scene: Scene, office: Office, moment: str):
    """F-09 to F-11: the promise of the delivery engine, struck at each point where it could break."""
    for number in range(ROUNDS):
        log = scene.log.with_suffix(f".{number}")
        posted = _post(office, 3)
        _strike(replace(scene, log=log, moment=moment, nth=1 + number % 3))
        _finish(replace(scene, log=log), office, posted)

        sent = Counter(copy.message_id for copy in copies(log))
        assert set(posted) == set(sent), "a message was lost, or a stranger was sent"
        assert [posted[copy.message_id] for copy in copies(log)] == [copy.text for copy in copies(log)]
        assert sum(sent.values()) - len(posted) == (moment in DOUBLED)
        assert {"accepted"} == {office.view(message_id).state for message_id in posted}


@pytest.mark.parametrize("moment", ["claimed", SUBMITTED])
def test_nothing_is_sent_after_expiry_however_long_the_outage(scene: Scene, office: Office, moment: str):
    """A code that comes after its end only confuses, or is somebody's second code."""
    posted = _post(office, 3)
    _strike(replace(scene, moment=moment))
    before = copies(scene.log)
    _finish(replace(scene, outage=2 * LIFE), office, posted)

    assert before == copies(scene.log)
    assert len(before) == (moment in DOUBLED)


def test_kills_at_random_moments_under_load(scene: Scene, office: Office):
    """Eight threads in the middle of everything: no message is lost, and none arrives more than twice."""
    for number in range(2 * ROUNDS):
        log = scene.log.with_suffix(f".{number}")
        posted = _post(office, 24)
        victim = start(replace(scene, log=log, threads=8, provider_seconds=0.01))
        wait_until(partial(_has_begun, log), 60)
        time.sleep(random.random() / 10)  # noqa: S311 - no secret
        victim.kill()
        victim.join()
        victim.close()
        _finish(replace(scene, log=log), office, posted)

        sent = Counter(copy.message_id for copy in copies(log))
        assert set(posted) == set(sent)
        assert max(sent.values()) <= 2
        assert [posted[copy.message_id] for copy in copies(log)] == [copy.text for copy in copies(log)]


def test_the_messages_of_a_killed_worker_move_on_within_a_second_or_two(scene: Scene, office: Office):
    """F-09: within 20 seconds. The lock of a dead process is free at once; nobody waits for a lease of a minute."""
    for _ in range(3):  # a busy machine may take longer, but not every time
        posted = _post(office, 1)
        _strike(replace(scene, moment="claimed"))
        started = time.monotonic()
        _finish(scene, office, posted)
        took = time.monotonic() - started
        if took < 20:
            break

    assert took < 20
