"""What the logon engine works with."""

from dataclasses import dataclass

from authsms.audit import AuditTrail
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database
from authsms.foundation.vault import Vault
from authsms.logon.blocks import Blocks
from authsms.logon.catalog import Catalog
from authsms.logon.continuations import Continuations
from authsms.logon.enrollment import Enrollments
from authsms.logon.graces import Graces
from authsms.logon.sessions import LoginSessions
from authsms.logon.subject import People
from authsms.logon.whereabouts import Whereabouts


@dataclass(frozen=True, slots=True)
class LogonTools:
    """What the engine works with."""

    database: Database
    vault: Vault
    clock: Clock
    audit: AuditTrail
    people: People
    catalog: Catalog
    continuations: Continuations
    sessions: LoginSessions
    whereabouts: Whereabouts
    blocks: Blocks
    enrollments: Enrollments
    graces: Graces
