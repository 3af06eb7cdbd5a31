"""A process that must not outlive the one that started it, however that ended."""

import os
import threading
import time
from collections.abc import Callable

_CHECK_SECONDS = 1.0


def call_without(parent: int, act: Callable[[], None]) -> None:
    """Call *act* in a thread of its own once *parent* is not the parent of this process any more."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_CHECK_SECONDS)
        act()

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()
