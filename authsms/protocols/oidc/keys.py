"""The keys that sign ID tokens: made at first use, rotated by command, published as a JWK set.

```mermaid
stateDiagram-v2
    [*] --> next: generated, published ahead of use
    next --> current: rotate
    current --> retired: rotate; the private part is wiped
    retired --> [*]: a week later
```

Each algorithm has its own three states. The *next* key is in the published set before it signs anything, so that an
endpoint which keeps a copy of the set knows the key already. ES256 is the default; RS256 is there because OpenID
Connect Core section 15.1 demands it, and some clients know nothing else.
"""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, TypeAlias, cast

from joserfc.jwk import ECKey, KeyParameters, KeySet, RSAKey
from sqlalchemy import Table, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from authsms.audit import AuditEntry, AuditTag, AuditTrail
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database
from authsms.foundation.errors import ConflictError
from authsms.foundation.vault import Vault
from authsms.logon.oidc_profile import TokenAlgorithm
from authsms.protocols.oidc.models import SigningKeyRow

SigningKey: TypeAlias = ECKey | RSAKey

ALGORITHMS = tuple(algorithm.value for algorithm in TokenAlgorithm)
KEPT_AFTER_RETIREMENT = timedelta(days=7)
_TABLE: Final = cast(Table, SigningKeyRow.__table__)
_RSA_BITS = 2048
_FRESH_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class _Draft:
    id: str
    algorithm: str
    public: dict[str, str]
    private: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """What one look at the table gave: ids and PEM of private keys by algorithm, and public keys, the oldest first."""

    read_at: float
    current: Mapping[str, tuple[str, bytes]] = field(repr=False)
    public: Sequence[SigningKey]


class SigningKeys:
    """Hands out the signing key of an algorithm and the set of public keys."""

    def __init__(self, database: Database, vault: Vault, clock: Clock, audit: AuditTrail) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self._audit = audit
        self._lock = threading.Lock()
        self._snapshot: _Snapshot | None = None
        self._signing: dict[str, SigningKey] = {}
        self._add = database.insert(_TABLE).on_conflict_do_nothing()

    def current(self, algorithm: TokenAlgorithm = TokenAlgorithm.ES256) -> SigningKey:
        """Return the private key that signs with *algorithm*; its ``kid`` belongs into the header.

        Raises:
            SealBrokenError: The key file that sealed it is gone; restore it from the backup.
        """
        key_id, pem = self._look().current[algorithm.value]
        with self._lock:
            key = self._signing.get(algorithm.value)
            if key is None or key.kid != key_id:
                key = self._signing[algorithm.value] = _private(key_id, algorithm.value, pem)
            return key

    def verification_set(self) -> KeySet:
        """Return the public keys an ID token of ours may be signed with, retired ones included."""
        return KeySet(list(self._look().public))

    def published(self) -> dict[str, list[dict[str, str]]]:
        """Return the JWK set document (RFC 7517); it never holds a private value."""
        return {"keys": [_public(key) for key in self._look().public]}

    def rotate(self) -> list[str]:
        """Make the next key of each algorithm the current one; return the ids of the new current keys.

        Raises:
            ConflictError: Another process rotates at this moment; look before trying again.
        """
        self._look()
        drafts = [self._draft(algorithm) for algorithm in ALGORITHMS]
        try:
            with self._database.write() as session:
                promoted = [self._promote(session, draft) for draft in drafts]
                expired = self._clock.now() - KEPT_AFTER_RETIREMENT
                session.execute(delete(SigningKeyRow).where(SigningKeyRow.retired_at < expired))
                self._audit.record(session, AuditEntry(AuditTag.KEY_ROTATED, details={"keys": ", ".join(promoted)}))
        except IntegrityError as error:
            raise ConflictError("The signing keys are being rotated by another process.") from error
        with self._lock:
            self._snapshot = None
        return promoted

    def _look(self) -> _Snapshot:
        with self._lock:
            known = self._snapshot
            if known is None or time.monotonic() - known.read_at > _FRESH_SECONDS:
                known = self._snapshot = self._load()
            return known

    def _load(self) -> _Snapshot:
        rows = self._rows()
        missing = {f"{algorithm}:{state}" for algorithm in ALGORITHMS for state in ("current", "next")}
        missing -= {row.slot for row in rows if row.slot}
        if missing:
            self._create(sorted(missing))
            rows = self._rows()
        current = {row.algorithm: (row.id, self._unseal(row)) for row in rows if row.state == "current"}
        return _Snapshot(time.monotonic(), current, [_import(row.public) for row in rows])

    def _rows(self) -> Sequence[SigningKeyRow]:
        with self._database.read() as session:
            return session.scalars(select(SigningKeyRow).order_by(SigningKeyRow.id)).all()

    def _create(self, slots: Sequence[str]) -> None:
        named = [slot.partition(":") for slot in slots]
        rows = [self._row(self._draft(algorithm), state) for algorithm, _, state in named]
        with self._database.write() as session:
            session.execute(self._add, rows)  # but not those that another process starting at the same time has made

    def _promote(self, session: Session, draft: _Draft) -> str:
        rows = session.scalars(
            select(SigningKeyRow).where(SigningKeyRow.algorithm == draft.algorithm).with_for_update()
        )
        by_state = {row.state: row.id for row in rows if row.slot}
        if by_state.keys() != {"current", "next"}:
            raise ConflictError("The signing keys were rotated by another process a moment ago.")
        session.execute(
            update(SigningKeyRow)
            .where(SigningKeyRow.id == by_state["current"])
            .values(state="retired", slot=None, private=None, retired_at=self._clock.now())
        )
        session.execute(
            update(SigningKeyRow)
            .where(SigningKeyRow.id == by_state["next"])
            .values(state="current", slot=f"{draft.algorithm}:current")
        )
        session.execute(insert(_TABLE), self._row(draft, "next"))
        return by_state["next"]

    def _draft(self, algorithm: str) -> _Draft:
        key_id = self._vault.new_id()
        names = _names(key_id, algorithm)
        key: SigningKey
        if algorithm == "ES256":
            key = ECKey.generate_key("P-256", parameters=names)
        else:
            key = RSAKey.generate_key(_RSA_BITS, parameters=names)
        private = key.as_pem(private=True)
        return _Draft(key_id, algorithm, _public(key), self._vault.seal(private, context=_context(key_id)))

    def _row(self, draft: _Draft, state: str) -> dict[str, object]:
        return {
            "id": draft.id,
            "algorithm": draft.algorithm,
            "state": state,
            "slot": f"{draft.algorithm}:{state}",
            "public": draft.public,
            "private": draft.private,
            "created_at": self._clock.now(),
        }

    def _unseal(self, row: SigningKeyRow) -> bytes:
        return self._vault.unseal(row.private or b"", context=_context(row.id))


def _context(key_id: str) -> str:
    return f"signing_key.private:{key_id}"


def _names(key_id: str, algorithm: str) -> KeyParameters:
    return {"kid": key_id, "use": "sig", "alg": algorithm}


def _private(key_id: str, algorithm: str, pem: bytes) -> SigningKey:
    """Return the key in *pem*; with RSA that takes 40 ms, in which its factors are proven to be primes."""
    names = _names(key_id, algorithm)
    return ECKey.import_key(pem, names) if algorithm == "ES256" else RSAKey.import_key(pem, names)


def _public(key: SigningKey) -> dict[str, str]:
    return {name: str(value) for name, value in key.as_dict(private=False).items()}


def _import(public: Mapping[str, str]) -> SigningKey:
    document: dict[str, str | list[str]] = dict(public)
    return ECKey.import_key(document) if document["kty"] == "EC" else RSAKey.import_key(document)
