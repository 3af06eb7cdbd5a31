"""`authsms webhook`: where programs are told what became of their messages, and what they have not taken."""

import click

from authsms.administration.hooks import HookFile
from authsms.cli.context import open_services
from authsms.cli.operator import operator
from authsms.messaging.hooks import HookKind

_TOLD = click.Choice([one.value for one in HookKind if one is not HookKind.TEST])


@click.group()
def webhook() -> None:
    """Webhooks: where programs are told what became of their messages. CLIENT_ID: see `authsms endpoint list`."""


@webhook.command("list")
def list_webhooks() -> None:
    """Print the webhooks, and how much each has not taken."""
    with open_services() as services:
        for one in services.hook_desk.files(operator()):
            _print(one)


@webhook.command()
@click.argument("client_id")
def show(client_id: str) -> None:
    """Print one webhook, and what nobody sends there any more."""
    with open_services() as services:
        found = services.hook_desk.file(operator(), client_id)
    _print(found)
    for event in found.backlog.dead:
        failure = f"{event.tries} tries, last: {event.failure}"
        click.echo(f"{event.id}  {event.created_at:%Y-%m-%d %H:%M}  {event.kind.value}  {failure}")


@webhook.command("set")
@click.argument("client_id")
@click.argument("url")
@click.option("--tell", "kinds", type=_TOLD, multiple=True, required=True, help="What it is told; may be repeated.")
def set_webhook(client_id: str, url: str, kinds: tuple[str, ...]) -> None:
    """Have an endpoint told at URL. A new address gets a new secret, which is shown once."""
    with open_services() as services:
        secret = services.hook_desk.save(operator(), client_id, url, [HookKind(kind) for kind in kinds])
    if secret:
        _show_secret(secret)


@webhook.command()
@click.argument("client_id")
def renew(client_id: str) -> None:
    """Make a new secret. It is shown once, and the old one signs nothing any more."""
    with open_services() as services:
        _show_secret(services.hook_desk.renew(operator(), client_id))


@webhook.command("test")
@click.argument("client_id")
def try_out(client_id: str) -> None:
    """Have a test sent; the delivery process does so within seconds."""
    with open_services() as services:
        services.hook_desk.try_out(operator(), client_id)


@webhook.command()
@click.argument("client_id")
@click.argument("event_id", default="")
def again(client_id: str, event_id: str) -> None:
    """Send again what nobody sends any more: all of it, or one EVENT_ID."""
    with open_services() as services:
        count = services.hook_desk.send_again(operator(), client_id, event_id)
    click.echo(f"{count} sent again.")


@webhook.command()
@click.argument("client_id")
def remove(client_id: str) -> None:
    """Tell an endpoint nothing any more; what it has not taken is forgotten."""
    with open_services() as services:
        services.hook_desk.remove(operator(), client_id)


def _print(one: HookFile) -> None:
    if one.hook is None:
        click.echo(f"{one.endpoint.id}  {one.endpoint.name}  no webhook")
        return
    kinds = ", ".join(sorted(kind.value for kind in one.hook.kinds))
    backlog = f"{one.backlog.waiting} waiting, {one.backlog.given_up} given up"
    click.echo(f"{one.endpoint.id}  {one.endpoint.name}  {one.hook.url}  {kinds}  {backlog}")


def _show_secret(secret: str) -> None:
    click.echo(f"Secret  {secret}")
    click.echo("Keep the secret now; it is not shown again.", err=True)
