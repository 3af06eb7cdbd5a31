"""The caretaker's rounds, and the pulse beside them."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from typing_extensions import override

from authsms.delivery.caretaker import Caretaker
from authsms.delivery.heartbeat import Heartbeat, Pulse
from authsms.delivery.sweeper import Sweeper, Swept

SOON = timedelta(milliseconds=5)
PATIENCE_SECONDS = 20
BEATS = 10


class _Heartbeat(Heartbeat):
    """Counts its beats; says when there were enough, and what came last."""

    def __init__(self) -> None:
        self.beats = 0
        self.enough = threading.Event()
        self.is_over = False

    @override
    def beat(self) -> None:
        self.beats += 1
        if self.beats == BEATS:
            self.enough.set()
        if self.beats % 2:
            raise OSError("the database is away")

    @override
    def end(self) -> None:
        self.is_over = True


class _Sweeper(Sweeper):
    def __init__(self, work: Callable[[], object]) -> None:
        self._work = work

    @override
    def sweep(self) -> Swept:
        self._work()
        return Swept(1, 0, 0)


@pytest.mark.parametrize("slow", ["sweep", "chore"])
def test_a_process_at_work_is_heard_however_long_its_work_takes(slow):
    """Also when every other beat fails: readiness and alarms go by it."""
    heartbeat, stop, nudged = _Heartbeat(), threading.Event(), threading.Event()
    seen: list[bool] = []

    def work() -> None:
        seen.append(heartbeat.enough.wait(PATIENCE_SECONDS))
        stop.set()

    sweeper, chores = _Sweeper(work if slow == "sweep" else bool), (work if slow == "chore" else bool,)
    caretaker = Caretaker(Pulse(heartbeat, stop, every=SOON), sweeper, stop, nudged.set, chores)
    caretaker.start()
    was_stopped = stop.wait(PATIENCE_SECONDS)
    caretaker.join()

    assert (True, [True], True) == (was_stopped, seen, nudged.is_set())
    assert heartbeat.is_over
