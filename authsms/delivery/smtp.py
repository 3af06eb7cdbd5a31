"""Hands mails to the mail server (RFC 5321), by TLS unless an administrator has said otherwise.

A server that does not offer STARTTLS (RFC 3207), or whose certificate is not its own, gets nothing: whoever sits in
between could have taken the offer away. A hard end keeps a server that answers byte by byte from holding the courier.
"""

import re
import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Final

from typing_extensions import override

from authsms.delivery.mails import Mail
from authsms.delivery.models import fit
from authsms.foundation.logs import register_secret
from authsms.foundation.mail_settings import MailSettings
from authsms.senders.deadline import Journey, Watchdog

_FOR_GOOD: Final = range(500, 600)
_OUR_FAULT: Final = re.compile(rb"5\.7\.")
"""RFC 3463: the server does not relay for us, or something like that. The address may be right."""


@dataclass(frozen=True, slots=True)
class Handover:
    """What became of a try.

    Attributes:
        failure: Why it failed, in our own words; empty when the server took the mail.
        is_final: The server will never take mail for this address.
        is_about_server: Any other mail would fail, too.
        answer: The server's own words, bounded and printable, yet foreign; for an administrator at a test only.
    """

    failure: str = ""
    is_final: bool = False
    is_about_server: bool = False
    answer: str = ""


class MailCarrier:
    """Hands over one mail at a time; safe to share between threads."""

    def __init__(self, settings: MailSettings) -> None:
        register_secret(settings.password.get_secret_value())
        self._settings = settings
        self._watchdog = Watchdog()

    def carry(self, mail: Mail) -> Handover:
        """Try to hand a mail over; no error is raised."""
        message = compose(mail, self._settings.from_address)
        try:
            with self._connection() as line:
                line.send_message(message, self._settings.from_address, [mail.address])
        except smtplib.SMTPRecipientsRefused as error:
            return _refused(*next(iter(error.recipients.values())))
        except (smtplib.SMTPException, OSError, ValueError) as error:
            return _failed(error)
        return Handover()

    @contextmanager
    def _connection(self) -> Iterator["_Line"]:
        settings = self._settings
        context = _trust(settings) if settings.security != "none" else None
        seconds = float(settings.timeout_seconds)
        journey = Journey(connect_seconds=seconds, total_seconds=seconds)
        self._watchdog.watch(journey)
        line = _Line(journey, settings, context if settings.security == "tls" else None)
        try:
            line.open()
            if context is not None and settings.security == "starttls":
                line.starttls(context=context)
            if settings.user:
                line.login(settings.user, settings.password.get_secret_value())
            yield line
            with suppress(smtplib.SMTPException, OSError):  # the mail is taken, whatever comes of the farewell
                line.quit()
        finally:
            self._watchdog.release(journey)
            line.close()


class _Line(smtplib.SMTP):
    """A connection with a hard end, and with TLS from the first byte when *context* is given."""

    def __init__(self, journey: Journey, settings: MailSettings, context: ssl.SSLContext | None) -> None:
        domain = settings.from_address.rpartition("@")[2]
        super().__init__(local_hostname=domain, timeout=float(settings.timeout_seconds))
        self._journey = journey
        self._settings = settings
        self._context = context
        self._lever: socket.socket | None = None
        self._host = settings.host  # what the certificate must be for; smtplib knows it only if it connects at once

    def open(self) -> None:
        """Connect and be greeted."""
        code, words = self.connect(self._settings.host, self._settings.port)
        if code != 220:  # noqa: PLR2004 - RFC 5321 section 4.2
            raise smtplib.SMTPConnectError(code, words)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        connection = socket.create_connection((host, port), timeout)
        self._lever = connection.dup()
        self._journey.depart()
        self._journey.hold(self._lever)
        return self._context.wrap_socket(connection, server_hostname=host) if self._context else connection

    @override
    def close(self) -> None:
        super().close()
        self._journey.arrive()
        if self._lever is not None:
            self._lever.close()


def compose(mail: Mail, sender: str) -> EmailMessage:
    """Return a mail as it goes out; both addresses must come from `read_address`."""
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(addr_spec=sender)
    message["To"] = Address(addr_spec=mail.address)
    message["Subject"] = mail.subject
    message["Date"] = mail.written_at
    message["Message-ID"] = f"<{mail.id}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.body, cte="quoted-printable")
    message["Content-Language"] = mail.locale  # afterwards: setting the content removes what begins with Content-
    return message


def _trust(settings: MailSettings) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(settings.ca_file) if settings.ca_file else None)
    except OSError as error:
        raise _TrustError from error


class _TrustError(ValueError):
    """The certificates to trust cannot be read."""


def _refused(code: int, words: bytes) -> Handover:
    is_final = code in _FOR_GOOD and not _OUR_FAULT.match(words)
    return Handover(f"the recipient was refused ({code})", is_final=is_final, answer=_shown(words))


def _failed(error: Exception) -> Handover:
    failure = next((words for kind, words in _FAILURES.items() if isinstance(error, kind)), type(error).__name__)
    if isinstance(error, smtplib.SMTPResponseException):
        failure = f"{failure} ({error.smtp_code})"
        words = error.smtp_error
        answer = _shown(words if isinstance(words, bytes) else str(words).encode())
        return Handover(failure, is_about_server=not isinstance(error, smtplib.SMTPDataError), answer=answer)
    return Handover(failure, is_about_server=True)


_FAILURES: Final[dict[type[Exception], str]] = {
    smtplib.SMTPAuthenticationError: "the sign-in was refused",
    smtplib.SMTPSenderRefused: "our address was refused",
    smtplib.SMTPDataError: "the mail was refused",
    smtplib.SMTPNotSupportedError: "the server does not offer STARTTLS, or no sign-in that is known here",
    smtplib.SMTPServerDisconnected: "the connection broke",
    smtplib.SMTPResponseException: "the server refused",
    ssl.SSLCertVerificationError: "the certificate cannot be trusted",
    ssl.SSLError: "TLS failed",
    TimeoutError: "the server did not answer in time",
    smtplib.SMTPException: "the server refused",
    OSError: "the server cannot be reached",
    _TrustError: "ca_file cannot be read",
    ValueError: "the mail cannot be written",
}
"""What an error means, the more exact kinds first (errors of smtplib are OSErrors, too)."""


def _shown(words: bytes) -> str:
    return fit(words.decode("ascii", "replace"), 200)
