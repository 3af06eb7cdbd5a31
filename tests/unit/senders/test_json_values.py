"""Looking into JSON that somebody else wrote."""

import pytest

from authsms.senders.exchange import JsonValue, text_at, value_at
from authsms.senders.webhook import WebhookRequest

VALUE: JsonValue = {"a": [{"b": "x", "n": 5, "t": True, "f": 1.5, "none": None}], "1": "key"}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("a", 0, "b"), "x"),
        (("a", -1, "n"), "5"),
        (("a", 0, "t"), "true"),
        (("a", 0, "f"), "1.5"),
        (("a", 0, "none"), None),
        (("a", 0), None),
        (("a", 1, "b"), None),
        (("a", "0", "b"), None),
        ((1,), None),
        (("a", 0, "b", 0), None),
        ((), None),
    ],
)
def test_what_is_not_there_is_none(path, text):
    """Whatever the shape, nothing breaks."""
    assert text == text_at(VALUE, *path)


def test_parts_can_be_taken_out():
    """A list of reports is walked through."""
    assert ["x"] == [text_at(each, "b") for each in value_at(VALUE, "a")]  # type: ignore[union-attr]
    assert value_at(VALUE, "b") is None


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b"\xff", b"nonsense"])
def test_a_callback_that_is_no_json_is_none(body):
    """Also one that is nested too deeply to be read."""
    assert WebhookRequest("POST", "https://login.example/", body=body).json_value() is None
