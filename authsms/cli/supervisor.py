"""One command, several processes: the embedded web server, and beside it those that are brought back when they die.

One delivers texts, one answers RADIUS where that is wanted. They are started once the web server answers: processes
that load at once take the machine's cores from each other, and people wait for the page first.
"""

import logging
import os
from functools import partial

from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import Server
from sqlalchemy.orm import configure_mappers

from authsms.cli.children import Child
from authsms.cli.garbage import look_seldom
from authsms.cli.ports import require_free, wait_until_answered
from authsms.cli.summons import Summons
from authsms.cli.web_process import DRAIN_SECONDS, heed_signals, hold_signals, release_signals
from authsms.foundation.db import Database
from authsms.foundation.folders import make_private
from authsms.foundation.logs import configure_logging, get_logger
from authsms.foundation.schema import require_schema
from authsms.foundation.settings import Settings
from authsms.foundation.vault import Vault

_LARGEST_HEAD = 64 * 1024
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
    _require_schema(settings)
    _prepare_forks()
    # It advises against many threads; these wait for directories and for hashing slots, so they are meant.
    logging.getLogger("_granian").addFilter(lambda record: "Python threads" not in record.getMessage())
    os.register_at_fork(before=hold_signals, after_in_parent=release_signals, after_in_child=heed_signals)
    address = f"http://{settings.server.host}:{settings.server.port}"
    _log.info("server.starting", listens_on=address, people_use=settings.public_url)
    served = partial(wait_until_answered, settings.server.host, settings.server.port)
    children = [Child(["worker"], DRAIN_SECONDS, served)]
    if settings.radius.host:
        children.append(Child(["radius"], DRAIN_SECONDS, served))
    for child in children:
        child.start()
    try:
        _web_server(settings).serve()  # type: ignore[attr-defined]
    finally:
        for child in children:
            child.ask_to_stop()
        for child in children:
            child.stop()


def _require_schema(settings: Settings) -> None:
    database = Database(settings.database_url)
    try:
        require_schema(database)
    finally:
        database.dispose()


def _prepare_forks() -> None:
    """Make what every web process would make for itself, and let them share it."""
    configure_mappers()
    look_seldom()


def _web_server(settings: Settings) -> Server:  # type: ignore[valid-type]  # one of two classes, by the build of Python
    workers = settings.server.workers or min(os.cpu_count() or 1, _MOST_WORKERS)
    server = Server(
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
    server.main_loop_interrupt = Summons()  # type: ignore[assignment]
    return server
