"""`authsms db`: bring the database to the right revision, or say how it stands."""

import sys

import click

import authsms.app  # noqa: F401 - with it come the tables of every feature
from authsms.cli.context import open_settings
from authsms.foundation.db import Database
from authsms.foundation.schema import SchemaState, schema_differences, schema_state, upgrade_schema
from authsms.migrations import HEAD


@click.group()
def db() -> None:
    """Database: upgrade and check."""


@db.command()
def upgrade() -> None:
    """Bring the database to this version's revision."""
    database = Database(open_settings(quiet=True).database_url)
    upgrade_schema(database)
    click.echo(f"The database is at revision {HEAD}.")


@db.command()
def check() -> None:
    """Compare the database with this version. Exit 0 only if revision and shape are right."""
    database = Database(open_settings(quiet=True).database_url)
    state = schema_state(database)
    if state is not SchemaState.CURRENT:
        problem = "empty" if state is SchemaState.EMPTY else f"not at revision {HEAD}"
        click.echo(f"The database is {problem}. Run: authsms db upgrade", err=True)
        sys.exit(1)
    differences = schema_differences(database)
    for difference in differences:
        click.echo(f"Differs: {difference}", err=True)
    click.echo(f"Revision {HEAD}, {'as it should be' if not differences else f'{len(differences)} differences'}.")
    sys.exit(1 if differences else 0)
