"""`authsms sender pause`, `resume` and `retry`: what operators do when a provider is in trouble."""

import click

from authsms.cli.context import open_services
from authsms.cli.operator import operator


@click.command()
@click.argument("name")
def pause(name: str) -> None:
    """Hand no further message to a service. What is under way is finished; the others carry on."""
    with open_services() as services:
        services.monitoring.queue.pause_service(operator(), name)
    click.echo(f"{name} gets no messages from now on: authsms sender resume {name}")


@click.command()
@click.argument("name")
def resume(name: str) -> None:
    """Hand messages to a service again."""
    with open_services() as services:
        services.monitoring.queue.resume_service(operator(), name)
    click.echo(f"{name} gets messages again.")


@click.command()
@click.argument("name")
def retry(name: str) -> None:
    """Try a service that is left alone after failures with the next message, without waiting."""
    with open_services() as services:
        services.monitoring.queue.retry_service(operator(), name)
    click.echo(f"{name} is tried with the next message if it was left alone.")
