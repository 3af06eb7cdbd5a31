"""The audit trail: who did what, when and from where; append only, and sealed into a hash chain.

A record is written inside the transaction of what it reports. Chaining it there would make every login wait for every
other one, so a record is chained a moment later by `AuditTrail.seal`, which the delivery process runs once a second:
it takes new records in the order in which it sees them, gives each a position and keys a hash over its content and
the hash before it. Whoever changes, removes or inserts a sealed record without the key breaks the chain;
`AuditTrail.verify` says where. Databases refuse UPDATE and DELETE on the records by trigger.
"""

from authsms.audit.chain import Verification
from authsms.audit.models import AuditHead, AuditRecord, AuditSeal
from authsms.audit.trail import AuditTrail
from authsms.audit.vocabulary import AuditEntry, AuditTag, AuditView, Author, Detail

__all__ = [
    "AuditEntry",
    "AuditHead",
    "AuditRecord",
    "AuditSeal",
    "AuditTag",
    "AuditTrail",
    "AuditView",
    "Author",
    "Detail",
    "Verification",
]
