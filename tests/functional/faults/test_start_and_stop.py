"""How `authsms serve` begins and ends, started as people do: as a command, whose children are commands as well."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.functional.nodes import Node
from tests.functional.provided import Provider
from tests.functional.running import Installation, run_installation

pytestmark = pytest.mark.xdist_group("start-and-stop")
_LONGEST_STOP = 25.0
"""An idle server takes half a second; one that has lost the signal takes the 30 seconds in which it may drain."""


@pytest.fixture
def still(tmp_path: Path, provider: Provider) -> Iterator[Installation]:
    """An installation that has not been started."""
    with run_installation(tmp_path, provider, is_started=False, is_forked=False) as installation:
        yield installation


def test_it_ends_at_once_when_asked_while_its_web_processes_are_starting(still: Installation) -> None:
    """A web process that still loads the application must not swallow the request to end."""
    node = still.nodes[0]
    node.launch()
    _wait_until(lambda: "web" in node.family().values())
    time.sleep(0.3)

    assert node.stop() < _LONGEST_STOP


def test_it_brings_back_what_is_killed_and_leaves_nothing_behind_when_it_is_killed_itself(still: Installation) -> None:
    """Without a delivery process no code is sent; left-over web processes would keep the port from the next start."""
    node = still.nodes[0]
    node.start()
    node.wait_until_ready()
    killed = _delivery_of(node)
    os.kill(killed, signal.SIGKILL)
    _wait_until(lambda: _delivery_of(node) not in {0, killed})
    members = node.family()
    assert node.process is not None
    node.process.kill()

    deadline = time.monotonic() + _LONGEST_STOP
    while node.answers("/healthz") and time.monotonic() < deadline:
        time.sleep(0.1)
    is_gone = not node.answers("/healthz")
    node.kill(members)

    assert is_gone


def _delivery_of(node: Node) -> int:
    """Return the number of the delivery process, 0 when there is none."""
    return next((pid for pid, kind in node.family().items() if kind == "worker"), 0)


def _wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.005)
