"""`authsms audit`: check the chain of the audit trail, and read it."""

import json
import re
import sys
from datetime import UTC, datetime, timedelta

import click

from authsms.audit import AuditView
from authsms.cli.context import open_services

_AGE = re.compile(r"(\d+)([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def _read_since(_context: click.Context, _parameter: click.Parameter, value: str | None) -> datetime | None:
    if value is None:
        return None
    age = _AGE.fullmatch(value)
    if age:
        return datetime.now(UTC) - timedelta(**{_UNITS[age[2]]: int(age[1])})
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise click.BadParameter("write 30m, 2h, 7d or a date such as 2026-11-20T08:00") from error
    return moment if moment.tzinfo else moment.astimezone()


@click.group()
def audit() -> None:
    """Audit trail: verify and show."""


@audit.command()
def verify() -> None:
    """Check the whole chain. Exit 0 only if no record was changed, removed or inserted."""
    with open_services() as services:
        services.audit.seal()
        result = services.audit.verify()
    if result.broken_at is not None:
        click.secho(f"Broken at position {result.broken_at}: {result.reason}.", fg="red", err=True)
        click.echo(f"{result.sealed} records before it are in order.", err=True)
        sys.exit(1)
    click.echo(f"{result.sealed} records in order, {result.waiting} not sealed yet.")


@audit.command()
@click.option("--user", default="", help="Login name or person key.")
@click.option("--since", callback=_read_since, help="30m, 2h, 7d, or a date.")
@click.option("--limit", default=200, show_default=True, type=click.IntRange(1, 100_000), help="Most records.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def show(user: str, since: datetime | None, limit: int, *, as_json: bool) -> None:
    """Print what happened, oldest first."""
    with open_services() as services:
        records = services.audit.search(user=user, since=since, limit=limit)
    for record in reversed(records):
        click.echo(_as_json(record) if as_json else _as_line(record))


def _as_line(record: AuditView) -> str:
    entry = record.entry
    facts = [f"{name}={value}" for name, value in entry.details.items() if value != ""]
    who = entry.login or entry.person_key or "-"
    return "  ".join([f"{record.at:%Y-%m-%d %H:%M:%S}", f"{entry.tag:<22}", f"{who:<16}", entry.event, *facts]).rstrip()


def _as_json(record: AuditView) -> str:
    entry = record.entry
    return json.dumps(
        {
            "id": record.id,
            "at": record.at.isoformat(),
            "tag": entry.tag,
            "login": entry.login,
            "person": entry.person_key,
            "process": entry.process_id,
            "event": entry.event,
            "endpoint": entry.endpoint,
            "address": entry.address,
            "details": dict(entry.details),
        },
        ensure_ascii=False,
    )
