"""Phone numbers in every spelling directories hold."""

import pytest

from authsms.foundation.errors import InvalidInputError
from authsms.foundation.phone import country_of, mask, parse_phone


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0171 / 234 56 78", "+491712345678"),
        ("+49 (0)171 2345678", "+491712345678"),
        ("0049 171 2345678", "+491712345678"),
        ("+1 (202) 555-0103", "+12025550103"),
        ("tel:+12025550103", "+12025550103"),
    ],
)
def test_usual_spellings_are_read(text, expected):
    """Directories are filled by people."""
    assert expected == parse_phone(text, default_region="DE")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ask Bob",
        "+49 171 2345678 ext. 5",
        "+" + "1" * 16,
        "+49\n171",
        "0" * 65,
        "+1",
        "\0",
        "0171",
        "110",
        "+49171",
        "+491234",
    ],
)
def test_other_text_is_refused_and_not_repeated(text):
    """The message may be shown and logged."""
    with pytest.raises(InvalidInputError) as caught:
        parse_phone(text, default_region="DE")

    assert text not in str(caught.value) or not text


def test_the_mask_has_one_length_and_two_digits():
    """Its length must not tell the length of the number."""
    masks = {mask(parse_phone(text, default_region="DE")) for text in ("+12025550103", "+37122222203")}

    assert {"•••••••03"} == masks


def test_the_country_is_told():
    """Policies choose by country."""
    assert country_of(parse_phone("+12025550103", default_region="DE")) == "US"
