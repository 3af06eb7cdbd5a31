"""The third placement over a real RabbitMQ and a real Redis: what goes wrong with a broker costs time, and no message.

`CHAOS_ROUNDS=100` makes it long; without it each broker has one of the tests, and one moment is struck.
"""

import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Self

import pytest

from authsms.senders.submission import Purpose
from tests.chaos.carried import carried, start_carried
from tests.chaos.test_kill import DOUBLED, FINAL, ROUNDS
from tests.chaos.victim import MOMENTS, SUBMITTED, Scene, copies
from tests.integration.delivery.twins import Office
from tests.integration.delivery.waiting import wait_until
from tests.parts.rabbitmq import RabbitMQ
from tests.parts.redis_server import Redis

pytestmark = pytest.mark.xdist_group("broker")
IS_LONG = ROUNDS > 1  # a start of RabbitMQ costs what all else here does together
STRUCK = MOMENTS if IS_LONG else (SUBMITTED,)
BROKERS = ("redis", "rabbitmq")


@pytest.fixture
def scene(instance: Path, postgresql_database_url: str, tmp_path: Path) -> Scene:
    """An installation on PostgreSQL with a provider that remembers."""
    return Scene(instance, postgresql_database_url, tmp_path / "provider.log", threads=4)


@pytest.fixture
def office(scene: Scene) -> Iterator[Office]:
    """Where messages are posted, and looked at."""
    with scene.open() as office:
        yield office


@pytest.fixture
def broker(request: pytest.FixtureRequest) -> Redis | RabbitMQ:
    """The broker of the kind that the test names."""
    server: Redis | RabbitMQ = request.getfixturevalue(f"{request.param}_server")
    return server


def _post(office: Office, number: int, purpose: Purpose = Purpose.AUTHENTICATION) -> dict[str, str]:
    texts = [f"Your code is {random.randrange(10**6):06}" for _ in range(number)]  # noqa: S311 - no secret
    return {office.post(text, purpose=purpose): text for text in texts}


def _wait_for_the_end(office: Office, posted: dict[str, str]) -> None:
    wait_until(lambda: all(office.view(message_id).state in FINAL for message_id in posted), 120)


@pytest.mark.parametrize("broker", BROKERS if IS_LONG else ["rabbitmq"], indirect=True)
def test_a_broker_brings_each_message_once(scene: Scene, office: Office, broker: Redis | RabbitMQ):
    """Codes and notices, sent and written down as by an embedded worker; the process ends when it is asked to."""
    posted = _post(office, 10) | _post(office, 10, Purpose.NOTICE)
    with carried(scene, broker.url):
        posted |= _post(office, 5)
        _wait_for_the_end(office, posted)

    assert posted == {copy.message_id: copy.text for copy in copies(scene.log)}
    assert len(posted) == len(copies(scene.log))
    assert {("accepted", 1)} == {(office.view(one).state, office.view(one).attempts) for one in posted}


@pytest.mark.parametrize("moment", STRUCK)
def test_a_kill_loses_nothing_and_doubles_at_most_one(scene: Scene, office: Office, redis_server: Redis, moment: str):
    """F-09 to F-11 with a broker that tells nobody of the dead: the table's own lock does."""
    for number in range(ROUNDS):
        log = scene.log.with_suffix(f".{number}")
        posted = _post(office, 3)
        victim = start_carried(replace(scene, log=log, moment=moment, nth=1 + number % 3, threads=1), redis_server.url)
        victim.join(60)
        assert victim.exitcode == -signal.SIGKILL
        with carried(replace(scene, log=log), redis_server.url):
            _wait_for_the_end(office, posted)

        sent = Counter(copy.message_id for copy in copies(log))
        assert set(posted) == set(sent), "a message was lost, or a stranger was sent"
        assert [posted[copy.message_id] for copy in copies(log)] == [copy.text for copy in copies(log)]
        assert sum(sent.values()) - len(posted) == (moment in DOUBLED)


class Load:
    """Posts a message every twenty milliseconds while the block lasts."""

    def __init__(self, office: Office) -> None:
        self.posted: dict[str, str] = {}
        self.seconds: list[float] = []
        self._office = office
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        while not self._is_over.wait(0.02):
            begun = time.monotonic()
            self.posted |= _post(self._office, 1)
            self.seconds.append(time.monotonic() - begun)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._is_over.set()
        self._thread.join()


@pytest.mark.parametrize("broker", BROKERS if IS_LONG else ["redis"], indirect=True)
def test_a_broker_killed_under_load_loses_nothing(scene: Scene, office: Office, broker: Redis | RabbitMQ):
    """Nobody who enqueues notices; after the broker is back it goes on by itself, without a copy too many."""
    with carried(scene, broker.url):
        with Load(office) as load:
            wait_until(lambda: len(copies(scene.log)) > 20, 60)
            broker.process.kill()
            before = len(load.posted)
            wait_until(lambda: len(load.posted) > before + 20, 60)
            broker.start()
            sent = len(copies(scene.log))
            wait_until(lambda: len(copies(scene.log)) > sent + 20, 60)
        _wait_for_the_end(office, load.posted)

    assert load.posted == {copy.message_id: copy.text for copy in copies(scene.log)}
    assert len(load.posted) == len(copies(scene.log)), "a copy too many"
    assert sorted(load.seconds)[-3] < 5  # a busy machine holds up one or two, a broker that is away all it can
