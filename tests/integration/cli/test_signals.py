"""Whoever is asked to end, ends: however often, and whatever it is doing at that moment."""

import subprocess
import sys

import pytest

_STORM = """
import os, signal, threading, time

def ask_again_and_again():
    for _ in range(300):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.001)

asking = threading.Thread(target=ask_again_and_again)
"""

_WORKER = """
from authsms.cli.servers import stop_on_signals

stop = stop_on_signals()
asking.start()
while not stop.wait(0) or asking.is_alive():
    stop.is_set()
print("ended")
"""

_SERVER = """
from authsms.cli.summons import Summons

summons = Summons()
signal.signal(signal.SIGTERM, lambda number, frame: summons.set())
asking.start()
while asking.is_alive():
    summons.set()
    summons.wait()
    summons.clear()
print("ended")
"""


@pytest.mark.parametrize("program", [_WORKER, _SERVER], ids=["worker", "server"])
def test_a_storm_of_signals_ends_a_process_that_looks_whether_it_is_to_end(program):
    """Each of them comes while the main thread may hold what the event is guarded by."""
    ended = subprocess.run(
        [sys.executable, "-c", _STORM + program], capture_output=True, text=True, timeout=60, check=False
    )

    assert (0, "ended\n", "") == (ended.returncode, ended.stdout, ended.stderr)
