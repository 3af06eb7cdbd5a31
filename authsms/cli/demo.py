"""`authsms demo`: the main job on one machine, with virtual phones and a sample application."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click
import requests

from authsms.cli.demo_setup import ADMINISTRATOR, ADMINISTRATOR_PHONE, PEOPLE, Plan, Prepared, prepare_installation
from authsms.cli.ports import require_free
from authsms.foundation.errors import ConfigurationError
from authsms.foundation.logs import configure_logging
from authsms.simulator import SimulatorConfig, TwilioAccount, WebServer, create_sample_application, create_simulator
from authsms.simulator.directory import sample_directory
from authsms.simulator.walk import Places, Walk, WalkError

_START_SECONDS = 60
_ANSWER_SECONDS = 5
_STOP_SECONDS = 35
_ONCE_LIFETIME = 30
_LIFETIME = 120
_PORTS = (8080, 8070, 8090)
_RADIUS_PORT = 8112
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@click.command()
@click.option("--once", is_flag=True, help="Walk one whole login by itself and exit 0 only if it worked.")
@click.option(
    "--directory",
    type=click.Choice(["local", "ldap"]),
    default="local",
    show_default=True,
    help="Where people come from: the built-in repository, or a private OpenLDAP server.",
)
def demo(directory: str, *, once: bool) -> None:
    """Run everything with virtual phones. Nothing leaves this machine."""
    configure_logging("WARNING", as_json=False)
    begun = time.monotonic()
    signal.signal(signal.SIGTERM, _interrupt)
    click.echo("Starting the server, virtual phones and a sample application …", err=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory())) if once else _fresh(Path("instance/demo"))
        plan = _plan(stack, folder, once=once, ldap=directory == "ldap")
        places, prepared = _start(stack, plan)
        if once:
            _walk(plan, places, begun)
        else:
            _tell(plan, places, prepared)
            _wait()


def _start(stack: ExitStack, plan: Plan) -> tuple[Places, Prepared]:
    """Start everything and return, when the server answers, where it is and what it was filled with."""
    simulator = WebServer(
        create_simulator(
            SimulatorConfig(
                accounts=(plan.account,),
                phones={who.phone: who.display_name for who in PEOPLE} | {ADMINISTRATOR_PHONE: "Administrator"},
            )
        ),
        "127.0.0.1",
        plan.simulator_port,
    )
    stack.enter_context(simulator)
    directory = stack.enter_context(sample_directory(secrets.token_urlsafe())) if plan.ldap else None
    prepared = prepare_installation(plan, simulator.url, directory)
    provider = f"{simulator.url}/providers/twilio"
    requests.put(provider, json={"inbound_url": prepared.inbound_url}, timeout=_START_SECONDS).raise_for_status()
    stack.enter_context(_server(plan))
    application = create_sample_application(plan.issuer, prepared.id, prepared.secret, plan.application_url)
    stack.enter_context(WebServer(application, "127.0.0.1", plan.application_port))
    return Places(plan.application_url, simulator.url), prepared


def _walk(plan: Plan, places: Places, begun: float) -> None:
    click.echo(f"{time.monotonic() - begun:7.3f} s  everything is running")
    traveller, latecomer, *_ = PEOPLE
    try:
        Walk(places, traveller, latecomer, plan.lifetime, click.echo).run()
    except (WalkError, requests.RequestException) as error:
        click.secho(f"The demonstration failed: {error}", fg="red", err=True)
        sys.exit(1)
    click.secho(f"Done in {time.monotonic() - begun:.1f} s: one login, three refused codes.", fg="green")


def _tell(plan: Plan, places: Places, prepared: Prepared) -> None:
    click.echo(f"\n  Sample application   {places.application}/")
    click.echo(f"  Virtual phones       {places.simulator}/phones")
    click.echo(f"  Administration       {plan.issuer}/admin/")
    click.echo(f"  RADIUS               127.0.0.1, UDP port {plan.radius_port}, secret {prepared.radius_secret}\n")
    names = ", ".join(who.login for who in PEOPLE)
    click.echo(f"  Sign in at the sample application as {names}; the password is: {PEOPLE[0].password}")
    default = "" if not plan.ldap else "LOCAL\\"
    click.echo(
        f"  Sign in to the administration as {default}{ADMINISTRATOR}; the password of this run is: {prepared.password}"
    )
    click.echo("  All of them have agreed to be texted: make an offer there, and answer it from the virtual phones.")
    click.echo("  The code arrives at the virtual phone. Ctrl+C ends the demonstration.\n")


def _interrupt(*_signal: object) -> None:
    """End like Ctrl+C does: nothing that was started goes on."""
    raise KeyboardInterrupt


def _wait() -> None:
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        click.echo("Stopping …")


def _plan(stack: ExitStack, folder: Path, *, once: bool, ldap: bool) -> Plan:
    if not once:
        for port in _PORTS:
            require_free("127.0.0.1", port)
        require_free("127.0.0.1", _RADIUS_PORT, socket.SOCK_DGRAM)
    server, application, simulator = (stack.enter_context(_kept_port()) for _ in range(3)) if once else _PORTS
    return Plan(
        folder,
        server_port=server,
        application_port=application,
        simulator_port=simulator,
        lifetime=_ONCE_LIFETIME if once else _LIFETIME,
        ldap=ldap,
        account=TwilioAccount(),
        radius_port=0 if once else _RADIUS_PORT,
    )


@contextmanager
def _server(plan: Plan) -> Iterator[None]:
    """Run `authsms serve` as a child; return to the caller when it answers."""
    with ExitStack() as stack:
        with _signals_held_back():
            child = subprocess.Popen(
                [sys.executable, "-m", "authsms", "serve"],
                env={**os.environ, **plan.environment},
                start_new_session=True,
            )
            stack.callback(_stop, child)
        _wait_for(f"{plan.issuer}/healthz", child)
        yield


def _stop(child: "subprocess.Popen[bytes]") -> None:
    child.terminate()
    try:
        child.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()


@contextmanager
def _signals_held_back() -> Iterator[None]:
    """Interrupt what is done here only when it is done: a child that nobody knows of yet would go on alone."""
    asked: list[int] = []
    usual = {number: signal.signal(number, lambda number, _frame: asked.append(number)) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in usual.items():
            signal.signal(number, handler)
    if asked:
        raise KeyboardInterrupt


def _wait_for(url: str, child: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + _START_SECONDS
    with requests.Session() as session:
        session.trust_env = False
        while time.monotonic() < until and child.poll() is None:
            try:
                if session.get(url, timeout=_ANSWER_SECONDS).ok:
                    return
            except requests.RequestException:
                time.sleep(0.05)
    raise ConfigurationError("The server does not start; its messages stand above.")


def _fresh(folder: Path) -> Path:
    """Return the folder of the demonstration, empty: every run begins anew."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    return folder


@contextmanager
def _kept_port() -> Iterator[int]:
    """Yield a port that is given to nobody else; who listens there must say SO_REUSEADDR, too."""
    with socket.socket() as place:
        place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        place.bind(("127.0.0.1", 0))
        yield int(place.getsockname()[1])
