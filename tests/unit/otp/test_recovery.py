"""The spelling of recovery codes."""

import pytest

from authsms.otp.recovery import CODE_BYTES, canonical_recovery_code, in_groups, spell_recovery_code

DRAWN = bytes(range(CODE_BYTES))
CODE = "000G40R40M30E209"


def test_eighty_bits_make_sixteen_letters_without_those_that_look_alike():
    """Paper, bad light, other people's handwriting."""
    spelled = {mark for first in range(256) for mark in spell_recovery_code(bytes([first]) * CODE_BYTES)}

    assert CODE == spell_recovery_code(DRAWN)
    assert set("0123456789ABCDEFGHJKMNPQRSTVWXYZ") == spelled


def test_it_is_printed_in_groups():
    """Four by four can be read and typed without losing the place."""
    assert in_groups(CODE) == "000G-40R4-0M30-E209"


@pytest.mark.parametrize(
    "typed",
    [
        "000G-40R4-0M30-E209",
        "000g40r40m30e209",
        "ooog 4or4 om3o e2o9 ",
        "\uff10\uff10\uff10G\u201340R4\u20140M30-E209",
    ],
    ids=["printed", "small", "letters for digits", "wide and dashed"],
)
def test_every_spelling_is_the_same_code(typed: str):
    """O for 0, spaces, dashes of all kinds, small letters."""
    assert canonical_recovery_code(typed) == CODE


def test_i_and_l_are_ones():
    """As in Crockford's rules."""
    assert canonical_recovery_code("IiLl" * 4) == "1" * 16


@pytest.mark.parametrize(
    "typed", ["", "000G", CODE + "0", "U" * 16, "000G-40R4-0M30-E20!", "0" * 65, 12, None, ["0"] * 16, "\u0000" * 16]
)
def test_anything_else_is_no_code(typed: object):
    """A slip is told from a wrong code, and costs nothing."""
    assert canonical_recovery_code(typed) is None


def test_too_few_bytes_make_no_code():
    """Sixty-four bits are the least."""
    with pytest.raises(ValueError, match="10 bytes"):
        spell_recovery_code(b"short")
