"""The methods this server comes with."""

from dataclasses import dataclass

from authsms.audit import AuditTrail
from authsms.delivery.account_notices import AccountNotices
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database
from authsms.foundation.limits import Limits
from authsms.foundation.sections import SmsSettings
from authsms.foundation.vault import Vault
from authsms.logon.emergency import EmergencyPasswords
from authsms.logon.enrollment import Enrollments
from authsms.logon.guesses import Guesses
from authsms.logon.methods.base import Method
from authsms.logon.methods.emergency import EmergencyMethod
from authsms.logon.methods.passkey import PasskeyMethod
from authsms.logon.methods.password import PasswordMethod
from authsms.logon.methods.recovery import RecoveryMethod
from authsms.logon.methods.sms_otp import CodeTools, SmsOtpMethod
from authsms.logon.methods.totp import HotpMethod, TotpMethod
from authsms.logon.passkeys import Passkeys
from authsms.logon.password_changes import PasswordChanges
from authsms.logon.recovery import RecoveryCodes
from authsms.logon.relying_party import RelyingParty
from authsms.logon.sessions import LoginSessions
from authsms.logon.subject import People


@dataclass(frozen=True, slots=True)
class MethodTools:
    """What the methods work with."""

    database: Database
    vault: Vault
    clock: Clock
    audit: AuditTrail
    limits: Limits
    people: People
    codes: CodeTools
    enrollments: Enrollments
    emergency: EmergencyPasswords
    recovery: RecoveryCodes
    passkeys: Passkeys
    party: RelyingParty
    notices: AccountNotices
    sessions: LoginSessions
    sms: SmsSettings


def builtin_methods(tools: MethodTools) -> list[Method]:
    """Return every method there is."""
    database, audit, failures = tools.database, tools.audit, tools.codes.challenges.failures
    guesses = Guesses(database, tools.limits, audit)
    changes = PasswordChanges(database, guesses, tools.people, audit, tools.notices, tools.sessions)
    return [
        PasswordMethod(guesses, tools.people, audit, changes, local=False),
        PasswordMethod(guesses, tools.people, audit, changes, local=True),
        SmsOtpMethod(tools.vault, audit, tools.codes, tools.sms),
        TotpMethod(database, tools.clock, audit, tools.enrollments, failures),
        HotpMethod(database, tools.clock, audit, tools.enrollments, failures),
        EmergencyMethod(database, audit, tools.emergency, failures),
        RecoveryMethod(database, audit, tools.recovery, failures, tools.notices),
        PasskeyMethod(tools.vault, audit, tools.passkeys, tools.party),
    ]
