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

from authsms.cli.ports import require_free
from authsms.cli.web_process import DRAIN_SECONDS, heed_signals
from authsms.foundation.db import Database
from authsms.foundation.folders import make_private
from authsms.foundation.logs import configure_logging, get_logger
from authsms.foundation.schema import require_schema
from authsms.foundation.settings import Settings
from authsms.foundation.vault import Vault

_LARGEST_HEAD = 64 * 1024
_LONGEST_PAUSE = 10.0
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
    delivery = DeliveryProcess()
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
    """A child that runs `authsms worker`; when it ends by itself it is started again, later each time it dies young."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._child: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._watch, name="delivery-watch", daemon=True)

    def start(self) -> None:
        """Start the child and the thread that watches it."""
        self._child = self._spawn()
        self._thread.start()

    def stop(self) -> None:
        """Ask the child to finish what it is sending, and wait for it."""
        self._stopping.set()
        child = self._child
        if child is None or child.poll() is not None:
            return
        child.terminate()
        try:
            child.wait(DRAIN_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()

    def _watch(self) -> None:
        pause = 0.2
        while not self._stopping.is_set() and self._child is not None:
            started = time.monotonic()
            code = self._child.wait()
            if self._stopping.is_set():
                return
            _log.error("delivery.process_ended", exit_code=code)
            pause = 0.2 if time.monotonic() - started > _LONGEST_PAUSE else min(pause * 2, _LONGEST_PAUSE)
            if self._stopping.wait(pause):
                return
            self._child = self._spawn()

    @staticmethod
    def _spawn() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "authsms", "worker", "--parent", str(os.getpid())]
        return subprocess.Popen(command, start_new_session=True)  # noqa: S603 - our own interpreter and arguments
