"""A child that runs an `authsms` command, and is brought back when it dies."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence

from authsms.foundation.logs import get_logger

_LONGEST_PAUSE = 10.0
_LOOK_SECONDS = 0.1
_log = get_logger(__name__)


class Child:
    """A process of `authsms`; when it ends by itself it is started again, later each time it dies young.

    Args:
        arguments: What follows ``authsms`` on the command line; the option ``--parent`` is added.
        patience: How long it may take to end when it is asked to.
        wait: Returns when it may be started, or when the event is set.
    """

    def __init__(
        self, arguments: Sequence[str], patience: float, wait: Callable[[threading.Event], object] | None = None
    ) -> None:
        self._arguments = arguments
        self._patience = patience
        self._wait = wait
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._watch, name="child-watch", daemon=True)

    def start(self) -> None:
        """Start the thread that starts the process and watches it."""
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Ask it to finish what it is doing."""
        self._stopping.set()
        self._thread.join()
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def stop(self) -> None:
        """Ask it to finish what it is doing, and wait for it."""
        self.ask_to_stop()
        if self._process is None:
            return
        try:
            self._process.wait(self._patience)
        except subprocess.TimeoutExpired:
            self._process.kill()

    def _watch(self) -> None:
        if self._wait is not None:
            self._wait(self._stopping)
        pause = 0.2
        while not self._stopping.is_set():
            started = time.monotonic()
            self._process = self._spawn()
            code = self._wait_for(self._process)
            if code is None:
                return
            _log.error("child.ended", command=self._arguments[0], exit_code=code)
            pause = 0.2 if time.monotonic() - started > _LONGEST_PAUSE else min(pause * 2, _LONGEST_PAUSE)
            self._stopping.wait(pause)

    def _wait_for(self, process: "subprocess.Popen[bytes]") -> int | None:
        """Return how *process* ended, or None when it is to be stopped before."""
        while not self._stopping.is_set():
            code = process.poll()
            if code is not None:
                return code
            self._stopping.wait(_LOOK_SECONDS)  # waiting for the process with a limit looks ten times as often
        return None

    def _spawn(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "authsms", *self._arguments, "--parent", str(os.getpid())]
        return subprocess.Popen(command, start_new_session=True)  # noqa: S603 - our own interpreter and arguments
