"""A delivery process that lives by a broker, relay and consumer in one, with the same provider as the victim's."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event

from celery.signals import worker_ready

from authsms.delivery.carriage import Lane
from authsms.delivery.celery_broker import CeleryPublisher, consume
from authsms.delivery.porter import Porter
from authsms.delivery.relay import Relay
from authsms.delivery.worker import WorkerOptions
from authsms.foundation.sections import DeliverySettings
from tests.chaos.victim import MortalPauses, Scene
from tests.parts.forks import FORKS


def start_carried(scene: Scene, broker: str) -> BaseProcess:
    """Start a process and return it."""
    return _start(scene, broker)


@contextmanager
def carried(scene: Scene, broker: str) -> Iterator[None]:
    """Run a process while the block lasts; it must end when it is asked to."""
    is_ready = FORKS.Event()
    process = _start(scene, broker, is_ready)
    try:
        yield
    finally:
        assert is_ready.wait(60)  # one that is asked earlier ends at once, and owes nobody anything
        process.terminate()
        process.join(60)
    assert process.exitcode == 0


def _start(scene: Scene, broker: str, is_ready: Event | None = None) -> BaseProcess:
    process = FORKS.Process(target=_work, args=(scene, broker, is_ready), daemon=True)
    process.start()
    return process


def _work(scene: Scene, broker: str, is_ready: Event | None) -> None:
    if is_ready is not None:
        worker_ready.connect(lambda **_: is_ready.set(), weak=False)
    settings = DeliverySettings.model_validate({"broker": broker})
    stop = threading.Event()
    options = WorkerOptions(threads=scene.threads)
    with scene.open() as office, Porter(office, options, MortalPauses(scene)) as porter:
        relay = threading.Thread(target=Relay(office, CeleryPublisher(settings), options).run, args=(stop,))
        relay.start()
        consume(settings, list(Lane), scene.threads, porter.deliver)
        stop.set()
        relay.join()
