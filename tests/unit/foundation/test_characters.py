"""Texts that can be stored, and those that cannot."""

import pytest

from authsms.foundation.characters import check_writable, is_writable, writable
from authsms.foundation.errors import InvalidInputError


@pytest.mark.parametrize("text", ["", "a", "Zoë", "\U0001f600", "\ufffd", "\ufeffa", "\r\n\t\x1b"])
def test_what_can_be_stored_stays_as_it_is(text: str):
    """Marks that only look odd are somebody else's business."""
    assert is_writable(text)
    assert writable(text) == text


@pytest.mark.parametrize("text", ["\0", "a\0b", "\ud800", "a\udc00b", "\ude00\ud83d"])
def test_what_cannot_be_stored_is_replaced_where_it_must_be_taken(text: str):
    """Nothing else of it is lost."""
    assert not is_writable(text)
    assert is_writable(writable(text))
    assert len(writable(text)) == len(text)


@pytest.mark.parametrize(
    "given", ["\0", {"\0": "a"}, {"a": ["b", "\0"]}, [{"a": {"b": "\0"}}], {"a": None, "b": "\ud800"}]
)
def test_it_is_found_wherever_it_stands(given: object):
    """In names as well as in values."""
    with pytest.raises(InvalidInputError):
        check_writable(given)


def test_what_is_no_text_holds_none():
    """Numbers, moments, nothing."""
    check_writable({"a": [1, None, True, b"\0"], "b": {}})
