"""Signatures of webhooks, as the providers describe them."""

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
