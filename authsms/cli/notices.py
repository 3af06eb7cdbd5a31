"""`authsms notice`: texts to people who have agreed to get them."""

import sys
from datetime import timedelta
from pathlib import Path

import click

from authsms.audit.vocabulary import Author
from authsms.cli.context import open_services
from authsms.cli.operator import operator
from authsms.cli.people import read_toml
from authsms.cli.progress import bars
from authsms.identity.repository import PersonKey
from authsms.messaging.audience import Audience
from authsms.messaging.moments import read_moment, zone_called
from authsms.messaging.notices import Notice, Survey
from authsms.messaging.orders import notice_of
from authsms.messaging.wishes import Wish, checked_wish
from authsms.messaging.wording import warnings
from authsms.senders.contract import Purpose
from authsms.senders.text import measure
from authsms.wiring import Services


@click.group()
def notice() -> None:
    """Notices and offers: to people who have agreed, once each."""


@notice.command()
@click.argument("name")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--to", "logins", multiple=True, help="Somebody's user name; can be given several times.")
@click.option("--repository", default="", help="Everybody of a repository who has a contact.")
@click.option("--group", default="", help="Of the repository only members of this group.")
@click.option("--at", default="", help="Start then, e.g. '2026-11-22 09:00'; a delivery process sends it.")
@click.option("--zone", default="", help="Time zone of --at; that of the settings when left out.")
@click.option("--offer", is_flag=True, help="It is an offer, not a notice; other sender services may carry it.")
@click.option("--hours", default=24, show_default=True, type=click.IntRange(1, 720), help="Sent no later than this.")
@click.option("--yes", is_flag=True, help="Send it; without this nothing is sent and you see what would be.")
def send(  # noqa: PLR0913 - one parameter an option
    *,
    name: str,
    file: Path,
    logins: tuple[str, ...],
    repository: str,
    group: str,
    at: str,
    zone: str,
    offer: bool,
    hours: int,
    yes: bool,
) -> None:
    """Send a notice. FILE is TOML with a text for each language; docs/texting.md shows one."""
    with open_services() as services:
        texts = {locale: str(text) for locale, text in read_toml(file).items()}
        zone = zone or services.settings.notices.time_zone
        starts_at = read_moment(at, zone_called(zone), services.clock.now()) if at else None
        purpose = Purpose.OFFER if offer else Purpose.NOTICE
        audience = Audience(repository_of(services, repository), group, logins)
        wish = checked_wish(Wish(name, purpose, texts, audience, timedelta(hours=hours), starts_at, zone))
        _send(services, wish, yes=yes)


def _send(services: Services, wish: Wish, *, yes: bool) -> None:
    letter = notice_of(wish, services.notice_host)
    with bars() as bar:
        survey = services.notices.survey(keys_of(services, wish.audience), bar("looking people up"), wish.purpose)
        _tell(letter, survey)
        if not yes:
            click.echo("Nothing was sent. Add --yes to send it.")
            return
        author = Author(operator().login)
        if wish.starts_at is not None:
            services.notice_orders.schedule(author, wish, services.notice_host)
            click.echo(
                f"It starts at {wish.starts_at:%Y-%m-%d %H:%M} UTC. Follow it with: authsms notice status {wish.name}"
            )
            return
        sent = services.notices.send(author, letter, survey.reached, bar("queueing", len(survey.reached)))
    click.echo(f"{sent} queued. Follow them with: authsms notice status {wish.name}")


@notice.command()
@click.argument("name")
def status(name: str) -> None:
    """Print how many texts of a notice are in which state."""
    with open_services() as services:
        for state, count in sorted(services.notice_course.progress(name).items()):
            click.echo(f"{state.value:<12} {count}")


@notice.command()
@click.argument("name")
def cancel(name: str) -> None:
    """Take back what has not gone out, and let nothing of it follow."""
    with open_services() as services:
        taken = services.notice_course.cancel(Author(operator().login), name)
    click.echo(f"{taken} taken back.")


def repository_of(services: Services, name: str) -> str:
    """Return the name of a repository in its own spelling; empty for none."""
    names = {view.name.casefold(): view.name for view in services.people.repositories()}
    if name and name.casefold() not in names:
        raise click.UsageError(f"There is no repository {name}.")
    return names[name.casefold()] if name else ""


def keys_of(services: Services, audience: Audience) -> list[str]:
    """Return the keys of those a text is for; ends with status 1 when somebody is unknown."""
    if audience.group:
        people = map(services.people.get, map(PersonKey, services.contacts.owners(audience.repository)))
        return [one.key for one in people if one is not None and one.belongs_to(audience.group)]
    if audience.repository:
        return services.contacts.owners(audience.repository)
    keys: list[str] = []
    for login in audience.logins:
        person = services.people.find(login)
        if person is None:
            click.echo(f"Nobody is called {login}.", err=True)
            sys.exit(1)
        keys.append(person.key)
    return keys


def _tell(letter: Notice, survey: Survey) -> None:
    for locale, template in letter.texts.items():
        measured = measure(template.source)
        click.echo(f"{locale}: {measured.alphabet}, {measured.units} units, segments: {measured.segments}")
        for warning in warnings(template, letter.host):
            click.echo(f"{locale}: {warning}", err=True)
    if survey.reached:
        click.echo(f"For instance: {letter.text(survey.reached[0])}")
    segments = sum(measure(letter.text(one)).segments for one in survey.reached)
    click.echo(f"{len(survey.reached)} get it, in {segments} segments.")
    for reason, count in sorted(survey.left.items()):
        click.echo(f"{count} do not: {reason.value}.")
