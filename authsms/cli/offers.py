"""`authsms offer`: texts that ask, and what people answer."""

from datetime import timedelta
from pathlib import Path

import click

from authsms.audit.vocabulary import Author
from authsms.cli.context import open_services
from authsms.cli.notices import keys_of, repository_of
from authsms.cli.operator import operator
from authsms.cli.people import read_toml
from authsms.messaging.audience import Audience, checked_audience
from authsms.messaging.notices import Survey
from authsms.messaging.offers import OfferDraft
from authsms.messaging.offers_course import SentOffer
from authsms.messaging.offers_rules import OfferKind, OfferMode, OfferTerms, RecipientState, check_terms
from authsms.messaging.offers_wording import parse_offer, sample, warnings
from authsms.senders.submission import Purpose
from authsms.senders.text import measure
from authsms.wiring import Services

_WORDS = {
    RecipientState.ASKED: "has not answered",
    RecipientState.DECLINED: "no",
    RecipientState.WILLING: "yes, may be chosen",
    RecipientState.WON: "yes, has a place",
    RecipientState.LATE: "yes, too late",
    RecipientState.LOST: "yes, was not chosen",
}


@click.group()
def offer() -> None:
    """Offers: people answer by reply or by link."""


@offer.command()
@click.argument("name")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--to", "logins", multiple=True, help="Somebody's user name; can be given several times.")
@click.option("--repository", default="", help="Everybody of a repository who has a contact.")
@click.option("--group", default="", help="Of the repository only members of this group.")
@click.option("--kind", type=click.Choice([one.value for one in OfferKind]), default="shift", show_default=True)
@click.option("--places", default=1, show_default=True, help="How many people are wanted.")
@click.option("--choose", is_flag=True, help="Collect answers, you choose; without this the first get the places.")
@click.option("--attempts", default=1, show_default=True, help="How often each person is asked, 1 to 99 times.")
@click.option("--spread", default=60, show_default=True, help="Over how many minutes the attempts are spread.")
@click.option(
    "--hours", default=24, show_default=True, type=click.IntRange(1, 720), help="How long it can be answered."
)
@click.option("--sign-in", is_flag=True, help="Its link is good only for the person it was sent to, signed in.")
@click.option("--yes", is_flag=True, help="Send it; without this nothing is sent and you see what would be.")
def send(  # noqa: PLR0913 - one parameter an option
    *,
    name: str,
    file: Path,
    logins: tuple[str, ...],
    repository: str,
    group: str,
    kind: str,
    places: int,
    choose: bool,
    attempts: int,
    spread: int,
    hours: int,
    sign_in: bool,
    yes: bool,
) -> None:
    """Make an offer. FILE is TOML with a text for each language; docs/texting.md shows one."""
    terms = OfferTerms(
        OfferKind(kind),
        OfferMode.CHOOSE if choose else OfferMode.FIRST,
        *(places, attempts, timedelta(minutes=spread), timedelta(hours=hours)),
        is_enforced=sign_in,
    )
    check_terms(terms)
    with open_services() as services:
        texts = parse_offer({locale: str(text) for locale, text in read_toml(file).items()})
        draft = OfferDraft(name, texts, terms)
        audience = checked_audience(Audience(repository_of(services, repository), group, logins))
        survey = services.notices.survey(keys_of(services, audience), purpose=Purpose.OFFER)
        _tell(services, draft, survey)
        if not yes:
            click.echo("Nothing was sent. Add --yes to send it.")
            return
        number = services.offers.make(Author(operator().login), draft, survey.reached)
        sent = services.offers.work()
    click.echo(f"Offer {number}: {sent} queued. Follow it with: authsms offer status {name}")


@offer.command()
@click.argument("name")
def status(name: str) -> None:
    """Print where an offer stands, and who has said what."""
    with open_services() as services:
        course = services.offer_course
        found = course.find(name)
        click.echo(f"Offer {found.number} is {_state(found)}; {found.places_left} of {found.places} places are free.")
        for one in course.people(found):
            click.echo(f"{one.login:<24} {_WORDS[one.state]}{f', by {one.way}' if one.way else ''}")
        for state, count in sorted(course.progress(found).items()):
            click.echo(f"texts {state.value:<12} {count}")


@offer.command()
@click.argument("name")
@click.argument("logins", nargs=-1, required=True)
def choose(name: str, logins: tuple[str, ...]) -> None:
    """Give places to people who have said yes, and tell them."""
    with open_services() as services:
        course = services.offer_course
        keys = course.keys(course.find(name), logins)
        services.offer_ending.choose(Author(operator().login), name, keys)
        left = course.find(name).places_left
    click.echo(f"{len(keys)} chosen and told; {left} places are left.")


@offer.command()
@click.argument("name")
def close(name: str) -> None:
    """Take no more answers; who has a place keeps it, and who waits to be chosen is told."""
    with open_services() as services:
        services.offer_ending.end(Author(operator().login), name, withdraw=False)
    click.echo("Closed.")


@offer.command()
@click.argument("name")
def cancel(name: str) -> None:
    """Withdraw an offer: take back what has not gone out, and tell everybody else."""
    with open_services() as services:
        services.offer_ending.end(Author(operator().login), name, withdraw=True)
    click.echo("Withdrawn.")


def _tell(services: Services, draft: OfferDraft, survey: Survey) -> None:
    host, address = services.notice_host, services.settings.public_url
    samples = {locale: sample(template, host, address) for locale, template in draft.texts.items()}
    for locale, template in draft.texts.items():
        measured = measure(samples[locale])
        click.echo(f"{locale}: {measured.alphabet}, {measured.units} units, segments: {measured.segments}")
        for warning in warnings(template, host, address):
            click.echo(f"{locale}: {warning}", err=True)
        click.echo(f"For instance: {samples[locale]}")
    if not draft.terms.is_enforced and any("link" in one.names for one in draft.texts.values()):
        click.echo("Whoever holds a link can answer; --sign-in asks who it is.", err=True)
    most = max((measure(text).segments for text in samples.values()), default=0)
    attempts = draft.terms.attempts
    segments = len(survey.reached) * attempts * most
    click.echo(f"{len(survey.reached)} are asked, up to {attempts} times each, in up to {segments} segments.")
    for reason, count in sorted(survey.left.items()):
        click.echo(f"{count} are not: {reason.value}.")


def _state(found: SentOffer) -> str:
    if found.is_open:
        return "open"
    return found.end.value or "no longer answered"
