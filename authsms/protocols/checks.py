"""What `/readyz` looks at."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from authsms.delivery.heartbeat import SILENT, last_heartbeat
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database
from authsms.foundation.errors import UnavailableError
from authsms.foundation.schema import SchemaState, schema_state
from authsms.foundation.vault import Vault
from authsms.identity.service import PeopleService
from authsms.protocols.readiness import OK, Check
from authsms.senders.service import SenderPolicyService


@dataclass(frozen=True, slots=True)
class Checks:
    """The checks of one installation."""

    database: Database
    vault: Vault
    clock: Clock
    people: PeopleService
    senders: SenderPolicyService

    def all(self) -> Sequence[Check]:
        """Return what must work, then what may be away without stopping everything."""
        return (
            Check("database", self._schema, required=True),
            Check("delivery", self._delivery, required=True),
            Check("keys", self._keys, required=True),
            *(Check(f"repository {view.name}", self._ping(view.name)) for view in self.people.repositories()),
            Check("senders", self._senders),
        )

    def _schema(self) -> str:
        return OK if schema_state(self.database) is SchemaState.CURRENT else "wrong revision"

    def _delivery(self) -> str:
        seen = last_heartbeat(self.database)
        return OK if seen is not None and self.clock.now() - seen < SILENT else "no delivery process"

    def _keys(self) -> str:
        self.vault.unseal(self.vault.seal(b"", context="readiness"), context="readiness")
        return OK

    def _senders(self) -> str:
        services = [one for one in self.senders.services() if one.rule.is_enabled]
        if not services:
            return "none"
        return "cannot be used" if all(one.problem for one in services) else OK

    def _ping(self, name: str) -> Callable[[], str]:
        def probe() -> str:
            try:
                self.people.ping(name)
            except UnavailableError:
                return "away"
            return OK

        return probe
