"""A TLS handshake with a directory for its own sake: is the certificate accepted, and what does it say?

A certificate that is refused is fetched once more without checking, so that it can be told what is wrong with it;
nothing else is ever said on that connection.
"""

import socket
import ssl
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from cryptography import x509

from authsms.identity.ldap.answers import OddAnswerError, message_size
from authsms.identity.ldap.connection import VerifiedTls
from authsms.identity.ldap.settings import LdapSettings, ServerAddress

# ExtendedRequest of RFC 4511 section 4.14.1 with message number 1.
_START_TLS: Final = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037"
_AGREED: Final = b"\x0a\x01\x00"
_EXTENDED_RESPONSE: Final = 0x78
_LONGEST_ANSWER: Final = 4096
_EXPIRED: Final = frozenset({9, 10})
_OTHER_NAME: Final = frozenset({62, 64})


class HandshakeProblem(StrEnum):
    """Why a handshake did not come about."""

    EXPIRED = "expired"
    OTHER_NAME = "other-name"
    UNTRUSTED = "untrusted"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """What a certificate says of itself."""

    names: tuple[str, ...]
    issuer: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Handshake:
    """How a handshake ended; without a problem the certificate was accepted."""

    problem: HandshakeProblem | None
    reason: str = ""
    version: str = ""
    certificate: CertificateFacts | None = None


def try_handshake(server: ServerAddress, settings: LdapSettings, tls: VerifiedTls) -> Handshake:
    """Return how a handshake with *server* ends, each wait bounded by the time-outs of *settings*.

    Raises:
        TimeoutError: The server does not answer in time.
    """
    try:
        with _greet(server, settings, tls.context) as connection:
            version = connection.version() or ""
            return Handshake(None, version=version, certificate=_certificate(connection))
    except ssl.SSLCertVerificationError as error:
        problem = HandshakeProblem.UNTRUSTED
        if error.verify_code in _EXPIRED:
            problem = HandshakeProblem.EXPIRED
        elif error.verify_code in _OTHER_NAME:
            problem = HandshakeProblem.OTHER_NAME
        return Handshake(problem, error.verify_message, certificate=_look(server, settings))
    except TimeoutError:
        raise
    except OddAnswerError as error:
        return Handshake(HandshakeProblem.FAILED, str(error))
    except OSError as error:
        return Handshake(HandshakeProblem.FAILED, error.strerror or str(error) or type(error).__name__)


def _look(server: ServerAddress, settings: LdapSettings) -> CertificateFacts | None:
    """Return what the certificate says although it was refused; None when the server does not show it again."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with _greet(server, settings, context) as connection:
            return _certificate(connection)
    except (OSError, OddAnswerError):
        return None


def _greet(server: ServerAddress, settings: LdapSettings, context: ssl.SSLContext) -> ssl.SSLSocket:
    plain = socket.create_connection((server.host, server.port), timeout=settings.connect_timeout_seconds)
    try:
        plain.settimeout(settings.receive_timeout_seconds)
        if not server.tls_at_once:
            _ask_for_tls(plain)
        return context.wrap_socket(plain, server_hostname=server.host)
    except BaseException:
        plain.close()
        raise


def _ask_for_tls(plain: socket.socket) -> None:
    plain.sendall(_START_TLS)
    answer = bytearray()
    while (size := message_size(answer)) is None or len(answer) < size:
        chunk = plain.recv(_LONGEST_ANSWER)
        answer += chunk
        if not chunk or len(answer) > _LONGEST_ANSWER:
            raise ConnectionResetError("the server did not answer the request to start TLS")
    if _EXTENDED_RESPONSE not in answer[:16] or _AGREED not in answer:
        raise ConnectionResetError("the server refused to start TLS")


def _certificate(connection: ssl.SSLSocket) -> CertificateFacts | None:
    der = connection.getpeercert(binary_form=True)
    if not der:
        return None
    try:
        certificate = x509.load_der_x509_certificate(der)
        return CertificateFacts(_names(certificate), certificate.issuer.rfc4514_string(), _expiry(certificate))
    except ValueError:
        return None


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return (certificate.subject.rfc4514_string(),)
    names = extension.get_values_for_type(x509.DNSName)
    return (*names, *map(str, extension.get_values_for_type(x509.IPAddress)))


def _expiry(certificate: x509.Certificate) -> datetime:
    return certificate.not_valid_after_utc
