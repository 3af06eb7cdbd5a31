"""Requests that cannot be broken out of, and answers that can be asked anything."""

import json
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authsms.foundation.errors import InvalidInputError
from authsms.senders.exchange import ProviderAnswer, ProviderRequest, merge_query

URL = "https://gateway.example/send"
ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]))


@given(ANY_TEXT, ANY_TEXT)
def test_no_value_breaks_out_of_its_place(phone, text):
    """Exactly the pairs that were put in come out, in a form, a query and JSON."""
    pairs = (("to", phone), ("text", text))

    assert list(pairs) == parse_qsl((ProviderRequest.form(URL, pairs).body or b"").decode(), keep_blank_values=True)
    assert list(pairs) == parse_qsl(urlsplit(ProviderRequest.get(URL, pairs).url).query, keep_blank_values=True)
    assert {"to": phone, "text": text} == json.loads(ProviderRequest.json(URL, dict(pairs)).body or b"")


def test_nothing_secret_is_in_a_representation():
    """It ends up in tracebacks."""
    request = ProviderRequest.form(
        f"{URL}?key=secret", (("a", "secret"),), headers=(("X-Key", "secret"),), basic=("u", "secret")
    )

    assert "secret" not in f"{request!r}{request}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-A", "1\r\nX-B: 2"),
        ("X-A", "1\n2"),
        ("X-A", "1\0"),
        ("X-A\r\nX-B", "1"),
        ("X A", "1"),
        ("", "1"),
        ("X-Ä", "1"),
        ("X-A", "€"),
        ("host", "internal"),
        ("Content-Length", "0"),
        ("Transfer-Encoding", "chunked"),
    ],
)
def test_a_header_cannot_carry_another_one(name, value):
    """Nor change where the request ends."""
    with pytest.raises(InvalidInputError):
        ProviderRequest.get(URL, headers=((name, value),))


def test_a_query_is_merged():
    """A pair replaces those of its name; blank ones stay."""
    merged = merge_query(f"{URL}?a=1&b=&a=2&c=%20x#f", (("a", "3"), ("d", "&=")))

    assert [("b", ""), ("c", " x"), ("a", "3"), ("d", "&=")] == parse_qsl(
        urlsplit(merged).query, keep_blank_values=True
    )


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (("a",), "1"),
        (("b", 0, "c"), "x"),
        (("b", -1, "c"), "x"),
        (("t",), "true"),
        (("f",), "2.5"),
        (("n",), None),
        (("b",), None),
        (("b", 1), None),
        (("b", "0"), None),
        (("missing", "deeper"), None),
        ((0,), None),
    ],
)
def test_a_value_is_found_or_not(path, found):
    """Never an exception."""
    body = b'{"a": 1, "b": [{"c": "x"}], "t": true, "f": 2.5, "n": null}'

    assert found == ProviderAnswer(200, {}, body).find(*path)


@given(st.binary(max_size=200))
def test_any_body_can_be_asked(body):
    """A hostile answer is an answer."""
    answer = ProviderAnswer(200, {}, body)

    assert answer.find("a", 0) is None or isinstance(answer.find("a", 0), str)
    assert isinstance(answer.text(), str)


@pytest.mark.parametrize(
    ("header", "date", "wait"),
    [
        ("5", "", timedelta(seconds=5)),
        (" 0 ", "", timedelta(0)),
        ("3600", "", timedelta(hours=1)),
        ("99999", "", timedelta(hours=1)),
        ("9" * 5000, "", timedelta(hours=1)),
        ("Fri, 31 Dec 1999 23:59:59 GMT", "Fri, 31 Dec 1999 23:59:49 GMT", timedelta(seconds=10)),
        ("Fri, 31 Dec 1999 23:59:59 GMT", "Fri, 31 Dec 2010 23:59:49 GMT", timedelta(0)),
        ("Fri, 31 Dec 1999 23:59:59 GMT", "", None),
        ("", "", None),
        ("-1", "", None),
        ("1.5", "", None),
        ("²", "", None),
        ("soon", "soon", None),
    ],
)
def test_the_wait_is_read_and_bounded(header, date, wait):
    """RFC 9110 section 10.2.3: seconds, or a moment by the provider's own clock."""
    assert wait == ProviderAnswer(429, {"retry-after": header, "date": date}, b"").retry_after
