"""The demonstration, when it is ended before it is over."""

import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from authsms.cli import demo
from tests.integration.delivery.waiting import wait_until


@pytest.mark.slow
def test_whoever_ends_the_demonstration_ends_all_of_it():
    """By a signal that a service manager or a shell sends; the server it has started must not go on alone."""
    demonstration = subprocess.Popen(
        [sys.executable, "-m", "authsms", "demo", "--once"],
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: bool(_children(demonstration.pid)), seconds=60)
        children = _children(demonstration.pid)
    finally:
        demonstration.terminate()
        demonstration.wait(60)

    wait_until(lambda: not any(map(_is_alive, children)), seconds=60)


def test_the_server_ends_with_whoever_is_asked_to_end_while_starting_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It runs already when nobody has its number yet."""
    started: list[subprocess.Popen[bytes]] = []

    class Interrupted(subprocess.Popen[bytes]):
        def __init__(self, *_command: object, **_options: object) -> None:
            super().__init__([sys.executable, "-c", "import time; time.sleep(300)"])
            started.append(self)
            signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr("authsms.cli.demo.subprocess.Popen", Interrupted)
    usual = signal.signal(signal.SIGTERM, demo._interrupt)
    try:
        with ExitStack() as stack, pytest.raises(KeyboardInterrupt):
            stack.enter_context(demo._server(demo._plan(stack, tmp_path, once=True, ldap=False)))
        ended = started[0].poll()
    finally:
        signal.signal(signal.SIGTERM, usual)
        started[0].kill()
        started[0].wait()

    assert -signal.SIGTERM == ended


def _children(parent: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text("utf-8").rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        if int(fields[1]) == parent:
            found.append(int(stat.parent.name))
    return found


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
