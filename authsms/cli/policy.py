"""`authsms policy`: the sender policy as a file without secrets."""

from pathlib import Path

import click

from authsms.cli.context import open_services
from authsms.senders.documents import Difference, differences, read_toml, write_toml

_AUTHOR = "command line"


@click.group()
def policy() -> None:
    """The sender policy as a file, to keep or to carry to another server."""


@policy.command()
def export() -> None:
    """Print sender services and texts as TOML; secrets stay here."""
    with open_services() as services:
        click.echo(write_toml(services.senders.document()), nl=False)


@policy.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--check", is_flag=True, help="Only say what would change.")
def take_in(file: Path, *, check: bool) -> None:
    """Make sender services and texts what FILE says.

    Secrets stay where they are. A service that is new comes without them and off; one that FILE does not name is
    switched off and kept.
    """
    with open_services() as services:
        wanted = read_toml(file.read_text(encoding="utf-8", errors="replace"))
        version = services.senders.policy().version
        changes = differences(services.senders.document(), services.senders.preview(wanted))
        if changes and not check:
            services.senders.adopt(
                wanted, author=_AUTHOR, expected_version=version, change=f"took in {file.name[:100]}"
            )
    for change in changes:
        click.echo(_line(change))
    if not changes:
        click.echo("Nothing to change: the file says what holds already.", err=True)
    else:
        click.echo("Nothing was changed yet; leave out --check to do it." if check else "Done.", err=True)


def _line(change: Difference) -> str:
    place = change.place or "policy"
    what = f"{place}.{change.what}" if change.what else place
    if change.is_secret:
        return f"{what}: secret {change.new}"
    return f"{what}: {change.old or '(nothing)'} -> {change.new or '(nothing)'}"
