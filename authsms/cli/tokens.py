"""`authsms token`: tokens that were bought."""

from pathlib import Path

import click

from authsms.cli.context import open_services
from authsms.cli.progress import bars
from authsms.logon.enrollment import HOTP
from authsms.logon.methods.totp import TOTP
from authsms.logon.tokens import Spelling

_KINDS = {"hotp": HOTP, "totp": TOTP}


@click.group()
def token() -> None:
    """Tokens that were bought, and who has them."""


@token.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--kind", required=True, type=click.Choice(list(_KINDS)), help="hotp: counts how often; totp: looks at the clock."
)
@click.option(
    "--seeds",
    "spelling",
    default=Spelling.HEX.value,
    show_default=True,
    type=click.Choice([one.value for one in Spelling]),
    help="How they are written.",
)
def import_tokens(file: Path, kind: str, spelling: str) -> None:
    """Give people the tokens of a CSV file (serial, seed, user). Nothing is written while a line is wrong.

    Tokens show six digits (SHA-1) unless the columns digits (6, 8) and algorithm (SHA1, SHA256, SHA512) say otherwise,
    with totp every 30 seconds. Delete the file afterwards: it holds the seeds.
    """
    with open_services() as services, bars() as bar:
        bar_of_file = bar(f"importing {file.name}")
        report = services.token_import.run(file.read_bytes(), _KINDS[kind], Spelling(spelling), bar_of_file)
    click.echo(f"{report.given} given.")
    for problem in report.refused:
        click.echo(f"line {problem.line}: {problem.message}", err=True)
    if report.refused:
        raise SystemExit(1)
