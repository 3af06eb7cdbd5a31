"""What certificate a server shows; for telling when it ends, never for trusting it."""

import socket
import ssl
from datetime import datetime

from cryptography import x509


def certificate_end(host: str, port: int, *, seconds: float) -> datetime | None:
    """Return when the certificate of a TLS server ends, or None when it cannot be seen from here within *seconds*."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with (
            socket.create_connection((host, port), timeout=seconds) as plain,
            context.wrap_socket(plain, server_hostname=host) as connection,
        ):
            der = connection.getpeercert(binary_form=True)
        return x509.load_der_x509_certificate(der).not_valid_after_utc if der else None
    except (OSError, ValueError):
        return None
