"""`authsms send-mail-test`: whether the mail server takes mails from here."""

from datetime import UTC, datetime

import click

from authsms.cli.context import open_settings
from authsms.delivery.mails import Mail
from authsms.delivery.smtp import MailCarrier
from authsms.foundation.errors import ConfigurationError, UnavailableError
from authsms.foundation.mail_address import read_address


@click.command("send-mail-test")
@click.option("--to", required=True, metavar="ADDRESS", help="Whom to write.")
def send_mail_test(to: str) -> None:
    """Send one mail by the server in [mail], at once, and tell what came of it."""
    settings = open_settings(quiet=True)
    mail = settings.mail
    if not mail.host:
        raise ConfigurationError("No mail server is set; write [mail] host and from_address into config.toml.")
    host = settings.public_host
    words = f"This is a test. Notices about accounts at {host} can go out like it.\n"
    now = datetime.now(UTC)
    test = Mail(f"test-{now:%Y%m%d%H%M%S%f}", read_address(to), f"{host}: test", words, "en", now)
    if mail.security == "none":
        click.secho("authsms: security is none: everybody on the way can read and change mails.", fg="yellow", err=True)
    end = MailCarrier(mail).carry(test)
    if end.failure:
        answer = f" The server says: {end.answer}" if end.answer else ""
        raise UnavailableError(f"Not sent: {end.failure}.{answer}")
    click.echo("The server has taken the mail. Look whether it arrives, and not among the spam.")
