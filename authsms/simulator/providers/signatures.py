"""How webhooks prove where they come from, as the providers describe it."""

import base64
import hashlib
import hmac
import json
import uuid
from collections.abc import Iterable
from operator import itemgetter
from urllib.parse import parse_qsl, urlencode


def sign_form(key: str, url: str, pairs: Iterable[tuple[str, str]]) -> str:
    """Return Twilio's signature of a form post: names in order, each with its distinct values in order.

    *url* is the one that is requested, without its fragment.
    """
    text = url + "".join(name + value for name, value in sorted(set(pairs)))
    return base64.b64encode(hmac.digest(key.encode(), text.encode(), hashlib.sha1)).decode()


def sign_fields(key: str, url: str, pairs: Iterable[tuple[str, str]]) -> str:
    """Return SignalWire's signature of a form post: names in order, each with all its values as they came."""
    text = url + "".join(name + value for name, value in sorted(pairs, key=itemgetter(0)))
    return base64.b64encode(hmac.digest(key.encode(), text.encode(), hashlib.sha1)).decode()


def basic_header(user: str, password: str) -> str:
    """Return the header of HTTP Basic authentication, or an empty text without a user."""
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}" if user else ""


def sign_token(key: str, moment: int, url: str, body: bytes) -> str:
    """Return MessageBird's signature: a JWT of one minute that claims the hashes of address and body."""
    claims: dict[str, str | int] = {"iss": "MessageBird", "nbf": moment, "exp": moment + 60, "jti": str(uuid.uuid4())}
    claims["url_hash"] = hashlib.sha256(url.encode()).hexdigest()
    if body:
        claims["payload_hash"] = hashlib.sha256(body).hexdigest()
    parts = [json.dumps(part, separators=(",", ":")).encode() for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
    signed = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    signature = base64.urlsafe_b64encode(hmac.digest(key.encode(), signed, hashlib.sha256)).rstrip(b"=")
    return f"{signed.decode()}.{signature.decode()}"


def sign_digest(key: str, moment: str, query: str, body: bytes) -> str:
    """Return MessageBird's older signature of moment, query in order of its names, and hash of the body."""
    pairs = urlencode(sorted(parse_qsl(query, keep_blank_values=True), key=itemgetter(0)))
    text = f"{moment}\n{pairs}\n".encode() + hashlib.sha256(body).digest()
    return base64.b64encode(hmac.digest(key.encode(), text, hashlib.sha256)).decode()
