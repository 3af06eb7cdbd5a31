"""`authsms keys`: rotate the keys that sign identity tokens."""

import click

from authsms.cli.context import open_services


@click.group()
def keys() -> None:
    """Signing keys of identity tokens."""


@keys.command()
def rotate() -> None:
    """Sign with the next keys from now on. Tokens signed before stay good until they expire."""
    with open_services() as services:
        for key_id in services.signing_keys.rotate():
            click.echo(f"{key_id} signs now.")
