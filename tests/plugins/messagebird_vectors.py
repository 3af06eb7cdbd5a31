"""The signatures with which MessageBird tests its own clients.

From its clients for Python and PHP: ``webhook_signature_test_data.json`` and the tests of ``SignedRequest``.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from authsms.plugin_api import WebhookRequest

HEADER = "MessageBird-Signature-JWT"
VENDORS_KEY = "36efdd1aace2e26cd490f0d951138253bef2f7c6d34d18981da781555cc4cebb"
ISSUED = 1625479200
ROOT, PATH = "https://example.com/", "https://example.com/path?bar=1&foo=2"
PARAMETERS = f"{ROOT}?obj%5Bfield1%5D=val1&obj%5Bfield2%5D=val2&param=value+with+spaces"
ODD = r"Some text containg & < >, & and \u0026"


def hashed(text: str) -> str:
    """Return what a token claims of an address or a body."""
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Vector:
    """One of the signatures with which the vendor tests its clients; what it covers is spelled out."""

    signature: str
    jti: str = "59a244dc-e9ad-4e23-9778-371faa238f72"
    url_hash: str = hashed(ROOT)
    payload_hash: str = ""
    nbf: int = ISSUED
    alg: str = "HS256"

    def received(self, url: str = ROOT, body: str = "") -> WebhookRequest:
        """Return a request with this signature, at the moment of the vendor's tests."""
        claims: dict[str, str | int] = {"iss": "MessageBird", "nbf": self.nbf, "exp": self.nbf + 60, "jti": self.jti}
        claims |= {"url_hash": self.url_hash}
        claims |= {"payload_hash": self.payload_hash} if self.payload_hash else {}
        token = ".".join([encoded({"alg": self.alg, "typ": "JWT"}), encoded(claims), self.signature])
        moment = datetime.fromtimestamp(ISSUED, UTC)
        return WebhookRequest("GET", url, {HEADER: token}, body=body.encode(), received_at=moment)


def encoded(value: Mapping[str, object]) -> str:
    """Return a part of a token."""
    return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).rstrip(b"=").decode()


PLAIN = Vector("6Fp0rVOsRr1fj9S2GidXAfkmPVofKr8_RTffC6G6r2E")
HELLO = Vector(
    "_H--TOuYFLpeEH39-rg5E3IHVkjHozBcaKVWPRC5m9I",
    "93e55006-a0e8-4526-a190-fa5ff00ea116",
    hashed(PATH),
    hashed("Hello, World!"),
)
GOOD = [
    PLAIN.received(),
    Vector(
        "huo2ou6JDoDc7sV25d75UMWeYhBeavQlLsqIibSZuac", "c946af77-e182-4eaa-b2ff-1a545b5e991a", hashed(PATH)
    ).received(PATH),
    HELLO.received(PATH, "Hello, World!"),
    Vector("vcpa0IicGAbpo064dOjiA2VbVOR2S5uZBEaBOP16sS8", url_hash=hashed("https://example.com:8080/")).received(
        "https://example.com:8080/"
    ),
    Vector("mJBCMfEjKmN3IMuzqPXPHktWETrcu0iNdF3agE8PDyI", url_hash=hashed(PARAMETERS)).received(PARAMETERS),
    Vector("IQiKzeEPaO3A48lhKmBDSmxZyCESPCGxdSKFdi0dEJs", payload_hash=hashed(ODD)).received(ROOT, ODD),
    Vector("KNMW-29X77lZeuPmThmHWc_RUAvTkaDkpxIZK6mqE08v8mWKiU9Edh4QXwAJO2nv", alg="HS384").received(),
    Vector(
        "rd6r0iMyNGnVPCwurETphE3Y8rpAyvvnUK0S8WvGUkt2E1QSRAZ7NZJZBHw1Y_Wb5W-sK9HJr_PRL2vz4jRT3Q", alg="HS512"
    ).received(),
]
OTHER_PAYLOAD = "fb62f02acda7d74177a701a1ce006e6bacd90c7d4d7ab481692c1da47c81076b"
ALTERED = "14501532-96f2-4684-9832-68f0951ae342"
BAD = {
    "before it holds": Vector(
        "ZELgDFNGhjZH9CffQKcq3sytBe2I0KciLxpBhcfstHQ", "f9f8c382-2449-4311-b72b-1df71687931e", nbf=1625482800
    ).received(),
    "after it held": Vector(
        "45MSST3B_2PsjNUeiuW54_vUQgVw4rBXrdWrOUEz3lM", "5f02f522-6030-46c8-b5a3-01246478d8bc", nbf=1625475600
    ).received(),
    "parameters in another order": Vector(
        "z6Sw1XQIM0wuEQGBhXBdawDIIrtMg2XnmA_bpDq53pE",
        "a75c9096-e823-442b-85f2-7d3c9d9b726b",
        hashed("https://example.com/path?bar=2&foo=1"),
    ).received("https://example.com/path?foo=1&bar=2"),
    "another body": Vector("m79RCwO6dGa9pvzsQypkVuXQ6eM0CkRl6_U7MfWg6TM", ALTERED, payload_hash=OTHER_PAYLOAD).received(
        ROOT, "Hello, World!"
    ),
    "another key": Vector(
        "JgSeYyOtlEKAXk8bz30iJI4tXgf4lxknoiezawuVhb4", "243c27ae-2f02-46a0-8852-6c66f37ea9f6"
    ).received(),
    "body taken away": Vector(
        "bHfsjj3tljfzTufoG3EU3p_yFrQh9CufyzRSaRMd4ss", ALTERED, payload_hash=hashed("Hello, World!")
    ).received(),
    "body added": PLAIN.received(ROOT, "Hello, World!"),
    "no algorithm": Vector("", alg="none").received(),
}
OLD_KEY, OTHER_OLD_KEY = "PlLrKaqvZNRR5zAjm42ZT6q1SQxgbbGd", "Wb3N9gKeFf8ZoCzlOb5lJSic7bHLUcSu"
REPORTED = (
    ("recipient", "31612345678"),
    ("reference", "FOO"),
    ("statusDatetime", "2019-01-11T09:17:11+00:00"),
    ("id", "eef0ab57a9e049be946f3821568c2b2e"),
    ("status", "delivered"),
    ("mccmnc", "20408"),
    ("ported", "1"),
)
CURLED = (
    ("id", "57db52e04e2f4001b555f79813a0f503"),
    ("mccmnc", "20409"),
    ("ported", "0"),
    ("recipient", "31667788880"),
    ("reference", "curl"),
    ("status", "delivered"),
    ("statusDatetime", "2019-01-09T12:23:23+00:00"),
)
OLD_VECTORS = [
    (OLD_KEY, 1547198231, REPORTED, b"", "KVBdcVdz2lYMwcBLZCRITgxUfA/WkwSi+T3Wxl2HL6w="),
    (OLD_KEY, 1547198231, REPORTED, b'{"foo":"bar"}', "2bl+38H4oHVg03pC3bk2LvCB0IHFgfC4cL5HPQ0LdmI="),
    (OTHER_OLD_KEY, 1547036603, CURLED, b"", "5Jha9Yyhwgc1nTsgJ9WyzeHilsuUumydICdf4LuIZE8="),
]
