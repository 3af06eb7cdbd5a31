"""The command line: one module a subject, loaded only when its command is used."""

import importlib
from typing import IO, Any

import click
from typing_extensions import override

from authsms import __version__
from authsms.cli.garbage import look_after_loading, look_seldom_from_the_start
from authsms.cli.loading import compile_later
from authsms.foundation.errors import AuthsmsError

_COMMANDS = {
    "admin": ("people", "admin"),
    "alerts": ("alerts", "alerts"),
    "audit": ("audit", "audit"),
    "chain": ("chains", "chain"),
    "contacts": ("contacts", "contacts"),
    "db": ("database", "db"),
    "demo": ("demo", "demo"),
    "endpoint": ("endpoints", "endpoint"),
    "keys": ("keys", "keys"),
    "messages": ("messages", "messages"),
    "notice": ("notices", "notice"),
    "offer": ("offers", "offer"),
    "people": ("people", "people"),
    "policy": ("policy", "policy"),
    "radius": ("radius", "radius"),
    "repository": ("people", "repository"),
    "send-mail-test": ("mails", "send_mail_test"),
    "send-test": ("senders", "send_test"),
    "sender": ("senders", "sender"),
    "serve": ("serving", "serve"),
    "simulator": ("servers", "simulator"),
    "token": ("tokens", "token"),
    "webhook": ("webhooks", "webhook"),
    "worker": ("servers", "worker"),
}


class _Told(click.ClickException):
    """An error the user can mend: one sentence and exit status 1."""

    @override
    def show(self, file: IO[Any] | None = None) -> None:
        click.secho(f"authsms: {self.message}", file, fg="red", err=True)


class _Commands(click.Group):
    """Loads a command's module when the command is called; `authsms --help` loads them all."""

    @override
    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except AuthsmsError as error:
            raise _Told(str(error)) from error

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, name = _COMMANDS[cmd_name]
        with look_after_loading(), compile_later():
            command: click.Command = getattr(importlib.import_module(f"authsms.cli.{module}"), name)
        return command


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="authsms")
def commands() -> None:
    """Self-hosted authentication with one-time codes by text message."""


def main() -> None:
    """Run the command line."""
    look_seldom_from_the_start()
    commands.main(prog_name="authsms")
