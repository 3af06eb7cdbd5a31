"""Addresses as strangers write them into directories."""

import pytest

from authsms.foundation.errors import InvalidInputError
from authsms.foundation.mail_address import read_address

HOSTILE = (
    "",
    "alice",
    "@example.org",
    "alice@",
    "alice@example.org\r\nBcc: eve@example.net",
    "alice@example.org\nRCPT TO:<eve@example.net>",
    "alice@example.org\n",
    "alice\r@example.org",
    "alice\0@example.org",
    "alice@example.org,eve@example.net",
    "alice@example.org;eve@example.net",
    "alice@example.org eve@example.net",
    "alice@eve@example.org",
    "Alice <alice@example.org>",
    "<alice@example.org>",
    '"alice"@example.org',
    '"a\\\r\nBcc: eve@example.net"@example.org',
    "alice(comment)@example.org",
    "group:alice@example.org;",
    "alice%example.net@relay.example.org",
    "example.net!alice@example.org",
    "@relay.example.org:alice@example.org",
    "|/bin/sh@example.org",
    "=?utf-8?q?eve=40example.net=2C?=@example.org",
    "alice@[192.0.2.1]",
    "alice@192.0.2.1",
    "alice@-example.org",
    "alice@example..org",
    "alice@example.org.",
    ".alice@example.org",
    "al..ice@example.org",
    "alic\u00e9@example.org",
    "alice\u202e@example.org",
    "alice\uff20example.org",
    "alice@exam\u2100ple.org",
    "alice@exam\u2028ple.org",
    f"{'a' * 65}@example.org",
    f"alice@{'a' * 64}.org",
    f"alice@{'a.' * 130}org",
)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("alice@example.org", "alice@example.org"),
        (" alice@example.org ", "alice@example.org"),
        ("al.ice+tag_1-x@mail.example.org", "al.ice+tag_1-x@mail.example.org"),
        ("o'neil@example.org", "o'neil@example.org"),
        ("alice@intranet", "alice@intranet"),
        ("alice@m\u00fcller.example", "alice@xn--mller-kva.example"),
    ],
)
def test_plain_addresses_are_read(written, read):
    """Domains with umlauts become what the DNS knows."""
    assert read == read_address(written)


@pytest.mark.parametrize("written", HOSTILE, ids=range(len(HOSTILE)))
def test_whatever_is_more_or_less_than_one_address_is_refused(written):
    """Line ends, further recipients, routes, encoded words and what programs might be called with."""
    with pytest.raises(InvalidInputError):
        read_address(written)
