"""The caretaker's rounds, on a clock of their own."""

import threading
from itertools import pairwise

import pytest
from typing_extensions import override

from authsms.delivery.caretaker import Caretaker
from authsms.delivery.gate import Gate
from authsms.delivery.heartbeat import SILENT, Heartbeat
from authsms.delivery.sweeper import Sweeper, Swept


class _Time(threading.Event):
    """A clock that goes on when somebody waits or works, and an end after so many rounds."""

    def __init__(self, rounds: int) -> None:
        super().__init__()
        self.now = 1000.0
        self._rounds = rounds

    def read(self) -> float:
        return self.now

    @override
    def wait(self, timeout: float | None = None) -> bool:
        self.now += timeout or 0.0
        self._rounds -= 1
        return self._rounds == 0


class _Heartbeat(Heartbeat):
    def __init__(self, time: _Time) -> None:
        self._time = time
        self.beats: list[float] = []

    @override
    def beat(self) -> None:
        self.beats.append(self._time.now)

    @override
    def end(self) -> None:
        pass


class _Sweeper(Sweeper):
    def __init__(self, time: _Time, seconds: float) -> None:
        self._time = time
        self._seconds = seconds
        self.sweeps: list[float] = []

    @override
    def sweep(self) -> Swept:
        self.sweeps.append(self._time.now)
        self._time.now += self._seconds
        return Swept(0, 0, 0)


class _Gate(Gate):
    def __init__(self, time: _Time, seconds: float) -> None:
        self._time = time
        self._seconds = seconds
        self.looks = 0

    @override
    def refresh(self) -> None:
        self.looks += 1
        self._time.now += self._seconds


def _gaps(moments: list[float]) -> list[float]:
    return [later - earlier for earlier, later in pairwise(moments)]


def _work(*, rounds: int, sweep: float = 0.0, refresh: float = 0.0) -> tuple[_Heartbeat, _Sweeper, _Gate]:
    time = _Time(rounds)
    parts = _Heartbeat(time), _Sweeper(time, sweep), _Gate(time, refresh)
    caretaker = Caretaker(parts[0], parts[1], time, lambda: None, parts[2], now=time.read)
    caretaker.start()
    caretaker.join()
    return parts


def test_it_beats_sweeps_and_looks_each_in_its_time():
    """With a database that answers at once."""
    heartbeat, sweeper, gate = _work(rounds=9)

    assert [2.0, 2.0] == _gaps(heartbeat.beats)
    assert [1.0] * 4 == _gaps(sweeper.sweeps)
    assert 9 == gate.looks


@pytest.mark.parametrize(("sweep", "refresh"), [(0.0, 12.0), (12.0, 0.0), (12.0, 12.0)])
def test_a_slow_database_makes_no_living_process_look_dead(sweep, refresh):
    """Each statement may take its time; to be seen is the first thing after it."""
    heartbeat, _, _ = _work(rounds=6, sweep=sweep, refresh=refresh)

    assert max(_gaps(heartbeat.beats)) < SILENT.total_seconds()
