"""`authsms messages`: what was sent and why it did not arrive; never a text, never a whole number."""

import contextlib
import json
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import click

from authsms.administration.messages import Again, Cancelled, MessageFile, MessageList
from authsms.administration.messages_filter import MessageFilter
from authsms.cli.context import open_services
from authsms.cli.delivery_words import span
from authsms.cli.operator import operator
from authsms.cli.progress import counted
from authsms.delivery.activity import LoggedAttempt, LoggedMessage, LoggedReceipt
from authsms.delivery.states import LIVE, MessageState
from authsms.foundation.errors import DatabaseUnavailableError, NotFoundError
from authsms.senders.submission import Purpose
from authsms.wiring import Services

_LOOK_SECONDS: Final = 1.0
_WATCHED: Final = 200
_AT_ONCE: Final = 200
_PURPOSE: Final = click.Choice([one.value for one in Purpose])
_REFUSALS: Final = {
    Again.STILL_LIVE: "It is still on its way; a further attempt follows by itself.",
    Again.ARRIVED: "It has arrived.",
    Again.REPLACED: "A newer code has replaced it.",
    Again.LOGIN_OVER: "The login is over; its code would be of no use.",
    Again.TEXT_GONE: "Its text is not kept, and nobody could write it anew.",
}


@click.group()
def messages() -> None:
    """Messages: follow, explain, take back, send again, pause."""


@messages.command()
@click.option("--follow", "-f", is_flag=True, help="Go on with what happens from now on, until interrupted.")
@click.option("--service", default="", help="Only those of this sender service.")
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice([one.value for one in MessageState]),
    help="Only those in this state; can be given several times.",
)
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 500), help="How many to begin with.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def tail(*, follow: bool, service: str, states: tuple[str, ...], limit: int, as_json: bool) -> None:
    """Print the newest messages, oldest first; with --follow also each new one, and each change."""
    wanted = MessageFilter(service=service, states=frozenset(MessageState(one) for one in states))
    with contextlib.suppress(KeyboardInterrupt), open_services() as services:
        for message in _told(services, wanted, limit, follow=follow):
            click.echo(_as_json(message) if as_json else _line(message))


@messages.command()
@click.argument("message_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def show(message_id: str, *, as_json: bool) -> None:
    """Print attempts, answers, receipts and advice of one message. ID is ours or the provider's."""
    with open_services() as services:
        file = services.message_desk.file(operator(), _found(services, message_id))
    click.echo(_file_as_json(file) if as_json else "\n".join(_file_lines(file)))


@messages.command()
@click.argument("message_ids", metavar="ID", nargs=-1)
@click.option("--purpose", type=_PURPOSE, help="All messages of this purpose that have not gone out.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def cancel(message_ids: tuple[str, ...], purpose: str | None, *, yes: bool) -> None:
    """Take messages back that no provider has been handed yet. Exit 1 when it was too late for one."""
    if bool(message_ids) == bool(purpose):
        raise click.UsageError("Name messages or a purpose.")
    with open_services() as services:
        ids: Sequence[str] = _live(services, Purpose(purpose)) if purpose else message_ids
        if purpose and ids and not yes:
            click.confirm(f"Take back {len(ids)} messages for {purpose}?", abort=True, err=True)
        answers = list(_cancelled(services, ids))
    for word, count in _counted(answers):
        click.echo(f"{count} {word}")
    if not answers:
        click.echo("Nothing to take back.")
    sys.exit(0 if set(answers) <= {Cancelled.CANCELLED} else 1)


@messages.command()
@click.argument("message_id", metavar="ID")
@click.option("--locale", default="en", show_default=True, help="Language of the text to whoever has chosen none.")
def resend(message_id: str, locale: str) -> None:
    """Have a new code sent for a login that still waits. The old text is never sent again."""
    with open_services() as services:
        sent = services.message_desk.send_again(operator(), message_id, locale=locale)
    if sent.message is not None:
        is_withheld = sent.answer is Again.WITHHELD
        click.echo(f"Message {sent.message.id} is {'withheld: ' + sent.message.failure if is_withheld else 'queued'}.")
        sys.exit(1 if is_withheld else 0)
    wait = sent.possible_at
    refusal = f"Not before {wait:%H:%M:%S} UTC." if wait else _REFUSALS.get(sent.answer, sent.answer.value)
    click.echo(refusal, err=True)
    sys.exit(1)


@messages.command()
@click.argument("purpose", type=_PURPOSE)
def pause(purpose: str) -> None:
    """Let messages of a purpose wait. They expire as ever."""
    with open_services() as services:
        services.monitoring.queue.pause_purpose(operator(), purpose)
    click.echo(f"Messages for {purpose} wait from now on: authsms messages resume {purpose}")


@messages.command()
@click.argument("purpose", type=_PURPOSE)
def resume(purpose: str) -> None:
    """Let messages of a purpose go out again."""
    with open_services() as services:
        services.monitoring.queue.resume_purpose(operator(), purpose)
    click.echo(f"Messages for {purpose} go out.")


def _told(services: Services, wanted: MessageFilter, limit: int, *, follow: bool) -> Iterator[LoggedMessage]:
    """Yield the newest messages, oldest first, and when *follow* is set each change after that."""
    desk, actor = services.message_desk, operator()
    known: dict[str, tuple[object, ...]] = {}
    portion: MessageList = desk.portion(actor, wanted, size=max(limit, _WATCHED) if follow else limit)
    known.update((one.id, _changing(one)) for one in portion.items)
    yield from reversed(portion.items[:limit])
    while follow:
        time.sleep(_LOOK_SECONDS)
        try:
            newest = desk.portion(actor, wanted, size=_WATCHED).items
        except DatabaseUnavailableError:
            continue  # whoever follows wants to see when it goes on
        yield from (one for one in reversed(newest) if known.get(one.id) != _changing(one))
        known |= {one.id: _changing(one) for one in newest}


def _changing(message: LoggedMessage) -> tuple[object, ...]:
    return message.state, message.attempts, message.in_flight


def _found(services: Services, message_id: str) -> str:
    """Return our id of the message that we or a provider call *message_id*."""
    found = services.message_desk.portion(operator(), MessageFilter(provider_id=message_id), size=1).items
    if not found:
        raise NotFoundError("There is no such message; old ones are deleted.")
    return found[0].id


def _live(services: Services, purpose: Purpose) -> list[str]:
    wanted = MessageFilter(purpose=purpose, states=frozenset(LIVE))
    found: list[str] = []
    portion = services.message_desk.portion(operator(), wanted, size=_AT_ONCE)
    found += [one.id for one in portion.items]
    while portion.older is not None:
        portion = services.message_desk.portion(operator(), wanted, after=portion.older, size=_AT_ONCE)
        found += [one.id for one in portion.items]
    return found


def _cancelled(services: Services, ids: Sequence[str]) -> Iterator[Cancelled]:
    for one in counted(ids, "taking back"):
        yield services.message_desk.cancel(operator(), one)


def _counted(answers: Iterable[Cancelled]) -> list[tuple[str, int]]:
    words = {
        Cancelled.CANCELLED: "taken back",
        Cancelled.BEING_SENT: "being handed over just now; not repeated",
        Cancelled.OVER: "had ended",
    }
    given = list(answers)
    return [(words[one], given.count(one)) for one in Cancelled if one in given]


def _line(message: LoggedMessage) -> str:
    reason = " ".join(filter(None, (message.failure, message.code)))
    after = span(message.finished_at - message.created_at) if message.finished_at else ""
    columns = (
        f"{message.created_at.astimezone(UTC):%Y-%m-%d %H:%M:%S}",
        message.id,
        f"{message.state.value:<10}",
        f"{message.purpose.value:<14}",
        f"{message.masked or '-':<9}",
        f"{message.service or '-':<16}",
        f"{message.attempts} tries",
        after,
        reason,
    )
    return "  ".join(columns).rstrip()


def _file_lines(file: MessageFile) -> list[str]:
    message = file.dossier.message
    lines = [
        f"Message    {message.id}",
        f"State      {message.state.value} {message.failure}".rstrip(),
        f"Purpose    {message.purpose.value}",
        f"To         {message.masked or '(no number)'}",
        f"Person     {message.login or message.person_key or '-'}",
        f"Queued     {_moment(message.created_at)}, good until {_moment(message.expires_at)}",
        f"Taken      {span(file.taken_after)}",
        f"Delivered  {span(file.delivered_after)}",
    ]
    lines += [f"Next try   {_moment(message.due_at)}"] if message.due_at else []
    lines += [_attempt_line(one) for one in file.dossier.tries]
    lines += [_receipt_line(one) for one in file.dossier.receipts]
    lines += [f"Advice     {service} {code}: {words}" for (service, code), words in sorted(file.advice.items())]
    return lines


def _attempt_line(one: LoggedAttempt) -> str:
    took = span(one.finished_at - one.started_at) if one.finished_at else "not answered yet"
    words = " ".join(filter(None, (one.end.value if one.end else "", one.code, one.detail)))
    return f"Attempt {one.number}  {_moment(one.started_at)}  {one.service}  {took}  {words}".rstrip()


def _receipt_line(one: LoggedReceipt) -> str:
    return f"Receipt    {_moment(one.received_at)}  {one.state.value}  {one.word} {one.code}".rstrip()


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _as_json(message: LoggedMessage) -> str:
    return json.dumps(asdict(message), default=_plain, ensure_ascii=False)


def _file_as_json(file: MessageFile) -> str:
    dossier = file.dossier
    value = {
        "message": asdict(dossier.message),
        "attempts": [asdict(one) for one in dossier.tries],
        "receipts": [asdict(one) for one in dossier.receipts],
        "advice": {f"{service} {code}": words for (service, code), words in file.advice.items()},
        "taken_after": file.taken_after,
        "delivered_after": file.delivered_after,
    }
    return json.dumps(value, default=_plain, ensure_ascii=False, indent=2)


def _plain(value: Any) -> str | float:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    raise TypeError(f"no JSON for {type(value).__name__}")
