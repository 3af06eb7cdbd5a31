"""Waiting for what another thread or process does."""

import time
from collections.abc import Callable

_PAUSE_SECONDS = 0.005


def wait_until(happened: Callable[[], bool], seconds: float = 30, explain: Callable[[], str] = str) -> None:
    """Return once *happened* is true; fail after *seconds* with what *explain* says."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, f"waited {seconds} s: {explain()}"
        time.sleep(_PAUSE_SECONDS)
