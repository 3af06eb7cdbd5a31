"""A web process of `authsms serve`: the application, in a child that ends with the server that started it."""

import os
import signal
import time

from flask import Flask

from authsms import app
from authsms.cli.garbage import look_seldom
from authsms.cli.parent import call_without

DRAIN_SECONDS = 30
"""How long requests under way may take once a process is asked to end."""

_ENDINGS = frozenset({signal.SIGTERM, signal.SIGINT})


def create_app() -> Flask:
    """Return the application; called once in each web process."""
    call_without(os.getppid(), _end)
    application = app.create_app()
    look_seldom()
    return application


def hold_signals() -> None:
    """Let whoever asks this process or the one that it is about to fork to end wait until both can heed it."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDINGS)


def release_signals() -> None:
    """Take in what came since `hold_signals`."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDINGS)


def heed_signals() -> None:
    """Let a web process that still loads the application end when it is asked to.

    It is forked, so it begins with the handlers of its parent, and these only wake the parent's own loop. What came
    before this is done would be lost, so it is held.
    """
    for number in _ENDINGS:
        signal.signal(number, signal.SIG_DFL)
    release_signals()


def _end() -> None:
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(DRAIN_SECONDS)
    os._exit(1)
