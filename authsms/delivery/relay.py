"""The relay: gives the ids of due messages to a broker, for delivery processes that live by one.

It stands between the table and the broker, and nobody stands behind it: a text is enqueued by a commit, and the relay
is woken by the doorbell as an embedded worker would be. When the broker is away, nothing is refused and nothing waits
but the relay; all messages wait again until it is back. What the broker has lost is sent anew when its lease is over,
or at once when the connection has broken. There may be any number of relays.
"""

import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Final, Protocol

from authsms.delivery import carriage
from authsms.delivery.caretaker import Caretaker
from authsms.delivery.carriage import Lane
from authsms.delivery.doorbell import Listener
from authsms.delivery.endurance import report
from authsms.delivery.heartbeat import Heartbeat, Pulse
from authsms.delivery.liveness import Liveness
from authsms.delivery.worker import WorkerOptions, Workplace, lock_folder, open_sweeper
from authsms.foundation.engines import checkpoint
from authsms.foundation.logs import get_logger

_LATE_SECONDS: Final = 1.0
_FULL: Final = timedelta(milliseconds=20)
_FIRST_PAUSE_SECONDS: Final = 0.1
_LONGEST_PAUSE_SECONDS: Final = 2.0
_log = get_logger(__name__)


class Publisher(Protocol):
    """The way to a broker."""

    def publish(self, message_ids: Sequence[str], lane: Lane) -> None:
        """Give ids to the broker; it has them when this returns.

        Raises:
            BrokerUnavailableError: It may have some of them, or none, or may have lost all it had.
        """

    def close(self) -> None:
        """Give back the connection."""


class Relay:
    """One relay; `run` does everything."""

    def __init__(self, workplace: Workplace, publisher: Publisher, options: WorkerOptions | None = None) -> None:
        self._options = options or WorkerOptions()
        self._publisher = publisher
        self._database = workplace.database
        self._clock = workplace.clock
        self._doorbell = workplace.doorbell
        self._liveness = Liveness(lock_folder(workplace.settings.instance))
        self._sweeper = open_sweeper(workplace, self._liveness)
        self._next_look = 0.0

    def run(self, stop: threading.Event) -> None:
        """Pass ids on until *stop* is set."""
        with self._liveness.hold() as hold, self._doorbell.listen() as listener:
            pulse = Pulse(Heartbeat(self._database, self._clock, hold.owner), stop)
            chores = (partial(checkpoint, self._database.engine),)
            caretaker = Caretaker(pulse, self._sweeper, stop, listener.nudge, chores)
            caretaker.start()
            _log.info("relay.started", worker=hold.owner)
            self._pass_on_until(stop, listener)
            self._publisher.close()
            caretaker.join()
            _log.info("relay.stopped", worker=hold.owner)

    def _pass_on_until(self, stop: threading.Event, listener: Listener) -> None:
        pause, is_sure = 0.0, False  # the relay before may have died between the table and the broker
        while not stop.wait(pause):
            try:
                if not is_sure:
                    carriage.take_back(self._database, self._clock.now(), only_late=False)
                is_more_likely = self._pass_on()
            except Exception as error:  # noqa: BLE001 - the loop must go on
                report("relay.failed", error)
                is_sure = False
                pause = min(max(pause * 2, _FIRST_PAUSE_SECONDS), _LONGEST_PAUSE_SECONDS)
            else:
                pause, is_sure = 0.0, True
                listener.wait(_FULL if is_more_likely else self._options.poll)

    def _pass_on(self) -> bool:
        """Pass on what is due; return whether there is more than may be under way."""
        if time.monotonic() >= self._next_look:
            self._next_look = time.monotonic() + _LATE_SECONDS
            late = carriage.take_back(self._database, self._clock.now(), only_late=True)
            if late:
                _log.warning("relay.sent_anew", messages=late)
        for lane in Lane:
            message_ids = carriage.pass_on(self._database, lane, self._clock.now())
            if message_ids:
                self._publisher.publish(message_ids, lane)
        return bool(message_ids)
