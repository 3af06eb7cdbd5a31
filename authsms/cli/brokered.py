"""`authsms worker` with a broker: a relay, and two children that hand over what the broker brings them.

One child takes everything, the other only messages for authentication: however slow the provider of notices, there are
threads for codes.
"""

import threading

from authsms.cli.children import Child
from authsms.cli.garbage import look_seldom
from authsms.delivery.carriage import Lane
from authsms.delivery.porter import Porter
from authsms.delivery.relay import Relay
from authsms.delivery.worker import WorkerOptions
from authsms.foundation.errors import ConfigurationError
from authsms.wiring import Services

try:
    from authsms.delivery.celery_broker import CeleryPublisher, consume
except ModuleNotFoundError as error:
    raise ConfigurationError(
        f"delivery.broker is set, but {error.name} is not installed: pip install 'authsms[celery]'"
    ) from error

_PATIENCE_SECONDS = 30
_LANES = {"urgent": (Lane.URGENT,), "any": (Lane.URGENT, Lane.PATIENT)}


def relay(services: Services, stop: threading.Event) -> None:
    """Pass ids on until *stop* is set, and keep the children alive that take them."""
    children = [Child(["worker", "--lane", lane], _PATIENCE_SECONDS) for lane in _LANES]
    for child in children:
        child.start()
    Relay(services, CeleryPublisher(services.settings.delivery)).run(stop)
    for child in children:
        child.ask_to_stop()
    for child in children:
        child.stop()


def carry(services: Services, lane: str) -> None:
    """Hand over what the broker brings, until SIGTERM."""
    options = WorkerOptions()
    threads = options.reserved if lane == "urgent" else options.threads - options.reserved
    with Porter(services, options) as porter:
        look_seldom()
        consume(services.settings.delivery, _LANES[lane], threads, porter.deliver)
