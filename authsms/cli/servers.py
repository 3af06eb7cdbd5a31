"""`authsms worker` and `authsms simulator`: processes that run for long."""

import os
import signal
import sys
import threading
from functools import partial
from queue import SimpleQueue
from types import FrameType

import click

from authsms.cli.context import open_services, open_settings
from authsms.cli.delivery_status import status
from authsms.cli.garbage import look_seldom
from authsms.cli.housekeeping import Housekeeper
from authsms.cli.parent import call_without
from authsms.delivery.worker import run_worker

_TURN_SECONDS = 0.001
"""How long a thread of a delivery process that computes keeps the others waiting. A text needs the interpreter half a
dozen times on its way; with the usual 5 ms it would wait as often for a periodic task that is at work."""


def stop_on_signals() -> threading.Event:
    """Return an event that is set once this process is asked to end.

    A handler runs in the middle of whatever the main thread is doing, such as looking at this very event, or another
    handler; setting it there would wait for a lock that the main thread itself holds, for good. So it only leaves word
    (a `SimpleQueue` takes it without a lock of its own), and a thread sets the event.
    """
    stop, asked = threading.Event(), SimpleQueue[int]()

    def pass_on() -> None:
        asked.get()
        stop.set()

    def ask(number: int, _frame: FrameType | None) -> None:
        asked.put(number)

    threading.Thread(target=pass_on, name="signals", daemon=True).start()
    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, ask)
    return stop


@click.group(invoke_without_command=True)
@click.option("--parent", type=int, hidden=True, help="Stop when this process is gone.")
@click.option("--lane", type=click.Choice(["urgent", "any"]), hidden=True, help="Take what a broker brings.")
@click.pass_context
def worker(context: click.Context, parent: int | None, lane: str | None) -> None:
    """Run one delivery process until SIGTERM. Messages under way are finished first."""
    if context.invoked_subcommand is not None:
        return
    if parent is not None:
        call_without(parent, partial(os.kill, os.getpid(), signal.SIGTERM))
    if lane is not None:
        from authsms.cli.brokered import carry  # noqa: PLC0415 - only with a broker, whose library is an extra

        with open_services(quiet=False) as services:
            carry(services, lane)
        return
    stop = stop_on_signals()
    with open_services(quiet=False) as services:
        housekeeper = Housekeeper(services, stop)
        housekeeper.start()
        look_seldom()
        sys.setswitchinterval(_TURN_SECONDS)
        if services.settings.delivery.broker.get_secret_value():
            from authsms.cli.brokered import relay  # noqa: PLC0415 - as above

            relay(services, stop)
        else:
            run_worker(services, stop)
        housekeeper.join()


worker.add_command(status)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8090, show_default=True, help="Port to listen on.")
@click.option("--allow-remote", is_flag=True, help="Listen on an address that others can reach.")
def simulator(host: str, port: int, *, allow_remote: bool) -> None:
    """Run the provider simulator. It shows every text to whoever asks, so never in production."""
    from authsms.simulator import serve_simulator  # noqa: PLC0415 - Flask's server and every provider, for this command only

    serve_simulator(open_settings(), host, port, allow_remote=allow_remote)
