"""`authsms sender` and `send-test`: the provider accounts that carry texts."""

import sys
from datetime import timedelta
from pathlib import Path

import click

from authsms.cli.context import open_services
from authsms.cli.people import read_toml
from authsms.cli.presets import as_toml, find_preset
from authsms.foundation.errors import TooManyRequestsError
from authsms.foundation.limits import Rate
from authsms.foundation.phone import parse_phone
from authsms.senders.definitions import ServiceDraft
from authsms.senders.policy import ServiceRule
from authsms.senders.settings import SettingKind
from authsms.senders.submission import Accepted
from authsms.wiring import Services

_AUTHOR = "command line"
TESTS = 5


@click.group()
def sender() -> None:
    """Sender services: provider accounts."""


@sender.command("set")
@click.argument("name")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--secrets",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="TOML file with the secrets; left out, the stored ones stay.",
)
@click.option("--position", default=0, show_default=True, help="Place in the order; the lowest goes first.")
@click.option("--off", is_flag=True, help="Keep it, but do not use it.")
def set_service(name: str, file: Path, secrets: Path | None, position: int, *, off: bool) -> None:
    """Make or change a sender service. `authsms sender kinds` lists the keys of FILE, which is TOML."""
    settings = read_toml(file)
    kind = str(settings.pop("kind", ""))
    if secrets is not None:
        settings |= read_toml(secrets)
    draft = ServiceDraft(ServiceRule(name, position=position, is_enabled=not off), kind, settings)
    with open_services() as services:
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
    if not saved:
        click.echo("No sender service yet. Make one: authsms sender set NAME FILE", err=True)


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
    click.echo(address or f"Sender service {name} takes no reports.")


@click.command("send-test")
@click.argument("phone")
@click.option("--service", help="Name of the sender service; the first one in order when left out.")
@click.option("--text", default="This is a test message.", show_default=True, help="What to send.")
def send_test(phone: str, service: str | None, text: str) -> None:
    """Send one message and show the provider's own answer. Only what is saved is used."""
    with open_services() as services:
        number = parse_phone(phone, default_region=services.settings.sms.default_region)
        name = service or _first(services)
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


def _first(services: Services) -> str:
    for one in services.senders.services():
        if one.rule.is_enabled:
            return one.rule.name
    click.echo("No sender service yet. Make one: authsms sender set NAME FILE", err=True)
    sys.exit(1)


def _limit(services: Services) -> None:
    try:
        services.limits.take("send-test", Rate(TESTS, timedelta(hours=1)))
    except TooManyRequestsError as error:
        minutes = int(error.retry_after.total_seconds() // 60) + 1
        click.echo(f"{TESTS} tests an hour are allowed; the next one in {minutes} minutes.", err=True)
        sys.exit(1)
