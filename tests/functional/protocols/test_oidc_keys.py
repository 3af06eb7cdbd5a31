"""Signing keys when several processes meet them at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, update

from authsms.audit import AuditTrail
from authsms.foundation.db import Database
from authsms.foundation.errors import ConflictError, SealBrokenError
from authsms.foundation.vault import KeyRing, Vault
from authsms.logon.oidc_profile import TokenAlgorithm
from authsms.protocols.oidc.keys import SigningKeys
from authsms.protocols.oidc.models import SigningKeyRow
from tests.functional.protocols.house import on_each_database


@pytest.fixture
def processes(database: Database, vault: Vault, clock) -> list[SigningKeys]:
    """Eight processes over one database."""
    return [SigningKeys(database, vault, clock, AuditTrail(database, vault, clock)) for _ in range(8)]


@on_each_database
def test_processes_that_start_together_make_one_set_of_keys(database: Database, processes: list[SigningKeys]) -> None:
    """Each would otherwise sign with a key that the others do not publish."""
    with ThreadPoolExecutor(8) as pool:
        sets = list(pool.map(lambda keys: keys.published(), processes))

    assert all(one == sets[0] for one in sets)
    assert len(sets[0]["keys"]) == 4
    with database.read() as session:
        assert len(session.scalars(select(SigningKeyRow)).all()) == 4


@on_each_database
def test_two_rotations_at_once_leave_the_keys_in_order(database: Database, processes: list[SigningKeys]) -> None:
    """One current and one next key for each algorithm, whoever was first."""
    processes[0].published()

    def rotate(keys: SigningKeys) -> bool:
        try:
            keys.rotate()
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        done = sum(pool.map(rotate, processes[:4]))
    with database.read() as session:
        rows = session.scalars(select(SigningKeyRow)).all()

    assert done >= 1
    for algorithm in TokenAlgorithm:
        states = sorted(row.state for row in rows if row.algorithm == algorithm)
        assert states == ["current", "next", *["retired"] * done]


@on_each_database
def test_another_process_soon_signs_with_the_new_key(
    processes: list[SigningKeys], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And publishes it before that."""
    first, second = processes[:2]
    second.current()
    promoted = first.rotate()
    assert set(promoted) < {key["kid"] for key in second.published()["keys"]}
    monkeypatch.setattr("authsms.protocols.oidc.keys._FRESH_SECONDS", 0.0)

    assert second.current().kid in promoted


@on_each_database
def test_a_private_key_opens_with_its_own_keys_and_in_its_own_row_only(
    database: Database, vault: Vault, clock, processes: list[SigningKeys]
) -> None:
    """A copied row or a lost key file is noticed, not signed with."""
    processes[0].published()
    stranger = Vault(KeyRing.generate())
    with pytest.raises(SealBrokenError):
        SigningKeys(database, stranger, clock, AuditTrail(database, stranger, clock)).current()
    with database.write() as session:
        sealed = session.scalars(select(SigningKeyRow.private).where(SigningKeyRow.state == "next")).first()
        session.execute(update(SigningKeyRow).where(SigningKeyRow.state == "current").values(private=sealed))

    with pytest.raises(SealBrokenError):
        processes[1].current()
