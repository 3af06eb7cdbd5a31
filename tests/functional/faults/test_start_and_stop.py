"""How `authsms serve` begins and ends."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.functional.provided import Provider
from tests.functional.running import Installation, Node, run_installation

pytestmark = pytest.mark.xdist_group("start-and-stop")
_LONGEST_STOP = 10.0
"""An idle server takes half a second; one that has lost the signal takes the 30 seconds in which it may drain."""


@pytest.fixture
def still(tmp_path: Path, provider: Provider) -> Iterator[Installation]:
    """An installation that has not been started."""
    with run_installation(tmp_path, provider, is_started=False) as installation:
        yield installation


def test_it_ends_at_once_when_asked_while_its_web_processes_are_starting(still: Installation) -> None:
    """A web process that still loads the application must not swallow the request to end."""
    node = still.nodes[0]
    node.launch()
    _wait_for(node, "web")
    time.sleep(0.3)

    assert node.stop() < _LONGEST_STOP


def test_it_leaves_no_process_behind_when_it_is_killed(still: Installation) -> None:
    """Left-over web processes would keep the port, and the next start would fail."""
    node = still.nodes[0]
    node.start()
    members = node.family()
    assert node.process is not None
    node.process.kill()

    deadline = time.monotonic() + _LONGEST_STOP
    while node.answers("/healthz") and time.monotonic() < deadline:
        time.sleep(0.1)
    is_gone = not node.answers("/healthz")
    node.kill(members)

    assert is_gone


def _wait_for(node: Node, kind: str) -> None:
    deadline = time.monotonic() + 30
    while kind not in node.family().values():
        assert time.monotonic() < deadline
        time.sleep(0.005)
