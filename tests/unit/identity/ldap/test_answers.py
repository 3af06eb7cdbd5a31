"""Answers out of all proportion are not decoded at all."""

import time

import pytest

from authsms.identity.ldap.answers import Entry, OddAnswerError, check_shape, message_size


def wrap(tag, content):
    return bytes([tag, 0x84]) + len(content).to_bytes(4) + content


def test_a_usual_answer_passes():
    check_shape(bytes.fromhex("300c02010161070a010004000400"))


@pytest.mark.parametrize(
    "octets",
    [
        wrap(0x30, wrap(0x02, b"\1" * 1_000_000)),
        wrap(0x30, wrap(0x0A, b"\1" * 9)),
        wrap(0x30, b"\4\0" * 60_000),
        bytes.fromhex("3005020101"),
        bytes.fromhex("30030201"),
        bytes.fromhex("3080"),
        bytes.fromhex("30ff" + "01" * 20),
    ],
)
def test_numbers_counts_and_lengths_out_of_proportion_are_refused_at_once(octets):
    started = time.process_time()

    with pytest.raises(OddAnswerError):
        check_shape(octets)
    assert time.process_time() - started < 1


def test_a_thousand_levels_are_refused():
    octets = b""
    for _ in range(1000):
        octets = wrap(0x30, octets)

    with pytest.raises(OddAnswerError):
        check_shape(octets)


def test_the_size_is_known_as_soon_as_the_header_is_there():
    assert message_size(b"\x30") is None
    assert message_size(b"\x30\x05") == 7
    assert message_size(b"\x30\x82\x01") is None
    assert message_size(b"\x30\x82\x01\x00") == 260


def test_values_come_sorted_bounded_and_readable():
    """A directory keeps no order of values; "the first one" must not change from login to login."""
    entry = Entry("cn=x", {"mobile": (b"b", b"\xff\xfe", b"a", b"c" * 300)})

    assert entry.texts("Mobile") == ["a", "b"]
    assert entry.text("mobile") == "a"
    assert entry.text("nothing") == ""


def test_a_million_values_are_cut():
    entry = Entry("cn=x", {"mobile": tuple(b"%d" % number for number in range(1_000_000))})

    assert len(entry.texts("mobile")) == 20
