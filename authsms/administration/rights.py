"""Roles and the rights they bring; the rules, and nothing else.

A role is what somebody is called, a right is what a task asks for. *Sender settings* (the "SMS device settings" of
other products) and *messages* ("SMS activity") are separate on purpose: who looks after deliveries need not see
accounts, and who edits accounts need not see whom people were texted.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum


class Right(StrEnum):
    """Leave to see or to change one area."""

    SENDERS_SEE = "senders.see"
    SENDERS_EDIT = "senders.edit"
    MESSAGES_SEE = "messages.see"
    MESSAGES_ACT = "messages.act"
    NOTICES_SEE = "notices.see"
    NOTICES_SEND = "notices.send"
    REPOSITORIES_SEE = "repositories.see"
    REPOSITORIES_EDIT = "repositories.edit"
    LOGON_SEE = "logon.see"
    LOGON_EDIT = "logon.edit"
    PEOPLE_SEE = "people.see"
    PEOPLE_ACT = "people.act"
    PEOPLE_EXPORT = "people.export"
    PEOPLE_ERASE = "people.erase"
    CALLER_PROVE = "caller.prove"
    CONTACTS_SEE = "contacts.see"
    EMERGENCY_ISSUE = "emergency.issue"
    METHODS_RESET = "methods.reset"
    AUDIT_SEE = "audit.see"
    DASHBOARD_SEE = "dashboard.see"
    ADMINISTRATORS_SEE = "administrators.see"
    ADMINISTRATORS_EDIT = "administrators.edit"


class Role(StrEnum):
    """What an administrator is called."""

    ADMINISTRATOR = "administrator"
    POLICY_EDITOR = "policy_editor"
    HELPDESK = "helpdesk"
    AUDITOR = "auditor"
    MESSAGING_OPERATOR = "messaging_operator"


GRANTS: Mapping[Role, frozenset[Right]] = {
    Role.ADMINISTRATOR: frozenset(Right),
    Role.POLICY_EDITOR: frozenset(
        {
            Right.SENDERS_SEE,
            Right.SENDERS_EDIT,
            Right.REPOSITORIES_SEE,
            Right.LOGON_SEE,
            Right.LOGON_EDIT,
            Right.DASHBOARD_SEE,
        }
    ),
    Role.HELPDESK: frozenset(
        {
            Right.PEOPLE_SEE,
            Right.PEOPLE_ACT,
            Right.CALLER_PROVE,
            Right.CONTACTS_SEE,
            Right.EMERGENCY_ISSUE,
            Right.METHODS_RESET,
            Right.MESSAGES_SEE,
            Right.DASHBOARD_SEE,
        }
    ),
    Role.AUDITOR: frozenset(right for right in Right if right.value.endswith(".see")),
    Role.MESSAGING_OPERATOR: frozenset(
        {
            Right.MESSAGES_SEE,
            Right.MESSAGES_ACT,
            Right.NOTICES_SEE,
            Right.NOTICES_SEND,
            Right.SENDERS_SEE,
            Right.DASHBOARD_SEE,
        }
    ),
}

GUARDED = frozenset(
    {
        Right.SENDERS_EDIT,
        Right.REPOSITORIES_EDIT,
        Right.ADMINISTRATORS_EDIT,
        Right.PEOPLE_EXPORT,
        Right.PEOPLE_ERASE,
    }
)
"""Rights that are only good shortly after their owner has proven again who he is."""


def rights_of(roles: Iterable[Role]) -> frozenset[Right]:
    """Return every right that *roles* bring together."""
    return frozenset(right for role in roles for right in GRANTS[role])
