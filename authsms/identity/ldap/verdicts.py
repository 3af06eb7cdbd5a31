"""What the answer to a bind says about a password.

Active Directory hides the reason in the diagnostic message (``AcceptSecurityContext error, data 532``) and tells it
only when the password was right, ``775`` excepted. OpenLDAP tells it in the answer of the password policy control
(draft-behera-ldap-password-policy-10), and only to who has sent the request control; "must change" even comes with
success.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from authsms.identity.ldap.answers import LdapAnswer
from authsms.identity.repository import PasswordVerdict

POLICY_CONTROL = "1.3.6.1.4.1.42.2.27.8.5.1"

_SUCCESS = 0
_CONSTRAINT_VIOLATION = 19
_NO_SUCH_OBJECT = 32
_INVALID_DN = 34
_INAPPROPRIATE = 48
_INVALID_CREDENTIALS = 49
_UNWILLING = 53
_LONGEST_CONTROL = 64
_POLICY_ERROR_TAG = 0x81
_POLICY_WARNING_TAG = 0xA0
_SEQUENCE_TAG = 0x30

_SUB_CODE = re.compile(r"\bdata ([0-9a-f]{3,8})\b")
_SUB_CODES: Mapping[str, PasswordVerdict] = MappingProxyType(
    {
        "525": PasswordVerdict.WRONG,
        "52e": PasswordVerdict.WRONG,
        "530": PasswordVerdict.OUTSIDE_HOURS,
        "531": PasswordVerdict.WRONG_WORKSTATION,
        "532": PasswordVerdict.PASSWORD_EXPIRED,
        "533": PasswordVerdict.DISABLED,
        "701": PasswordVerdict.ACCOUNT_EXPIRED,
        "773": PasswordVerdict.MUST_CHANGE,
        "775": PasswordVerdict.LOCKED,
    }
)
_POLICY_ERRORS: Mapping[int, PasswordVerdict] = MappingProxyType(
    {0: PasswordVerdict.PASSWORD_EXPIRED, 1: PasswordVerdict.LOCKED, 2: PasswordVerdict.MUST_CHANGE}
)


def read_verdict(answer: LdapAnswer) -> PasswordVerdict | None:
    """Return what *answer* says about the password, or None when the server did not judge it."""
    policy = _POLICY_ERRORS.get(policy_error(answer))
    if answer.code == _SUCCESS:
        return policy or PasswordVerdict.RIGHT
    if answer.code == _INVALID_CREDENTIALS:
        found = _SUB_CODE.search(answer.message)
        return policy or (_SUB_CODES.get(found.group(1)) if found else None) or PasswordVerdict.WRONG
    if answer.code in {_NO_SUCH_OBJECT, _INVALID_DN, _INAPPROPRIATE}:
        return PasswordVerdict.WRONG
    return _other_servers(answer)


def policy_error(answer: LdapAnswer) -> int:
    """Return the error in *answer*'s password policy control, or -1 when it has none."""
    return _policy_error(answer.controls.get(POLICY_CONTROL, b""))


def _other_servers(answer: LdapAnswer) -> PasswordVerdict | None:
    """Return what 389 Directory Server and FreeIPA mean by codes that others use for trouble."""
    message = answer.message.lower()
    if answer.code == _CONSTRAINT_VIOLATION and "retry limit" in message:
        return PasswordVerdict.LOCKED
    if answer.code == _UNWILLING and "inactivated" in message:
        return PasswordVerdict.DISABLED
    return None


def _policy_error(value: bytes) -> int:
    """Return the error of a PasswordPolicyResponseValue, or -1 when there is none or it cannot be read."""
    if len(value) > _LONGEST_CONTROL or value[:2] != bytes([_SEQUENCE_TAG, max(len(value) - 2, 0)]):
        return -1
    rest = value[2:]
    if rest[:1] == bytes([_POLICY_WARNING_TAG]) and len(rest) > 1:
        rest = rest[2 + rest[1] :]
    if len(rest) == 3 and rest[0] == _POLICY_ERROR_TAG and rest[1] == 1:  # noqa: PLR2004 - tag, length, one octet
        return rest[2]
    return -1
