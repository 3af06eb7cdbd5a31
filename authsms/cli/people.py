"""`authsms people`, `repository` and `admin`: who may sign in, and where people come from."""

import sys
import tomllib
from pathlib import Path
from typing import Any

import click

from authsms.administration.rights import Role
from authsms.audit import AuditEntry, AuditTag, Detail
from authsms.cli.context import open_services
from authsms.cli.personal import erase_person, export_person
from authsms.cli.progress import bars
from authsms.foundation.errors import ConfigurationError, UnavailableError
from authsms.foundation.phone import mask, parse_phone
from authsms.identity.definitions import RepositoryDefinition
from authsms.identity.drafts import PersonDraft
from authsms.identity.import_files import ImportFormat
from authsms.identity.imports import PeopleImport
from authsms.identity.local import LOCAL
from authsms.identity.local_people import LocalPeople
from authsms.identity.repository import Person
from authsms.logon.methods.sms_otp import SmsOtpMethod
from authsms.logon.seed import SETUP_EVENT
from authsms.wiring import Services

ADMINISTRATORS = "administrators"
SETUP_PATH = f"/login/{SETUP_EVENT}"
_ROLE_OPTION = click.option(
    "--role",
    "roles",
    multiple=True,
    default=(Role.ADMINISTRATOR.value,),
    show_default=True,
    type=click.Choice([role.value for role in Role]),
    help="What he may do; can be given several times.",
)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def people() -> None:
    """People of the built-in repository."""


@people.command("import")
@click.argument("file", type=_FILE)
@click.option(
    "--format", "form", type=click.Choice([one.value for one in ImportFormat]), help="Told by the ending when left out."
)
def import_people(file: Path, form: str | None) -> None:
    """Take people from an LDIF or CSV file. All of them, or none and a list of what is wrong."""
    chosen = ImportFormat(form or ("csv" if file.suffix.lower() == ".csv" else "ldif"))
    with open_services() as services, bars() as bar:
        region = services.settings.sms.default_region
        work = PeopleImport(services.database, services.vault, services.clock, default_region=region)
        report = work.run(file.read_bytes(), chosen, progress=bar(f"importing {file.name}"))
    click.echo(f"{report.created} created, {report.updated} updated, {report.unchanged} unchanged.")


@people.command()
@click.argument("user")
def show(user: str) -> None:
    r"""Look somebody up as a login would. Write repository\user for another than the default repository."""
    with open_services() as services:
        person = _found(services, user)
    click.echo(f"Key      {person.key}")
    click.echo(f"Login    {person.login}")
    click.echo(f"Name     {person.display_name}")
    click.echo(f"Texts to {mask(person.phone) if person.phone else '(no usable number)'}")
    click.echo(f"Groups   {', '.join(sorted(person.groups)) or '(none)'}")


@people.command()
@click.argument("user")
def rebind(user: str) -> None:
    """Let somebody try codes again. For people whose codes were disabled after too many wrong ones."""
    with open_services() as services:
        person = _found(services, user)
        with services.database.write() as session:
            had_failed = services.challenges.failures.forget(session, person.key, SmsOtpMethod.name)
            entry = AuditEntry(
                AuditTag.METHOD_REBOUND,
                person_key=person.key,
                login=person.login,
                details={"method": SmsOtpMethod.name, "by": "command line"},
            )
            services.audit.record(session, entry)
    click.echo(f"{person.login} may try again." if had_failed else f"{person.login} had no wrong codes to forget.")


@people.command()
@click.argument("login")
def remove(login: str) -> None:
    """Remove somebody from the built-in repository. All sessions of the person end."""
    with open_services() as services:
        person = _found(services, f"{LOCAL}\\{login}")
        LocalPeople(services.database, services.vault, services.clock).remove(person.id)
        ended = services.sessions.end_all(person.key)
        with services.database.write() as session:
            entry = AuditEntry(AuditTag.PERSON_REMOVED, person_key=person.key, login=person.login)
            services.audit.record(session, entry)
    click.echo(f"{person.login} is gone, {ended} sessions ended.")


@people.command("must-change")
@click.argument("login")
@click.option("--withdraw", is_flag=True, help="No longer.")
def must_change(login: str, *, withdraw: bool) -> None:
    """Have somebody of the built-in repository change the password at the next sign-in; all sessions end."""
    with open_services() as services:
        person = _found(services, f"{LOCAL}\\{login}")
        local = LocalPeople(services.database, services.vault, services.clock)
        with services.database.write() as session:
            if local.require_change(session, person.id, wanted=not withdraw) is None:
                click.echo(f"Nothing to do for {person.login}.", err=True)
                sys.exit(1)
            details: dict[str, Detail] = {"by": "command line", "withdrawn": withdraw}
            tag = AuditTag.PASSWORD_CHANGE_DEMANDED
            services.audit.record(session, AuditEntry(tag, person.key, person.login, details=details))
        if not withdraw:
            services.sessions.end_all(person.key)
    click.echo(f"{person.login} {'need not change the password' if withdraw else 'has to choose a new password'}.")


people.add_command(export_person)
people.add_command(erase_person)


@click.group()
def repository() -> None:
    """Repositories: where people come from."""


@repository.command("set")
@click.argument("name")
@click.argument("file", type=_FILE)
@click.option("--secret-file", type=_FILE, help="Password of the service account; left out, the stored one stays.")
@click.option("--default", "is_default", is_flag=True, help="Look names without a prefix up here.")
def set_repository(name: str, file: Path, secret_file: Path | None, *, is_default: bool) -> None:
    """Make or change a repository. docs/reference.md lists the keys of FILE, which is TOML."""
    settings = read_toml(file)
    kind = settings.pop("kind", "ldap")
    secret = secret_file.read_text("utf-8").strip() if secret_file else None
    with open_services() as services:
        view = services.people.save_repository(RepositoryDefinition(name, kind, settings, secret, is_default))
        try:
            services.people.ping(name)
        except UnavailableError as error:
            click.echo(f"Repository {name} is saved, but cannot be used: {error} The reason stands above.", err=True)
            sys.exit(1)
    click.echo(f"Repository {view.name} is saved and answers.")


@repository.command("remove")
@click.argument("name")
def remove_repository(name: str) -> None:
    """Forget a repository and its secret. Its people can no longer sign in."""
    with open_services() as services:
        services.people.remove_repository(name)
    click.echo(f"Repository {name} is gone.")


@repository.command("list")
def list_repositories() -> None:
    """Print the repositories. The default one has a star."""
    with open_services() as services:
        for view in services.people.repositories():
            click.echo(f"{'*' if view.is_default else ' '} {view.name:<20} {view.kind}")


@click.group()
def admin() -> None:
    """Administrators of this server."""


@admin.command("create")
@click.argument("login")
@click.option("--name", default="", help="Display name.")
@click.option("--phone", required=True, help="Number for one-time codes.")
@_ROLE_OPTION
def create_administrator(login: str, name: str, phone: str, roles: tuple[str, ...]) -> None:
    """Make an administrator in the built-in repository. The password is shown once."""
    with open_services() as services:
        number = parse_phone(phone, default_region=services.settings.sms.default_region)
        password = services.vault.new_token(15)
        local = LocalPeople(services.database, services.vault, services.clock)
        person = local.create(
            PersonDraft(login, name or login, (number,), groups=frozenset({ADMINISTRATORS}), password=password)
        )
        with services.database.write() as session:
            entry = AuditEntry(AuditTag.ADMINISTRATOR_CREATED, person_key=person.key, login=person.login)
            services.audit.record(session, entry)
        services.administrators.grant(person, _roles(roles))
        can_text = services.senders.can_send()
        if not can_text:
            services.administrators.open_setup(person.key)
    click.echo(f"Administrator  {person.login}")
    click.echo(f"Password       {password}")
    click.echo(f"Sign in at     {services.settings.public_url}{'/admin' if can_text else SETUP_PATH}")
    click.echo("Keep the password now; it is not shown again.", err=True)
    if not can_text:
        click.echo("No text can be sent yet, so the password alone opens that page for 24 hours.", err=True)


@admin.command("grant")
@click.argument("user")
@_ROLE_OPTION
def grant(user: str, roles: tuple[str, ...]) -> None:
    """Make somebody of any repository an administrator, with exactly these roles."""
    with open_services() as services:
        granted = services.administrators.grant(_found(services, user), _roles(roles))
    click.echo(f"{granted.login} is now: {', '.join(sorted(granted.roles))}.")


@admin.command("set-up")
@click.argument("user")
def open_setup(user: str) -> None:
    """Let an administrator in by password alone for a day, when no text can be sent. His next code ends it."""
    with open_services() as services:
        until = services.administrators.open_setup(_found(services, user).key)
    click.echo(f"Open until {until:%Y-%m-%d %H:%M} UTC: {services.settings.public_url}{SETUP_PATH}")


@admin.command("list")
def list_administrators() -> None:
    """Print the administrators and their roles."""
    with open_services() as services:
        for one in services.administrators.all():
            click.echo(f"{one.login:<24} {', '.join(sorted(one.roles))}")


def _roles(words: tuple[str, ...]) -> list[Role]:
    return [Role(word) for word in words]


def _found(services: Services, user: str) -> Person:
    person = services.people.find(user)
    if person is None:
        click.echo("Nobody of that name.", err=True)
        sys.exit(1)
    return person


def read_toml(file: Path) -> dict[str, Any]:
    """Return what a TOML file of settings holds.

    Raises:
        ConfigurationError: It is not TOML.
    """
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file} is not valid TOML: {error}") from error
