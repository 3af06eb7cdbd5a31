"""`authsms worker` and `authsms simulator`: processes that run for long."""

import signal
import threading
from types import FrameType

import click

from authsms.cli.context import open_services, open_settings
from authsms.cli.garbage import look_seldom
from authsms.cli.housekeeping import Housekeeper
from authsms.cli.parent import call_without
from authsms.delivery.worker import run_worker


def _stop_on_signals() -> threading.Event:
    stop = threading.Event()

    def ask(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, ask)
    return stop


@click.command()
@click.option("--parent", type=int, hidden=True, help="Stop when this process is gone.")
def worker(parent: int | None) -> None:
    """Run one delivery process until SIGTERM. Messages under way are finished first."""
    stop = _stop_on_signals()
    if parent is not None:
        call_without(parent, stop.set)
    with open_services(quiet=False) as services:
        housekeeper = Housekeeper(services, stop)
        housekeeper.start()
        look_seldom()
        run_worker(services, stop)
        housekeeper.join()


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8090, show_default=True, help="Port to listen on.")
@click.option("--allow-remote", is_flag=True, help="Listen on an address that others can reach.")
def simulator(host: str, port: int, *, allow_remote: bool) -> None:
    """Run the provider simulator. It shows every text to whoever asks, so never in production."""
    from authsms.simulator import serve_simulator  # noqa: PLC0415

    serve_simulator(open_settings(), host, port, allow_remote=allow_remote)
