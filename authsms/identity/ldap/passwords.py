"""How a directory is told a new password, and what its refusals mean.

OpenLDAP and its like take it from the person himself, by an extended operation (RFC 3062) on the connection that the
old password has just opened. Active Directory lets nobody in whose password is overdue, so there the service account
hands over both, as a change of ``unicodePwd``: old value out, new value in. It needs no rights for that, and the
domain's rules hold. Both go over TLS, or wherever the settings allow aloud that passwords travel unprotected.
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from authsms.foundation.errors import DirectoryUnavailableError
from authsms.foundation.logs import get_logger
from authsms.identity.ldap.answers import LdapAnswer
from authsms.identity.ldap.connection import DirectoryConnection, UnusableAnswerError
from authsms.identity.ldap.pool import ConnectionPool
from authsms.identity.ldap.requests import Control
from authsms.identity.ldap.settings import LdapSettings
from authsms.identity.ldap.verdicts import POLICY_CONTROL, policy_error
from authsms.identity.repository import OVERDUE, PasswordChange, PasswordVerdict

Judge = Callable[[DirectoryConnection, str, str], PasswordVerdict]
"""Binds a DN with a password and returns what the directory says."""

_SUCCESS: Final = 0
_CONSTRAINT_VIOLATION: Final = 19
_INVALID_CREDENTIALS: Final = 49
_POLICY_ERRORS: Mapping[int, PasswordChange] = MappingProxyType(
    {
        3: PasswordChange.IMPOSSIBLE,
        5: PasswordChange.REFUSED,
        6: PasswordChange.TOO_SHORT,
        7: PasswordChange.TOO_SOON,
        8: PasswordChange.USED_BEFORE,
    }
)
_WINDOWS_ERROR: Final = re.compile(r"^([0-9A-Fa-f]{8}):")
_WINDOWS_ERRORS: Mapping[str, PasswordChange] = MappingProxyType(
    {"00000056": PasswordChange.WRONG, "0000052D": PasswordChange.REFUSED}
)
_log = get_logger(__name__)


class PasswordChanger:
    """Changes passwords in one directory.

    Args:
        repository: Its name, for the log.
        settings: Whether, and as which kind of directory.
        binders: Connections on which people's passwords are judged.
        searchers: Connections of the service account.
        judge: Judges a password.
    """

    def __init__(
        self, repository: str, settings: LdapSettings, binders: ConnectionPool, searchers: ConnectionPool, judge: Judge
    ) -> None:
        self._repository = repository
        self._is_allowed = settings.allow_password_changes
        self._by_service = settings.preset == "active_directory"
        self._binders = binders
        self._searchers = searchers
        self._judge = judge

    def can_change(self, verdict: PasswordVerdict) -> bool:
        """Return whether a password that is judged so can be changed: one that opens no connection only by service."""
        changeable = {PasswordVerdict.RIGHT, PasswordVerdict.MUST_CHANGE} | (OVERDUE if self._by_service else set())
        return self._is_allowed and verdict in changeable

    def change(self, dn: str, old: str, new: str) -> PasswordChange:
        """Change the password of *dn*; both passwords are acceptable ones.

        Raises:
            DirectoryUnavailableError: The directory does not answer; it may have changed the password all the same.
        """
        if not self._is_allowed:
            return PasswordChange.IMPOSSIBLE
        if not self._by_service:
            return self._binders.run(lambda connection: self._judged(connection, dn, old, new))
        refusal = self._refusal(self._binders.run(lambda connection: self._judge(connection, dn, old)))
        return refusal or self._searchers.run(
            lambda connection: self._told(lambda: connection.change_unicode_password(dn, old, new))
        )

    def _judged(self, connection: DirectoryConnection, dn: str, old: str, new: str) -> PasswordChange:
        controls = [Control(POLICY_CONTROL)]
        refusal = self._refusal(self._judge(connection, dn, old))
        return refusal or self._told(lambda: connection.change_own_password(old, new, controls))

    def _refusal(self, verdict: PasswordVerdict) -> PasswordChange | None:
        if verdict is not PasswordVerdict.RIGHT and verdict not in OVERDUE:
            return PasswordChange.WRONG
        return None if self.can_change(verdict) else PasswordChange.IMPOSSIBLE

    def _told(self, ask: Callable[[], LdapAnswer]) -> PasswordChange:
        """Return what the directory says; it is asked once only, for a second time the old password may be wrong."""
        try:
            answer = ask()
        except DirectoryUnavailableError as error:
            raise UnusableAnswerError("The directory did not say whether it has changed a password.") from error
        outcome = read_change(answer)
        if outcome is PasswordChange.IMPOSSIBLE:
            _log.error(
                "directory.password_not_changed",
                repository=self._repository,
                result_code=answer.code,
                reason=answer.message,
            )
        return outcome


def read_change(answer: LdapAnswer) -> PasswordChange:
    """Return what *answer* says about a change of a password."""
    if answer.code == _SUCCESS:
        return PasswordChange.CHANGED
    found = _WINDOWS_ERROR.match(answer.message)
    told = _WINDOWS_ERRORS.get(found.group(1).upper()) if found else None
    if told := told or _POLICY_ERRORS.get(policy_error(answer)):
        return told
    if answer.code == _CONSTRAINT_VIOLATION:
        return PasswordChange.REFUSED
    return PasswordChange.WRONG if answer.code == _INVALID_CREDENTIALS else PasswordChange.IMPOSSIBLE
