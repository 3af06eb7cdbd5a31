"""Signatures of receipts, checked against the vectors that the vendors publish in their SDKs' tests."""

from urllib.parse import urlencode

import pytest

from authsms.simulator.providers.signatures import sign_digest, sign_form
from tests.plugins.messagebird_vectors import OLD_VECTORS

CALL = [
    ("CallSid", "CA1234567890ABCDE"),
    ("Digits", "1234"),
    ("From", "+14158675309"),
    ("To", "+18005551212"),
    ("Caller", "+14158675309"),
]


@pytest.mark.parametrize(
    ("url", "pairs", "signature"),
    [
        ("https://mycompany.com/myapp.php?foo=1&bar=2", CALL, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        ("http://mycompany.com:1234/myapp.php?foo=1&bar=2", CALL, "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
        (
            "https://mycompany.com/myapp.php?foo=1&bar=2",
            [("Sid", "CA123"), ("SidAccount", "AC123"), *(("Digits", word) for word in ("5678", "1234", "1234"))],
            "IK+Dwps556ElfBT0I3Rgjkr1wJU=",
        ),
    ],
)
def test_twilios_own_vectors_match(url, pairs, signature):
    """Names in order, distinct values in order, the port as it was called."""
    assert signature == sign_form("12345", url, pairs)


@pytest.mark.parametrize(("key", "moment", "query", "body", "signature"), OLD_VECTORS)
def test_messagebirds_older_vectors_match(key, moment, query, body, signature):
    """Names in order, whatever order they came in."""
    assert signature == sign_digest(key, str(moment), urlencode(query), body)
    assert signature == sign_digest(key, str(moment), urlencode(query[::-1]), body)
