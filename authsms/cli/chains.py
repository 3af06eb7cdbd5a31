"""`authsms chain`: which methods people must pass, as the pages of events and chains arrange it."""

from dataclasses import replace

import click

from authsms.cli.context import open_services
from authsms.cli.operator import operator
from authsms.logon.arrangement import fingerprint
from authsms.logon.catalog import Chain, Wanted


@click.group()
def chain() -> None:
    """Chains: the methods that people must pass, in their order."""


@chain.command("list")
def list_chains() -> None:
    """Print the chains and what they ask for."""
    with open_services() as services:
        arranged = services.logon_desk.overview(operator()).arranged
    for one in sorted(arranged.chains.values(), key=lambda found: found.name):
        click.echo(f"{one.name:<24}  {' '.join(one.methods):<32}  {one.title}")


@chain.command()
@click.argument("name")
def show(name: str) -> None:
    """Print everything about a chain, and the events that offer it."""
    with open_services() as services:
        arranged = services.logon_desk.overview(operator()).arranged
        found = services.logon_desk.chain(operator(), name)
    lines = {
        "Title": found.title,
        "Methods": ", ".join(found.methods),
        "Groups": ", ".join(sorted(found.groups)) or "everybody",
        "Only after": f"{found.required}, for {found.grace_minutes} min" if found.required else "-",
        "Completes": "what an application has begun" if found.is_supplement else "-",
        "Events": ", ".join(sorted(event.name for event in arranged.events_with(name))) or "-",
    }
    for what, said in lines.items():
        click.echo(f"{what:<10}  {said}")


@chain.command()
@click.argument("name")
@click.argument("title")
@click.option("--method", "methods", multiple=True, required=True, help="Wire name such as SMS_OTP:1; in their order.")
@click.option("--group", "groups", multiple=True, help="Only its members may use the chain; may be repeated.")
@click.option("--after", default="", help="A stronger chain that unlocks this one for a while.")
@click.option("--minutes", default=0, help="For how many minutes, 1 to 720.")
@click.option("--event", "events", multiple=True, help="Offer it there, last; may be repeated.")
def create(  # noqa: PLR0913, PLR0917 - one parameter an option
    name: str,
    title: str,
    methods: tuple[str, ...],
    groups: tuple[str, ...],
    after: str,
    minutes: int,
    events: tuple[str, ...],
) -> None:
    """Make a chain, and offer it in events."""
    made = Chain(name, title, methods, frozenset(groups), required=after, grace_minutes=minutes if after else 0)
    with open_services() as services:
        desk = services.logon_desk
        found = [desk.event(operator(), event) for event in events]
        desk.save_chain(operator(), made, "")
        for event in found:
            wanted = Wanted.of(event)
            desk.save_event(operator(), replace(wanted, chains=(*wanted.chains, name)), fingerprint(event))
    click.echo(f"Made. {'Offered in ' + ', '.join(events) if events else 'No event offers it yet'}.")


@chain.command()
@click.argument("name")
def remove(name: str) -> None:
    """Remove a chain that no event offers."""
    with open_services() as services:
        services.logon_desk.remove_chain(operator(), name)
    click.echo("Removed.")
