"""`authsms sender` and `send-test`: the provider accounts that carry texts."""

import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from authsms.cli.context import open_services
from authsms.cli.people import read_toml
from authsms.cli.presets import as_toml, find_preset
from authsms.cli.sender_pauses import pause, resume, retry
from authsms.cli.sender_rules import OBSTACLES, changed_rule, use_of
from authsms.foundation.errors import TooManyRequestsError
from authsms.foundation.limits import Rate
from authsms.foundation.phone import PhoneNumber, parse_phone
from authsms.senders.definitions import ServiceDraft
from authsms.senders.policy import ServiceRule
from authsms.senders.routes import Consignment, comparable, examine
from authsms.senders.settings import SettingKind
from authsms.senders.submission import Accepted, Purpose
from authsms.wiring import Services

_AUTHOR = "command line"
TESTS = 5


@click.group()
def sender() -> None:
    """Sender services: provider accounts."""


for _command in (pause, resume, retry):
    sender.add_command(_command)


@sender.command("set")
@click.argument("name")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--secrets",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="TOML file with the secrets; left out, the stored ones stay.",
)
@click.option("--position", type=int, help="Place in the order; the lowest goes first. Services may share one.")
@click.option("--weight", type=int, help="Part of the load among services that share a place, 1 to 100.")
@click.option("--purposes", metavar="WORDS", help="What it carries: authentication verification notice offer.")
@click.option("--countries", metavar="WORDS", help="Only to these, e.g. 'DE AT'.")
@click.option("--prefixes", metavar="WORDS", help="Only to these beginnings of numbers, e.g. '+4930 +1212'.")
@click.option("--labels", metavar="WORDS", help="Only for events with one of these labels.")
@click.option("--group", "groups", metavar="NAME", multiple=True, help="Only to members; may be given several times.")
@click.option(
    "--senders", metavar="LINE", multiple=True, help="Senders of a country, 'DE = +49171…, +49172…'; * for all others."
)
@click.option("--off", is_flag=True, help="Keep it, but do not use it.")
def set_service(name: str, file: Path, secrets: Path | None, *, off: bool, **rule: Any) -> None:
    """Make or change a sender service. `authsms sender kinds` lists the keys of FILE, which is TOML.

    What an option says of its use replaces what is stored, an empty text removes it; without the option it stays.
    """
    settings = read_toml(file)
    kind = str(settings.pop("kind", ""))
    if secrets is not None:
        settings |= read_toml(secrets)
    with open_services() as services:
        stored = {one.rule.name: one.rule for one in services.senders.services()}.get(name, ServiceRule(name))
        draft = ServiceDraft(changed_rule(replace(stored, is_enabled=not off), rule), kind, settings)
        saved = services.senders.save_service(draft, author=_AUTHOR)
    click.echo(f"Sender service {saved.rule.name} ({saved.title}) is saved.")
    click.echo(f"Stored secrets: {', '.join(saved.secrets) or 'none; give them with --secrets'}.")
    click.echo(f"Try it: authsms send-test --service {saved.rule.name} +…", err=True)


@sender.command("list")
def list_services() -> None:
    """Print the sender services in order."""
    with open_services() as services:
        saved = services.senders.services()
    for one in saved:
        state = one.problem or ("on" if one.rule.is_enabled else "off")
        click.echo(f"{one.rule.position:>3}  {one.rule.name:<20} {one.title:<20} {state}")
        for words in use_of(one.rule):
            click.echo(f"     {words}")
    if not saved:
        click.echo("No sender service yet. Make one: authsms sender set NAME FILE", err=True)


@sender.command("routes")
@click.argument("phone")
@click.option("--purpose", type=click.Choice([one.value for one in Purpose]), default=Purpose.AUTHENTICATION.value)
@click.option("--group", "groups", metavar="NAME", multiple=True, help="A group of the person.")
@click.option("--label", default="", help="Label of the event.")
def show_routes(phone: str, purpose: str, groups: tuple[str, ...], label: str) -> None:
    """Print which services would carry a text to PHONE, best first, and why others are passed over."""
    with open_services() as services:
        number = parse_phone(phone, default_region=services.settings.sms.default_region)
        text = Consignment(Purpose(purpose), number, "", label, comparable(groups))
        saved = {one.rule.name: one for one in services.senders.services()}
    place = 0
    for one in examine([service.rule for service in saved.values()], text):
        obstacles = [OBSTACLES[obstacle] for obstacle in one.obstacles]
        obstacles += ["cannot be used: " + saved[one.rule.name].problem] if saved[one.rule.name].problem else []
        place += not obstacles
        share = f", for {one.share:.0%}" if one.share < 1 else ""
        said = "passed over: " + "; ".join(obstacles) if obstacles else f"from {one.sender or 'its own sender'}{share}"
        click.echo(f"{place if not obstacles else '-':>3}  {one.rule.name:<20} {said}")
    if not place:
        click.echo("No service would carry this text.", err=True)


@sender.command()
@click.argument("name")
def remove(name: str) -> None:
    """Forget a sender service and its secrets."""
    with open_services() as services:
        services.senders.remove_service(name, author=_AUTHOR)
    click.echo(f"Sender service {name} is gone.")


@sender.command()
def kinds() -> None:
    """Print every kind of sender service and its settings."""
    with open_services() as services:
        for kind in services.senders.kinds().values():
            click.secho(f'\nkind = "{kind.key}"    # {kind.title}', bold=True)
            for setting in kind.settings:
                marks = [setting.kind.value] + ["required"] * setting.required
                if setting.kind is SettingKind.CHOICE:
                    marks += [choice[0] for choice in setting.choices if choice[0]]
                click.echo(f"  {setting.name:<24} {', '.join(marks)}: {setting.help}")
            for preset in kind.presets:
                click.echo(f"  Preset {preset.name:<17} {preset.title}: authsms sender preset {preset.name}")


@sender.command()
@click.argument("name")
def preset(name: str) -> None:
    """Print a TOML file for a known gateway, to be filled in. `authsms sender kinds` names the presets."""
    with open_services() as services:
        click.echo(as_toml(*find_preset(services.senders.kinds(), name)))


@sender.command()
@click.argument("name")
def callback(name: str) -> None:
    """Print the secret address to which a provider reports, for its portal."""
    with open_services() as services:
        address = services.senders.callback_url(name)
    click.echo(address or f"Sender service {name} takes no reports at an address of ours.")


@click.command("send-test")
@click.argument("phone")
@click.option("--service", help="Name of the sender service; left out, the one that would carry a code to PHONE.")
@click.option("--text", default="This is a test message.", show_default=True, help="What to send.")
def send_test(phone: str, service: str | None, text: str) -> None:
    """Send one message and show the provider's own answer. Only what is saved is used."""
    with open_services() as services:
        number = parse_phone(phone, default_region=services.settings.sms.default_region)
        name = service or _first(services, number)
        _limit(services)
        trial = services.senders.try_out(name, number, text, author=_AUTHOR)
    click.secho("Sent", bold=True)
    click.echo(trial.request)
    click.secho(f"\nAnswered ({trial.seconds * 1000:.0f} ms)", bold=True)
    click.echo(f"HTTP status {trial.status or '(no answer)'}\n{trial.answer}")
    click.secho("\nMeaning", bold=True)
    accepted = isinstance(trial.outcome, Accepted)
    click.secho("accepted" if accepted else _words(trial.outcome), fg="green" if accepted else "red")
    if trial.advice:
        click.echo(trial.advice)
    sys.exit(0 if accepted else 1)


def _words(outcome: object) -> str:
    code = getattr(outcome, "code", "")
    detail = getattr(outcome, "detail", "")
    return " ".join(part for part in (type(outcome).__name__, code, detail) if part)


def _first(services: Services, number: PhoneNumber) -> str:
    for one in services.senders.choose(Consignment(Purpose.AUTHENTICATION, number)):
        return one.name
    words = "No sender service would carry a code to this number; see authsms sender routes PHONE."
    missing = "No sender service yet. Make one: authsms sender set NAME FILE"
    click.echo(words if services.senders.services() else missing, err=True)
    sys.exit(1)


def _limit(services: Services) -> None:
    try:
        services.limits.take("send-test", Rate(TESTS, timedelta(hours=1)))
    except TooManyRequestsError as error:
        minutes = int(error.retry_after.total_seconds() // 60) + 1
        click.echo(f"{TESTS} tests an hour are allowed; the next one in {minutes} minutes.", err=True)
        sys.exit(1)
