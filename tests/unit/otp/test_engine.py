"""The rules of one-time codes."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from authsms.otp.engine import (
    FIRST_HOLD,
    LONGEST_HOLD,
    Algorithm,
    HoldLadder,
    Recipe,
    SendWindow,
    accept_hotp,
    accept_hotp_pair,
    accept_totp,
    canonical_code,
    encode_seed,
    provisioning_uri,
)

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
WINDOW = SendWindow(timedelta(seconds=30), per_ten_minutes=3, per_day=10)
SEED = encode_seed(b"12345678901234567890")


@pytest.mark.parametrize(
    "typed",
    [
        "123456",
        " 123456 ",
        "123 456",
        "123-456",
        "123\u2013456",
        "123\u202f456",
        "\uff11\uff12\uff13\uff14\uff15\uff16",
        "١٢٣٤٥٦",
        "\t12 34\u00a056\n",
    ],
)
def test_every_spelling_of_a_code_is_one_code(typed):
    """ATK-07: a limiter keyed on the typed text is beaten by a space."""
    assert "123456" == canonical_code(typed, 6)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "12345",
        "1234567",
        "123456\0",
        "+123456",
        "1.23456e5",
        "12345a",
        "①②③④⑤⑥x",
        "²³456789",
        "Ⅷ23456",
        "123456" + " " * 100,
        "1" * 10_000,
        123456,
        ["123456"],
        {"code": "123456"},
        None,
        b"123456",
        True,
    ],
)
def test_anything_else_is_no_code(typed):
    """What cannot be a code is never compared and never charged."""
    assert canonical_code(typed, 6) is None


@given(st.text(max_size=80))
def test_a_canonical_code_has_ascii_digits_only(typed):
    """Whatever comes in, only digits of the right number come out."""
    code = canonical_code(typed, 6)

    assert code is None or (len(code) == 6 and code.isascii() and code.isdigit())


def test_the_hold_begins_late_doubles_and_is_bounded():
    """N-07: 30 seconds, doubling, up to an hour."""
    ladder = HoldLadder(hold_after=5, cap=20)

    assert [timedelta(0)] * 4 == [ladder.hold(failures) for failures in range(1, 5)]
    assert [FIRST_HOLD, FIRST_HOLD * 2, FIRST_HOLD * 4] == [ladder.hold(failures) for failures in (5, 6, 7)]
    assert LONGEST_HOLD == ladder.hold(12) == ladder.hold(99)


def test_the_cap_disables():
    """N-05: then it needs re-binding."""
    ladder = HoldLadder(hold_after=5, cap=20)

    assert [False, True, True] == [ladder.disables(failures) for failures in (19, 20, 21)]


@pytest.mark.parametrize(("hold_after", "cap"), [(5, 101), (0, 20), (5, 0)])
def test_a_ladder_beyond_the_standard_is_refused(hold_after, cap):
    """NIST SP 800-63B-4, 3.2.2: never more than 100."""
    with pytest.raises(ValueError, match="at most 100"):
        HoldLadder(hold_after, cap)


def test_the_first_text_may_go_at_once():
    """Nobody has been texted yet."""
    assert NOW == WINDOW.next_at([], NOW)


def test_the_pause_doubles():
    """ATK-12: 30 seconds after the first, 60 after the second."""
    first = NOW - timedelta(seconds=40)

    assert NOW + timedelta(seconds=30) == WINDOW.next_at([NOW], NOW)
    assert NOW + timedelta(seconds=60) == WINDOW.next_at([first, NOW], NOW)


def test_a_window_is_exact():
    """At most three in any ten minutes, however they are spread."""
    sent = [NOW - timedelta(minutes=9), NOW - timedelta(minutes=8), NOW - timedelta(minutes=5)]

    assert NOW + timedelta(minutes=1) == WINDOW.next_at(sent, NOW)


def test_the_day_is_counted_too():
    """At most ten in any 24 hours."""
    sent = [NOW - timedelta(hours=23) + timedelta(minutes=20 * step) for step in range(10)]

    assert NOW + timedelta(hours=1) == WINDOW.next_at(sent, NOW)


@given(st.lists(st.integers(min_value=0, max_value=7200), max_size=200))
def test_no_sequence_of_wishes_beats_the_windows(pauses):
    """Whoever asks whenever: the windows hold."""
    now = NOW
    sent: list[datetime] = []
    for pause in pauses:
        now += timedelta(seconds=pause)
        if WINDOW.next_at(WINDOW.kept(sent, now), now) <= now:
            sent.append(now)

    for moment in sent:
        assert sum(moment <= other < moment + timedelta(minutes=10) for other in sent) <= 3
        assert sum(moment <= other < moment + timedelta(days=1) for other in sent) <= 10


def test_a_seed_has_128_bits_at_least():
    """RFC 4226 section 4."""
    with pytest.raises(ValueError, match="16 bytes"):
        encode_seed(b"x" * 15)


def test_totp_follows_the_standard():
    """RFC 6238 appendix B, SHA-1, 8 digits, 1111111109 seconds: 07081804."""
    moment = datetime.fromtimestamp(1111111109, UTC)

    assert 1111111109 // 30 == accept_totp(SEED, "07081804", now=moment, last_step=-1)


@pytest.mark.parametrize(
    ("algorithm", "code"), [(Algorithm.SHA256, "68084774"), (Algorithm.SHA512, "25091201")], ids=["sha256", "sha512"]
)
def test_totp_follows_the_standard_with_other_hash_functions(algorithm: Algorithm, code: str):
    """RFC 6238 appendix B, 8 digits, 1111111109 seconds; its seeds are as long as what the functions yield."""
    size = algorithm.seed_bytes
    seed = encode_seed((b"1234567890" * 7)[:size])
    moment = datetime.fromtimestamp(1111111109, UTC)

    assert 1111111109 // 30 == accept_totp(seed, code, now=moment, last_step=-1, algorithm=algorithm)
    assert accept_totp(seed, code, now=moment, last_step=-1) is None


def test_the_address_for_apps_says_what_is_not_common():
    """And leaves out what is, for apps that know nothing else."""
    address = partial(provisioning_uri, SEED, account="alice", issuer="here")
    common, strong = address(), address(recipe=Recipe(8, Algorithm.SHA256))
    counting = address(recipe=Recipe(8), counter=0)

    assert f"otpauth://totp/here:alice?secret={SEED}&issuer=here" == common
    assert f"{common}&algorithm=SHA256&digits=8" == strong
    assert f"otpauth://hotp/here:alice?secret={SEED}&issuer=here&counter=0&digits=8" == counting


def test_a_totp_code_is_good_once():
    """RFC 6238 section 5.2: strictly greater, not merely different."""
    code = pyotp.TOTP(SEED).at(NOW)
    step = accept_totp(SEED, code, now=NOW, last_step=-1)
    earlier = pyotp.TOTP(SEED).at(NOW - timedelta(seconds=30))

    assert step is not None
    assert accept_totp(SEED, code, now=NOW, last_step=step) is None
    assert accept_totp(SEED, earlier, now=NOW, last_step=step) is None


def test_totp_forgives_one_step_of_drift_only():
    """R-06."""
    near = pyotp.TOTP(SEED).at(NOW + timedelta(seconds=30))
    far = pyotp.TOTP(SEED).at(NOW + timedelta(seconds=90))

    assert accept_totp(SEED, near, now=NOW, last_step=-1) is not None
    assert accept_totp(SEED, far, now=NOW, last_step=-1) is None


def test_hotp_follows_the_standard():
    """RFC 4226 appendix D."""
    values = ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"]

    assert list(range(1, 11)) == [accept_hotp(SEED, code, counter=at) for at, code in enumerate(values)]


def test_hotp_looks_ahead_but_never_back():
    """R-04: a bounded window; a lower counter is never accepted again."""
    hotp = pyotp.HOTP(SEED)

    assert 11 == accept_hotp(SEED, hotp.at(10), counter=0)
    assert accept_hotp(SEED, hotp.at(11), counter=0) is None
    assert accept_hotp(SEED, hotp.at(4), counter=5) is None


def test_two_codes_in_a_row_are_found_far_ahead():
    """R-04: bounded as well; neither backwards, nor with one missing between them."""
    hotp = pyotp.HOTP(SEED)

    assert 901 == accept_hotp_pair(SEED, hotp.at(900), hotp.at(901), counter=5)
    assert 1 == accept_hotp_pair(SEED, hotp.at(0), hotp.at(1), counter=0)
    assert accept_hotp_pair(SEED, hotp.at(900), hotp.at(902), counter=5) is None
    assert accept_hotp_pair(SEED, hotp.at(4), hotp.at(5), counter=5) is None
    assert accept_hotp_pair(SEED, hotp.at(1100), hotp.at(1101), counter=5) is None
