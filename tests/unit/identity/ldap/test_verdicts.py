"""The answer to a bind is read as each directory means it."""

import pytest

from authsms.identity.ldap.answers import LdapAnswer
from authsms.identity.ldap.verdicts import POLICY_CONTROL, read_verdict
from authsms.identity.repository import PasswordVerdict as Verdict


def active_directory(sub_code):
    message = f"80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data {sub_code}, v1db1"
    return read_verdict(LdapAnswer(49, message))


@pytest.mark.parametrize(
    ("sub_code", "verdict"),
    [
        ("52e", Verdict.WRONG),
        ("525", Verdict.WRONG),
        ("530", Verdict.OUTSIDE_HOURS),
        ("531", Verdict.WRONG_WORKSTATION),
        ("532", Verdict.PASSWORD_EXPIRED),
        ("533", Verdict.DISABLED),
        ("701", Verdict.ACCOUNT_EXPIRED),
        ("773", Verdict.MUST_CHANGE),
        ("775", Verdict.LOCKED),
        ("999", Verdict.WRONG),
    ],
)
def test_sub_codes_of_active_directory_are_told_apart(sub_code, verdict):
    assert active_directory(sub_code) is verdict


@pytest.mark.parametrize(
    ("code", "control", "verdict"),
    [
        (0, "3000", Verdict.RIGHT),
        (0, "3003810102", Verdict.MUST_CHANGE),
        (0, "3005a003800178", Verdict.RIGHT),
        (49, "3003810101", Verdict.LOCKED),
        (49, "3003810100", Verdict.PASSWORD_EXPIRED),
        (49, "3008a003810102810100", Verdict.PASSWORD_EXPIRED),
        (49, "", Verdict.WRONG),
        (49, "3000", Verdict.WRONG),
    ],
)
def test_the_password_policy_control_is_read(code, control, verdict):
    answer = LdapAnswer(code, controls={POLICY_CONTROL: bytes.fromhex(control)})

    assert read_verdict(answer) is verdict


@pytest.mark.parametrize(
    "control", ["30", "3003", "30ff81", "3003810", "30038101", "30048101020000", "3080" + "00" * 4000, "a1" * 30]
)
def test_a_malformed_control_changes_nothing(control):
    """A broken one brought another product down (CVE-2026-9801); here the result code decides alone."""
    octets = bytes.fromhex(control[: len(control) // 2 * 2])

    assert read_verdict(LdapAnswer(49, controls={POLICY_CONTROL: octets})) is Verdict.WRONG


@pytest.mark.parametrize("code", [1, 3, 8, 10, 13, 50, 51, 53, 80, 19, 123])
def test_a_server_that_did_not_judge_says_nothing_about_the_password(code):
    """Neither right nor wrong: the caller shows "temporarily unavailable" and counts no failure."""
    assert read_verdict(LdapAnswer(code, "no idea")) is None


def test_words_of_389_directory_server_are_understood():
    assert read_verdict(LdapAnswer(19, "Exceed password retry limit. Please try later.")) is Verdict.LOCKED
    assert read_verdict(LdapAnswer(53, "Account inactivated. Contact system administrator.")) is Verdict.DISABLED
