"""`authsms serve`: the web server and one delivery process."""

import click

from authsms.cli.garbage import look_after_loading
from authsms.cli.loading import compile_later
from authsms.foundation.metrics_folder import share_folder
from authsms.foundation.settings import load_settings


@click.command()
def serve() -> None:
    """Run the web server and one delivery process until SIGTERM."""
    settings = load_settings()
    share_folder(settings.instance / "metrics")
    with look_after_loading(), compile_later():
        from authsms.cli.supervisor import run_server  # noqa: PLC0415 - it imports the metrics, which look for the folder

    run_server(settings)
