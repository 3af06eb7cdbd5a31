"""How webhooks prove where they come from, as the providers describe it."""

import base64
import hashlib
import hmac
from collections.abc import Iterable


def sign_form(key: str, url: str, pairs: Iterable[tuple[str, str]]) -> str:
    """Return Twilio's signature of a form post: names in order, each with its distinct values in order.

    *url* is the one that is requested, without its fragment.
    """
    text = url + "".join(name + value for name, value in sorted(set(pairs)))
    return base64.b64encode(hmac.digest(key.encode(), text.encode(), hashlib.sha1)).decode()


def basic_header(user: str, password: str) -> str:
    """Return the header of HTTP Basic authentication, or an empty text without a user."""
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}" if user else ""
