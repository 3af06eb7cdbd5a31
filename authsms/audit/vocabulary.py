"""What the audit trail can say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

Detail = str | int | bool | None


class AuditTag(StrEnum):
    """What an audit record may report."""

    LOGON_STARTED = "logon.started"
    LOGON_CHAIN_CHOSEN = "logon.chain-chosen"
    LOGON_METHOD_PASSED = "logon.method-passed"
    LOGON_METHOD_FAILED = "logon.method-failed"
    LOGON_SUSPICIOUS = "logon.suspicious"
    LOGON_FINISHED = "logon.finished"
    LOGON_CANCELLED = "logon.cancelled"
    LOGON_LIMITED = "logon.limited"
    METHOD_HELD = "method.held"
    METHOD_DISABLED = "method.disabled"
    METHOD_UNLOCKED = "method.unlocked"
    METHOD_REBOUND = "method.re-bound"
    METHOD_SET_UP = "method.set-up"
    METHOD_REMOVED = "method.removed"
    METHOD_ASSIGNED = "method.assigned"
    METHOD_SYNCHRONISED = "method.synchronised"
    METHOD_TRIED = "method.tried"
    PASSWORD_OVERDUE = "password.overdue"  # noqa: S105 - a word of the vocabulary, not a password
    PASSWORD_CHANGED = "password.changed"  # noqa: S105 - as above
    PASSWORD_REFUSED = "password.refused"  # noqa: S105 - as above
    PASSWORD_CHANGE_DEMANDED = "password.change-demanded"  # noqa: S105 - as above
    NUMBER_CHANGED = "number.changed"
    NUMBER_RELEASED = "number.released"
    NUMBER_ASKED = "number.asked"
    NUMBER_REFUSED = "number.refused"
    NUMBER_GIVEN = "number.given"
    NUMBER_REMOVED = "number.removed"
    EMERGENCY_ISSUED = "emergency.issued"
    EMERGENCY_USED = "emergency.used"
    EMERGENCY_REVOKED = "emergency.revoked"
    RECOVERY_CODES_MADE = "recovery-codes.made"
    RECOVERY_CODES_REMOVED = "recovery-codes.removed"
    PASSKEY_ADDED = "passkey.added"
    PASSKEY_RENAMED = "passkey.renamed"
    PASSKEY_REMOVED = "passkey.removed"
    PASSKEY_COPIED = "passkey.copied"
    CHALLENGE_ISSUED = "challenge.issued"
    CALLER_ASKED = "caller.asked"
    CALLER_PROVEN = "caller.proven"
    CALLER_REFUSED = "caller.refused"
    MESSAGE_WITHHELD = "message.withheld"
    MESSAGE_ACCEPTED = "message.accepted"
    MESSAGE_DELIVERED = "message.delivered"
    MESSAGE_FAILED = "message.failed"
    MESSAGE_UNKNOWN = "message.unknown"
    MESSAGE_STALE = "message.stale"
    MESSAGE_CANCELLED = "message.cancelled"
    MESSAGE_SENT_AGAIN = "message.sent-again"
    MESSAGES_EXPORTED = "messages.exported"
    MAIL_GIVEN_UP = "mail.given-up"
    INBOUND_RECEIVED = "inbound.received"
    CONSENT_STOPPED = "consent.stopped"
    CONSENT_STARTED = "consent.started"
    CONSENT_LIFTED = "consent.lifted"
    CONSENT_GIVEN = "consent.given"
    CONSENT_WITHDRAWN = "consent.withdrawn"
    CONSENTS_EXPORTED = "consents.exported"
    CONTACT_ADDED = "contact.added"
    CONTACT_ASKED = "contact.asked"
    CONTACT_CHANGED = "contact.changed"
    CONTACT_REFUSED = "contact.refused"
    CONTACT_REMOVED = "contact.removed"
    CONTACTS_IMPORTED = "contacts.imported"
    NOTICE_SENT = "notice.sent"
    NOTICE_CANCELLED = "notice.cancelled"
    NOTICE_TEMPLATE_SAVED = "notice.template-saved"
    NOTICE_TEMPLATE_REMOVED = "notice.template-removed"
    OFFER_MADE = "offer.made"
    OFFER_ANSWERED = "offer.answered"
    OFFER_CHOSEN = "offer.chosen"
    OFFER_CLOSED = "offer.closed"
    OFFER_CANCELLED = "offer.cancelled"
    OPT_OUTS_EXPORTED = "opt-outs.exported"
    WEBHOOK_REFUSED = "webhook.refused"
    SESSION_ENDED = "session.ended"
    TOKEN_ISSUED = "token.issued"  # noqa: S105 - a word of the vocabulary, not a token
    TOKEN_REVOKED = "token.revoked"  # noqa: S105 - as above
    LOGOUT_UNHEARD = "logout.unheard"
    HOOK_SAVED = "hook.saved"
    HOOK_REMOVED = "hook.removed"
    HOOK_UNHEARD = "hook.unheard"
    HOOK_SENT_AGAIN = "hook.sent-again"
    REPOSITORY_SAVED = "repository.saved"
    REPOSITORY_TESTED = "repository.tested"
    PEOPLE_IMPORTED = "people.imported"
    PERSON_REMOVED = "people.removed"
    PERSON_BLOCKED = "people.blocked"
    PERSON_UNBLOCKED = "people.unblocked"
    PERSON_EXPORTED = "people.exported"
    PERSON_ERASED = "people.erased"
    SESSIONS_ENDED = "sessions.ended"
    SENDER_SAVED = "sender.saved"
    SENDER_TESTED = "sender.tested"
    SERVICE_PAUSED = "service.paused"
    SERVICE_RESUMED = "service.resumed"
    SERVICE_RETRIED = "service.retried"
    PURPOSE_PAUSED = "purpose.paused"
    PURPOSE_RESUMED = "purpose.resumed"
    SPENDING_SAVED = "spending.saved"
    ENDPOINT_CREATED = "endpoint.created"
    ENDPOINT_RENEWED = "endpoint.renewed"
    ENDPOINT_CHANGED = "endpoint.changed"
    ENDPOINT_REMOVED = "endpoint.removed"
    ENDPOINT_REFUSED = "endpoint.refused"
    ENDPOINT_SESSION_OPENED = "endpoint-session.opened"
    ENDPOINT_SESSION_REFUSED = "endpoint-session.refused"
    EVENT_SAVED = "event.saved"
    EVENT_REMOVED = "event.removed"
    CHAIN_SAVED = "chain.saved"
    CHAIN_REMOVED = "chain.removed"
    LOGON_TRIED = "logon.tried"
    ADMINISTRATOR_CREATED = "administrator.created"
    ADMINISTRATOR_CHANGED = "administrator.changed"
    ADMINISTRATOR_REMOVED = "administrator.removed"
    ADMINISTRATOR_SETUP_OPENED = "administrator.set-up-opened"
    ALARM_RAISED = "alarm.raised"
    ALARM_CLEARED = "alarm.cleared"
    AUDIT_EXPORTED = "audit.exported"
    KEY_ROTATED = "key.rotated"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """What to record; codes, texts, passwords and whole numbers have no place in it."""

    tag: AuditTag
    person_key: str = ""
    login: str = ""
    process_id: str = ""
    event: str = ""
    endpoint: str = ""
    address: str = ""
    details: Mapping[str, Detail] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Author:
    """Who changes something, for the audit trail; nobody stands for the command line.

    Attributes:
        endpoint: The program by which he does it, or empty.
    """

    login: str = ""
    person_key: str = ""
    address: str = ""
    endpoint: str = ""

    def entry(
        self, tag: AuditTag, *, event: str = "", endpoint: str = "", details: Mapping[str, Detail] | None = None
    ) -> AuditEntry:
        """Return a record of what he did."""
        return AuditEntry(
            tag,
            person_key=self.person_key,
            login=self.login,
            event=event,
            endpoint=endpoint or self.endpoint,
            address=self.address,
            details=details or {},
        )


@dataclass(frozen=True, slots=True)
class AuditView:
    """One record as it is shown."""

    id: int
    at: datetime
    entry: AuditEntry
