"""Pieces of webhook signatures that several providers share."""

import base64
import hmac
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import SplitResult, urlsplit, urlunsplit

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA224, SHA256, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.serialization import load_der_public_key

_HTTPS_PORT, _HTTP_PORT = 443, 80
_SMALLEST_RSA_KEY: Final = 1024
_DIGESTS: Final[Mapping[str, type[HashAlgorithm]]] = {"sha224": SHA224, "sha256": SHA256, "sha512": SHA512}


def is_same(given: str, expected: str) -> bool:
    """Return whether two secrets are equal, in a time that does not tell how far they are."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode("utf-8", "replace"))


def with_and_without_port(url: str) -> tuple[str, str]:
    """Return *url* without its port, and with its own or the scheme's usual one; both without a fragment.

    Providers of the Twilio family sign either form.
    """
    parts = urlsplit(url)
    host = parts.netloc.removesuffix(f":{parts.port}")
    port = parts.port or (_HTTPS_PORT if parts.scheme == "https" else _HTTP_PORT)
    return _at(parts, host), _at(parts, f"{host}:{port}")


def _at(parts: SplitResult, netloc: str) -> str:
    return urlunsplit(parts._replace(netloc=netloc, fragment=""))


class RsaKey:
    """A public key that a provider signs with (RFC 8017, PKCS #1 v1.5).

    Args:
        encoded: SubjectPublicKeyInfo in DER and base64, or PEM.

    Raises:
        ValueError: It is no RSA key, or one of less than 1024 bits.
    """

    def __init__(self, encoded: str) -> None:
        text = re.sub(r"-----[A-Z ]+-----|\s", "", encoded)
        try:
            key = load_der_public_key(base64.b64decode(text, validate=True))
        except UnsupportedAlgorithm as error:
            raise ValueError("no key that is known") from error
        if not isinstance(key, RSAPublicKey) or key.key_size < _SMALLEST_RSA_KEY:
            raise ValueError("no RSA key of at least 1024 bits")
        self._key = key

    def has_signed(self, data: bytes, signature: bytes, digest: str) -> bool:
        """Return whether *signature* is this key's over *data*; *digest* is ``sha224``, ``sha256`` or ``sha512``."""
        if digest not in _DIGESTS:
            return False
        try:
            self._key.verify(signature, data, PKCS1v15(), _DIGESTS[digest]())
        except InvalidSignature:
            return False
        return True
