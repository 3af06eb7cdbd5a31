"""One command, several processes: the embedded web server, and a delivery process that is brought back when it dies."""

import logging
import os
import subprocess
import sys
import threading
import time

from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import Server

from authsms.cli.ports import require_free, wait_until_answered
from authsms.cli.web_process import DRAIN_SECONDS, heed_signals
from authsms.foundation.db import Database
from authsms.foundation.folders import make_private
from authsms.foundation.logs import configure_logging, get_logger
from authsms.foundation.schema import require_schema
from authsms.foundation.settings import Settings
from authsms.foundation.vault import Vault

_LARGEST_HEAD = 64 * 1024
_LONGEST_PAUSE = 10.0
_LOOK_SECONDS = 0.1
_MOST_WORKERS = 4
_log = get_logger(__name__)


def run_server(settings: Settings) -> None:
    """Serve until SIGTERM; requests and messages under way are finished first.

    Raises:
        ConfigurationError: Something must be put right before the start; the text says what.
    """
    configure_logging(settings.logging.level, as_json=settings.logging.as_json)
    require_free(settings.server.host, settings.server.port)
    make_private(settings.instance)
    Vault.open(settings.keys_file)
    database = Database(settings.database_url)
    require_schema(database)
    database.dispose()
    # It advises against many threads; these wait for directories and for hashing slots, so they are meant.
    logging.getLogger("_granian").addFilter(lambda record: "Python threads" not in record.getMessage())
    os.register_at_fork(after_in_child=heed_signals)
    address = f"http://{settings.server.host}:{settings.server.port}"
    _log.info("server.starting", listens_on=address, people_use=settings.public_url)
    delivery = DeliveryProcess(settings.server.host, settings.server.port)
    delivery.start()
    try:
        _web_server(settings).serve()  # type: ignore[attr-defined]
    finally:
        delivery.stop()


def _web_server(settings: Settings) -> Server:  # type: ignore[valid-type]  # one of two classes, by the build of Python
    workers = settings.server.workers or min(os.cpu_count() or 1, _MOST_WORKERS)
    return Server(
        "authsms.cli.web_process:create_app",
        factory=True,
        address=settings.server.host,
        port=settings.server.port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=settings.server.threads,
        backpressure=settings.server.threads * 4,
        http1_settings=HTTP1Settings(max_buffer_size=_LARGEST_HEAD),
        respawn_failed_workers=True,
        workers_kill_timeout=DRAIN_SECONDS,
        log_access=False,
        log_level=LogLevels.warning,
    )


class DeliveryProcess:
    """A child that runs `authsms worker`; when it ends by itself it is started again, later each time it dies young.

    It is started once the web server at *host* and *port* answers: two processes that load at once take the machine's
    cores from each other, and people wait for the page first.
    """

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._stopping = threading.Event()
        self._child: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._watch, name="delivery-watch", daemon=True)

    def start(self) -> None:
        """Start the thread that starts the child and watches it."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the child to finish what it is sending, and wait for it."""
        self._stopping.set()
        self._thread.join()
        child = self._child
        if child is None or child.poll() is not None:
            return
        child.terminate()
        try:
            child.wait(DRAIN_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()

    def _watch(self) -> None:
        wait_until_answered(self._host, self._port, self._stopping)
        pause = 0.2
        while not self._stopping.is_set():
            started = time.monotonic()
            self._child = self._spawn()
            code = self._wait_for(self._child)
            if code is None:
                return
            _log.error("delivery.process_ended", exit_code=code)
            pause = 0.2 if time.monotonic() - started > _LONGEST_PAUSE else min(pause * 2, _LONGEST_PAUSE)
            self._stopping.wait(pause)

    def _wait_for(self, child: "subprocess.Popen[bytes]") -> int | None:
        """Return how *child* ended, or None when it is to be stopped before."""
        while not self._stopping.is_set():
            try:
                return child.wait(_LOOK_SECONDS)
            except subprocess.TimeoutExpired:
                continue
        return None

    @staticmethod
    def _spawn() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "authsms", "worker", "--parent", str(os.getpid())]
        return subprocess.Popen(command, start_new_session=True)  # noqa: S603 - our own interpreter and arguments
