"""A delivery process that lives by a broker, relay and consumer in one, with the same provider as the victim's."""

import multiprocessing
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess

from authsms.delivery.carriage import Lane
from authsms.delivery.celery_broker import CeleryPublisher, consume
from authsms.delivery.porter import Porter
from authsms.delivery.relay import Relay
from authsms.delivery.worker import WorkerOptions
from authsms.foundation.sections import DeliverySettings
from tests.chaos.victim import MortalPauses, Scene

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload([__name__, "tests.chaos.victim"])


def start_carried(scene: Scene, broker: str) -> BaseProcess:
    """Start a process and return it."""
    process = _forks.Process(target=_work, args=(scene, broker), daemon=True)
    process.start()
    return process


@contextmanager
def carried(scene: Scene, broker: str) -> Iterator[None]:
    """Run a process while the block lasts; it must end when it is asked to."""
    process = start_carried(scene, broker)
    try:
        yield
    finally:
        process.terminate()
        process.join(30)
    assert process.exitcode == 0


def _work(scene: Scene, broker: str) -> None:
    settings = DeliverySettings.model_validate({"broker": broker})
    stop = threading.Event()
    options = WorkerOptions(threads=scene.threads)
    with scene.open() as office, Porter(office, options, MortalPauses(scene)) as porter:
        relay = threading.Thread(target=Relay(office, CeleryPublisher(settings), options).run, args=(stop,))
        relay.start()
        consume(settings, list(Lane), scene.threads, porter.deliver)
        stop.set()
        relay.join()
