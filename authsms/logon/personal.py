"""What is known of people who sign in."""

from typing import Final

from authsms.foundation.personal import Fate, Holding
from authsms.logon.block_models import PERSON_BLOCK
from authsms.logon.grace_models import GRACE
from authsms.logon.models import (
    EMERGENCY_PASSWORD,
    ENROLLMENT,
    LOGIN_SESSION,
    PASSKEY_TABLE,
    RECOVERY_CODE_TABLE,
)

HOLDINGS: Final = (
    Holding(
        "sessions",
        LOGIN_SESSION,
        Fate.DELETED,
        (
            *("login", "display_name", "mail", "groups", "methods", "event", "address", "user_agent"),
            *("authenticated_at", "seen_at", "expires_at", "ended_at"),
        ),
    ),
    Holding("graces", GRACE, Fate.DELETED, ("event", "chain", "began_at", "expires_at")),
    Holding("methods", ENROLLMENT, Fate.DELETED, ("method", "state", "label", "created_at", "confirmed_at")),
    Holding("passkeys", PASSKEY_TABLE, Fate.DELETED, ("name", "is_synced", "transports", "made_at", "used_at")),
    Holding("recovery_codes", RECOVERY_CODE_TABLE, Fate.DELETED, ("made_at", "used_at")),
    Holding(
        "emergency_passwords",
        EMERGENCY_PASSWORD,
        Fate.DELETED,
        ("uses", "uses_left", "issued_by", "issued_at", "expires_at"),
    ),
    Holding("blocks", PERSON_BLOCK, Fate.GUARDED, ("login", "reason", "blocked_by", "blocked_at")),
)
