"""`authsms radius`: answer RADIUS requests, and say who may ask."""

import os
import signal
from functools import partial
from pathlib import Path

import click

from authsms.cli.context import open_services
from authsms.cli.garbage import look_seldom
from authsms.cli.parent import call_without
from authsms.cli.servers import stop_on_signals
from authsms.foundation.errors import ConfigurationError, InvalidInputError
from authsms.logon.radius_profile import LOCALES, SEPARATORS, Grant, RadiusClient, RadiusProfile, read_grants
from authsms.protocols.radius.assembly import open_clients, open_server

_LOUD = "requests without a Message-Authenticator are taken; whoever is on the way can forge requests and answers"


@click.group(invoke_without_command=True)
@click.option("--parent", type=int, hidden=True, help="Stop when this process is gone.")
@click.pass_context
def radius(context: click.Context, parent: int | None) -> None:
    """Answer RADIUS requests until SIGTERM. Settings: the table [radius]."""
    if context.invoked_subcommand is not None:
        return
    if parent is not None:
        call_without(parent, partial(os.kill, os.getpid(), signal.SIGTERM))
    stop = stop_on_signals()
    with open_services(quiet=False) as services:
        if not services.settings.radius.host:
            raise ConfigurationError(
                "Nobody said where to listen for RADIUS. Set host in the table [radius] of config.toml."
            )
        server = open_server(services)
        look_seldom()
        server.run(stop)


@radius.group()
def client() -> None:
    """RADIUS clients: devices that may ask."""


@client.command()
@click.argument("name")
@click.argument("network")
@click.option("--event", default="web", show_default=True, help="What people log in to.")
@click.option("--unsigned", is_flag=True, help="Take requests without Message-Authenticator. Dangerous.")
@click.option("--no-challenge", is_flag=True, help="The device cannot show a second question.")
@click.option(
    "--separator", default="", metavar="MARK", help=f"Mark before a chain in a user name; one of {' '.join(SEPARATORS)}"
)
@click.option("--locale", type=click.Choice(LOCALES), default="en", show_default=True, help="What people read.")
@click.option("--class", "classes", multiple=True, metavar="GROUP=VALUE", help="Class for a group; * is everybody.")
@click.option("--filter-id", "filters", multiple=True, metavar="GROUP=VALUE", help="Filter-Id for a group; likewise.")
@click.option("--secret-file", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="A secret to keep.")
def add(  # noqa: PLR0913, PLR0917 - one parameter an option
    name: str,
    network: str,
    event: str,
    separator: str,
    locale: str,
    classes: tuple[str, ...],
    filters: tuple[str, ...],
    secret_file: Path | None,
    *,
    unsigned: bool,
    no_challenge: bool,
) -> None:
    """Let a device, or a network of them, ask. Its secret is shown once."""
    attributes = read_grants(Grant.FILTER_ID, filters) + read_grants(Grant.CLASS, classes)
    profile = RadiusProfile(not unsigned, not no_challenge, separator, locale, attributes)
    with open_services() as services:
        made, secret = open_clients(services).add(
            name, network, event=event, profile=profile, secret=_read(secret_file)
        )
        is_off = not services.settings.radius.host
    click.echo(f"Network  {made.network}")
    if secret_file is None:
        _show(secret)
    if unsigned:
        click.secho(f"Warning: {_LOUD}.", fg="red", err=True)
    if is_off:
        click.echo("RADIUS is off: set host in the table [radius] of config.toml and start the server again.", err=True)


@client.command("list")
def list_clients() -> None:
    """Print the RADIUS clients."""
    with open_services() as services:
        found = open_clients(services).list()
        events = {event.name for event in services.catalog.events()}
    for one in found:
        missing = "" if one.event in events else " (there is no such event)"
        click.echo(f"{one.network!s:<24}  {one.event:<12}{missing}  {one.name}{_peculiarities(one)}")
    for one in found:
        if not one.profile.must_sign:
            click.secho(f"Warning: {one.name}: {_LOUD}.", fg="red", err=True)
    if not found:
        click.echo("No RADIUS client yet. Let one ask: authsms radius client add NAME NETWORK", err=True)


@client.command()
@click.argument("name")
def remove(name: str) -> None:
    """Drop the requests of a device from now on."""
    with open_services() as services:
        open_clients(services).remove(name)
    click.echo(f"{name} may not ask any more.")


@client.command()
@click.argument("name")
@click.option("--secret-file", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="A secret to keep.")
def renew(name: str, secret_file: Path | None) -> None:
    """Give a device a new secret. The old one stops working within seconds."""
    with open_services() as services:
        secret = open_clients(services).renew(name, secret=_read(secret_file))
    if secret_file is None:
        _show(secret)


def _show(secret: str) -> None:
    click.echo(f"Secret   {secret}")
    click.echo("Keep the secret now; it is not shown again.", err=True)


def _read(file: Path | None) -> str:
    if file is None:
        return ""
    secret = file.read_text("utf-8").strip()
    if not secret:
        raise InvalidInputError(f"There is no secret in {file}.")
    return secret


def _peculiarities(one: RadiusClient) -> str:
    profile = one.profile
    words = [
        *(["unsigned requests"] if not profile.must_sign else []),
        *(["no challenge"] if not profile.can_challenge else []),
        *([f"chains behind {profile.separator}"] if profile.separator else []),
        *(f"{item.grant.value} {item.group}={item.value}" for item in profile.attributes),
    ]
    return f"  ({', '.join(words)})" if words else ""
