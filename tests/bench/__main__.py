"""Measurements by name: `python -m tests.bench logins`, `python -m tests.bench delivery`."""

import click

from tests.bench.delivery import delivery
from tests.bench.logins import logins


@click.group()
def bench() -> None:
    """Measure on this machine. Nothing leaves it, and everything ends by itself."""


bench.add_command(logins)
bench.add_command(delivery)
bench()
