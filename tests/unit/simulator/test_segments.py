"""Counting the parts of a text."""

import pytest

from authsms.simulator.segments import alphabet, count_parts


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("ж" * 70, 1),
        ("ж" * 71, 2),
        ("🙂" * 35, 1),
        ("🙂" * 36, 2),
        ("🙂" * 66, 2),
        ("🙂" * 67, 3),
    ],
)
def test_parts_are_counted_in_units_of_the_alphabet(text, parts):
    """3GPP TS 23.038: 160 septets or 70 units alone, 153 or 67 in a row, and no character is cut in two."""
    assert parts == count_parts(text)


def test_an_escape_pair_is_not_cut():
    """152 plain septets leave one free; the pair must move to the next part as a whole."""
    assert count_parts("a" * 152 + "€" + "a" * 151) == 2
    assert count_parts("a" * 152 + "€" + "a" * 152) == 3


@pytest.mark.parametrize(("text", "name"), [("Grüße {1} €", "GSM-7"), ("ç", "UCS-2"), ("`", "UCS-2"), ("“a”", "UCS-2")])
def test_the_alphabet_follows_from_the_characters(text, name):
    """Capital Ç is in the default alphabet, ç is not."""
    assert name == alphabet(text)
