"""Requests as they are written, and where they go."""

import pytest

from authsms.senders.connections import Place
from authsms.senders.exchange import ProviderRequest
from authsms.senders.wire import locate, written

_PLACE = Place("https", "gateway.example", 443)


@pytest.mark.parametrize(
    ("url", "place", "target"),
    [
        ("https://gateway.example", _PLACE, "/"),
        ("HTTPS://Gateway.Example.:443/send?to=1#top", _PLACE, "/send?to=1"),
        ("http://[::1]:8080/x", Place("http", "::1", 8080), "/x"),
        ("http://bücher.example/ü ä", Place("http", "xn--bcher-kva.example", 80), "/%C3%BC%20%C3%A4"),
        ("http://gateway.example/a\r\nX-Other: 1", Place("http", "gateway.example", 80), "/a%0D%0AX-Other:%201"),
    ],
)
def test_an_address_says_where_a_request_goes(url, place, target):
    """Name and port are what is judged and called; nothing in an address can end the first line."""
    assert (place, target) == locate(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "//gateway.example/",
        "ftp://gateway.example/",
        "https:///send",
        "https://user@gateway.example/",
        "https://gate\r\nway.example/",
        "https://gate way.example/",
        "https://gateway.example:99999/",
    ],
)
def test_what_is_no_address_of_the_web_is_refused(url):
    """Also when only a part of it is wrong: no second opinion is asked about what was meant."""
    with pytest.raises(ValueError):  # noqa: PT011 - the words are urllib3's
        locate(url)


def test_a_request_is_written_with_its_length_and_each_header_once():
    """A header that a provider file sets takes the place of ours."""
    request = ProviderRequest.raw("", b"<x/>", "text/xml", headers=(("accept", "text/xml"),), basic=("user", "word"))

    head, _, body = written(request, Place("http", "::1", 8080), "/send").partition(b"\r\n\r\n")

    assert b"<x/>" == body
    assert [
        b"POST /send HTTP/1.1",
        b"Host: [::1]:8080",
        b"User-Agent: authsms",
        b"accept: text/xml",
        b"Accept-Encoding: identity",
        b"Content-Type: text/xml",
        b"Authorization: Basic dXNlcjp3b3Jk",
        b"Content-Length: 4",
    ] == head.split(b"\r\n")


def test_a_question_has_no_body():
    """Gateways take a length of nothing for a mistake."""
    wire = written(ProviderRequest.get(""), _PLACE, "/balance")

    assert wire.startswith(b"GET /balance HTTP/1.1\r\nHost: gateway.example\r\n")
    assert b"Content-Length" not in wire
