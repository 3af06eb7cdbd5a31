"""`authsms people export` and `erase`: what is known of one person, handed out or forgotten."""

import sys

import click

from authsms.audit.vocabulary import Author
from authsms.cli.context import open_services
from authsms.cli.operator import operator
from authsms.identity.repository import PersonKey, split_key
from authsms.wiring import Services


@click.command("export")
@click.argument("user")
def export_person(user: str) -> None:
    """Print all that is known of somebody, as JSON. USER is a user name, or the key of whoever has none any more."""
    with open_services() as services:
        click.echo(services.personal_records.export(Author(operator().login), _key(services, user)))


@click.command("erase")
@click.argument("user")
@click.option("--reason", required=True, help="On whose request; it stands in the audit trail.")
@click.option("--yes", is_flag=True, help="Do it; without this nothing is done.")
def erase_person(user: str, reason: str, *, yes: bool) -> None:
    """Forget somebody, but for the audit trail and consents. What waits is not sent. There is no way back."""
    with open_services() as services:
        key = _key(services, user)
        if any(one.person_key == key for one in services.administrators.all()):
            raise click.ClickException("This is an administrator; take the roles away first.")
        if not yes:
            click.echo(f"Nothing was done. Add --yes to erase {key}.")
            return
        erased = services.personal_records.erase(Author(operator().login), key, reason)
    for name, count in sorted(erased.rows.items()):
        click.echo(f"{name:<20} {count}")
    click.echo(f"{key} is erased, {erased.taken_back} texts are not sent.")
    if erased.is_account_left:
        click.echo("The directory still has the account; whoever signs in with it leaves new traces.", err=True)


def _key(services: Services, user: str) -> str:
    person = services.people.find(user)
    if person is not None:
        return person.key
    if not all(split_key(PersonKey(user))):
        click.echo("Nobody of that name.", err=True)
        sys.exit(1)
    return user
