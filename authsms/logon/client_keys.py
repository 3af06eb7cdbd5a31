"""The public keys with which an endpoint signs its requests, as an administrator pastes them (RFC 7517).

Only what can serve is taken: EC keys on P-256 and RSA keys of 2048 to 8192 bits. Secret keys are refused, not cut down
to their public part: whoever pastes one should know that it is out of his hands now.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any, Final

from authsms.foundation.errors import InvalidInputError, gettext_noop

_LONGEST: Final = 20_000
_MOST_KEYS: Final = 10
_LONGEST_ID: Final = 200
_P256_BYTES: Final = 32
_RSA_BYTES: Final = range(256, 1025)
_EXPONENT_BYTES: Final = range(1, 5)
_SECRET_MEMBERS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_NO_SET: Final = gettext_noop(
    "This is no JWK set with one to ten public keys (EC on P-256, or RSA of at least 2048 bits)."
)


def read_client_keys(text: str) -> str:
    """Return the key set in *text* in its shortest form; nothing stays nothing.

    Raises:
        InvalidInputError: It is not a set of usable public keys.
    """
    text = text.strip()
    if not text:
        return ""
    try:
        document = json.loads(text) if len(text) <= _LONGEST else None
    except (ValueError, RecursionError):
        document = None
    keys = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(keys, list) or not 0 < len(keys) <= _MOST_KEYS:
        raise InvalidInputError(_NO_SET, field="request_keys")
    read = [_key(key) for key in keys]
    names = [key.get("kid", "") for key in read]
    if len(set(names)) != len(names):
        raise InvalidInputError("Each of several keys needs a kid of its own.", field="request_keys")
    return json.dumps({"keys": read}, separators=(",", ":"), sort_keys=True)


def _key(key: Any) -> dict[str, str]:
    if not isinstance(key, dict):
        raise InvalidInputError(_NO_SET, field="request_keys")
    if _SECRET_MEMBERS & set(key):
        raise InvalidInputError(
            "One of these keys is a private or secret one. Make a new pair, and paste the public part only.",
            field="request_keys",
        )
    if not _fits(key) or key.get("use", "sig") != "sig":
        raise InvalidInputError(_NO_SET, field="request_keys")
    kept = ("kty", "crv", "x", "y") if key["kty"] == "EC" else ("kty", "n", "e")
    name = key.get("kid")
    found = {member: str(key[member]) for member in kept}
    return found | ({"kid": name[:_LONGEST_ID]} if isinstance(name, str) and name else {})


def _fits(key: Mapping[str, Any]) -> bool:
    if key.get("kty") == "EC":
        return key.get("crv") == "P-256" and all(_size(key.get(one)) == _P256_BYTES for one in ("x", "y"))
    return key.get("kty") == "RSA" and _size(key.get("n")) in _RSA_BYTES and _size(key.get("e")) in _EXPONENT_BYTES


def _size(value: Any) -> int:
    """Return how many bytes a base64url value stands for; 0 when it is none."""
    if not isinstance(value, str) or not value.isascii():
        return 0
    try:
        return len(base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        return 0
