"""`authsms alerts`: rules for Prometheus that fit the metrics of this version."""

import click

from authsms.foundation.resources import alerts_file


@click.command()
def alerts() -> None:
    """Print example alerting rules for Prometheus."""
    click.echo(alerts_file().read_text("utf-8"), nl=False)
