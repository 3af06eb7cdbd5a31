"""Typed names have one spelling, and what only looks like a name is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authsms.foundation.errors import InvalidInputError
from authsms.identity.names import canonical_name, comparable, is_acceptable_password, plain_text


@pytest.mark.parametrize(
    "typed",
    ["alice", "ALICE", " alice ", "\talice\n", "ａｌｉｃｅ", "Alice\u00a0"],  # noqa: RUF001 - full-width letters
)
def test_spellings_of_one_name_compare_equal(typed):
    """A counter under the typed name would start anew with each spelling."""
    assert comparable(canonical_name(typed)) == "alice"


def test_composed_and_decomposed_letters_are_one_name():
    assert canonical_name("mu\u0308ller") == canonical_name("m\u00fcller")


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "alice\u200b",
        "al\u200dice",
        "\ufeffalice",
        "al\u00adice",
        "alice\u034f",
        "alice\ufe0f",
        "alice\U000e0101",
        "al\u3164ice",
        "\u202eecila",
        "alice\0",
        "al\nice",
        "al\ud800ice",
        "al\u2028ice",
        "a" * 257,
        "\ufdfa" * 200,
    ],
)
def test_a_name_with_something_invisible_is_refused(typed):
    """A directory ignores such characters when it compares; a person cannot see them."""
    with pytest.raises(InvalidInputError):
        canonical_name(typed)


@given(st.text(max_size=50))
def test_a_canonical_name_stays_as_it_is(typed):
    try:
        once = canonical_name(typed)
    except InvalidInputError:
        return

    assert once == canonical_name(once)


@pytest.mark.parametrize(
    "password",
    ["", " ", "\t\n", "\0", "right\0", "x" * 1025, "ü" * 513, "x" * 65536, "\ud800", None, [], ["x"], 7, b"x"],
)
def test_what_is_no_password_is_refused(password):
    """ATK-32: several of these would be an anonymous bind, which succeeds."""
    assert not is_acceptable_password(password)


@pytest.mark.parametrize("password", ["x", " x ", "ü" * 512, "x" * 1024, "🔑"])
def test_odd_passwords_are_passwords(password):
    assert is_acceptable_password(password)


def test_text_for_showing_is_one_line_without_tricks():
    assert plain_text("  Alice\r\n\x1b[31m \u202eÄlpler\0 ", 200) == "Alice [31m Älpler"


def test_text_for_showing_is_bounded():
    assert plain_text("ab " * 100_000, 10) == "ab ab ab a"
