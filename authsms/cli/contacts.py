"""`authsms contacts`: contacts and consents by file."""

from pathlib import Path

import click

from authsms.administration.contacts import consents_written
from authsms.cli.context import open_services
from authsms.cli.progress import bars
from authsms.contacts.import_files import Customs
from authsms.contacts.imports import ContactImport, ImportReport, ImportTools


@click.group()
def contacts() -> None:
    """Contacts, and what their owners have agreed to."""


@contacts.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_contacts(file: Path) -> None:
    """Take contacts from a CSV file. Nothing is written while a line is wrong; importing again changes nothing."""
    with open_services() as services, bars() as bar:
        sms = services.settings.sms
        customs = Customs(sms.default_region, frozenset(sms.countries), services.clock.now())
        tools = ImportTools(
            *(services.database, services.audit, services.people),
            *(services.contacts, services.consents, services.suppressions),
        )
        report = ContactImport(tools, customs).run(file.read_bytes(), bar(f"importing {file.name}"))
    _tell(report)


@contacts.command("export")
def export_contacts() -> None:
    """Print every consent record as CSV, oldest first, with masked numbers."""
    with open_services() as services:
        for line in consents_written(services.consents):
            click.echo(line, nl=False)


def _tell(report: ImportReport) -> None:
    click.echo(f"{report.added} added, {report.agreed} of them with a consent; {report.known} were there already.")
    for line in report.ended:
        click.echo(f"line {line}: texts were ended since that consent; the number must be confirmed again.", err=True)
    for problem in report.refused:
        click.echo(f"line {problem.line}: {problem.message}", err=True)
