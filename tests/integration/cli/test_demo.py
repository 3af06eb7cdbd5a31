"""The demonstration, when it is ended before it is over."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

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
        (server,) = _children(demonstration.pid)
    finally:
        demonstration.terminate()
        demonstration.wait(60)

    wait_until(lambda: not _is_alive(server), seconds=60)


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
