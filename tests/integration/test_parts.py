"""Servers that tests start end with the tests, however those end, and ports are given once."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.parts.processes import free_port, free_udp_port

_PARENT = """
import sys, time
from pathlib import Path
from tests.parts.processes import Process
started = Process(["sleep", "300"], log=Path(sys.argv[1]))
print(started.pid, flush=True)
time.sleep(300)
"""


def _command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text("utf-8")
    except OSError:
        return ""


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL], ids=["asked", "killed"])
def test_a_server_ends_with_the_process_that_started_it(tmp_path: Path, end: signal.Signals) -> None:
    """Otherwise each run that is cut short leaves a directory and a database behind."""
    with subprocess.Popen(
        [sys.executable, "-c", _PARENT, str(tmp_path / "log")], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        until = time.monotonic() + 60
        while not _command_of(pid).startswith("sleep") and time.monotonic() < until:
            time.sleep(0.01)
        was_there = _command_of(pid).startswith("sleep")
        parent.send_signal(end)
        parent.wait(60)
    until = time.monotonic() + 60
    while _command_of(pid) and time.monotonic() < until:
        time.sleep(0.01)
    is_there = bool(_command_of(pid))
    if is_there:
        os.kill(pid, signal.SIGKILL)

    assert was_there
    assert not is_there


def test_a_free_port_is_given_once() -> None:
    """The one before may not have been put to use yet, or its server may be away for a moment."""
    found = [choose() for choose in (free_port, free_udp_port) for _ in range(50)]

    assert len(found) == len(set(found))
