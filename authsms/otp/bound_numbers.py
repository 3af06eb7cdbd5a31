"""The number that codes came back from last: proven, whatever a directory says since."""

from typing import Final

from sqlalchemy import bindparam, select

from authsms.foundation.db import Database
from authsms.foundation.errors import SealBrokenError
from authsms.foundation.phone import PhoneNumber
from authsms.foundation.vault import Vault
from authsms.otp.models import METHOD_FAILURE

SMS_OTP: Final = "SMS_OTP:1"
_F = METHOD_FAILURE.c
_SEALED = select(_F.number).where(_F.person_key == bindparam("of_person"), _F.method == SMS_OTP)


class BoundNumbers:
    """Finds it; safe to share between threads."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def find(self, person_key: str) -> PhoneNumber | None:
        """Return the number of a person, in a transaction of its own; None when there is none, or its key is gone."""
        with self._database.read() as session:
            sealed = session.execute(_SEALED, {"of_person": person_key}).scalar_one_or_none()
        return unseal_number(self._vault, person_key, sealed)


def seal_number(vault: Vault, person_key: str, number: PhoneNumber) -> bytes:
    """Return a number of a person as it is kept."""
    return vault.seal(number.encode(), context=_place(person_key))


def unseal_number(vault: Vault, person_key: str, sealed: bytes | None) -> PhoneNumber | None:
    """Return a number that is kept, or None when its key is gone."""
    try:
        plain = vault.unseal(sealed, context=_place(person_key)) if sealed else b""
    except SealBrokenError:
        return None
    return PhoneNumber(plain.decode()) or None


def _place(person_key: str) -> str:
    return f"bound-number:{person_key}"
