"""The passkey (WebAuthn): nothing is typed, so nothing can be typed into the wrong page.

The challenge is drawn when the method is begun and kept with the process; one that was answered wrongly is replaced,
and one that was answered rightly is gone with its question. An attempt is charged to the person's failures in a row and
committed, then the signature is checked, then the use is written by one conditional statement that compares the key's
counter, in the transaction that also writes what the person gains by it.

Before anything is proven the browser is given no list of keys, or a stranger could see who has some; only keys that
know their owner by themselves work there, and they have to ask him for a finger, a face or a PIN.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import ClassVar

from sqlalchemy.orm import Session
from typing_extensions import override

from authsms.audit import AuditTag, AuditTrail
from authsms.foundation.db import Database
from authsms.foundation.vault import Vault
from authsms.logon.ceremony import Presence, RelyingParty, credential_of
from authsms.logon.machine import Asks, Failed, MessageKey, Passed, Prompt, Result
from authsms.logon.methods.base import Answer, Begin, LogonView
from authsms.logon.methods.counted import CountedMethod, question
from authsms.logon.passkeys import PASSKEY, Passkey, Passkeys
from authsms.otp.failures import FailureCounter, Standing


class PasskeyMethod(CountedMethod):
    """Asks for one of the person's passkeys."""

    name = PASSKEY
    amr: ClassVar[tuple[str, ...]] = ("user",)
    needs_page: ClassVar[bool] = True
    prompt: ClassVar[Prompt] = Prompt.PASSKEY
    length: ClassVar[int] = 0
    asked: ClassVar[MessageKey] = MessageKey.PASSKEY_ASKED
    missing: ClassVar[MessageKey] = MessageKey.PASSKEY_MISSING
    refused: ClassVar[MessageKey] = MessageKey.PASSKEY_REFUSED

    def __init__(
        self,
        database: Database,
        vault: Vault,
        audit: AuditTrail,
        passkeys: Passkeys,
        party: RelyingParty,
        failures: FailureCounter,
    ) -> None:
        super().__init__(database, audit, failures)
        self._vault = vault
        self._passkeys = passkeys
        self._party = party

    @override
    def begin(self, logon: LogonView) -> Begin:
        ask = super().begin(logon)
        renew = self._renewal(logon)
        return lambda session: renew(ask(session))

    @override
    def _is_set_up(self, key: str) -> bool:
        return self._party.is_possible and bool(self._passkeys.of(key))

    @override
    def answer(self, logon: LogonView, response: Mapping[str, str]) -> Answer:
        asks, brought = question(logon), response.get("credential", "")
        credential = credential_of(brought)
        if credential is None:
            return Failed(MessageKey.PASSKEY_ABSENT, reason="malformed", counted=False)
        person, key = logon.subject.person, logon.subject.key
        standing = self._charge(key)
        if standing is None:
            return lambda session: self._unseen(session, logon)
        passkey = self._passkeys.find(key, credential)
        seen = passkey and self._judge(logon, asks, brought, passkey)
        renew = self._renewal(logon)
        if person is None or not person.enabled or not passkey or not seen:
            return lambda session: _renewed(self._miss(session, logon, standing), renew)
        return lambda session: _renewed(self._use(session, logon, passkey, seen, standing), renew)

    def _judge(self, logon: LogonView, asks: Asks, brought: str, passkey: Passkey) -> Presence | None:
        handle, must_verify = self._passkeys.handle(passkey.person_key), not logon.proven
        seen = self._party.judge(brought, asks.reference, passkey.public_key, handle, must_verify=must_verify)
        return seen if seen is not None and seen.is_synced is passkey.is_synced else None

    def _use(self, session: Session, logon: LogonView, passkey: Passkey, seen: Presence, standing: Standing) -> Result:
        if not self._passkeys.use(session, passkey, seen.sign_count):
            told, known = seen.sign_count, passkey.sign_count
            self._record(session, logon, AuditTag.PASSKEY_COPIED, passkey=passkey.name, told=told, known=known)
            return self._miss(session, logon, standing)
        self._failures.forget(session, passkey.person_key, self.name)
        return Passed(seen.proofs)

    def _renewal(self, logon: LogonView) -> Callable[[Asks], Asks]:
        """Draw a challenge and return what puts it into a question."""
        keys = [one.known for one in self._passkeys.of(logon.subject.key)] if logon.proven else []
        challenge = self._vault.new_token()
        is_open = self._party.is_possible and (bool(keys) or not logon.proven)
        wanted = self._party.ask(challenge, keys, must_verify=not logon.proven) if is_open else ""
        return lambda asks: replace(asks, reference=challenge, ceremony=wanted)


def _renewed(result: Result, renew: Callable[[Asks], Asks]) -> Result:
    """Return a refusal with another challenge: the one that was answered is good no more."""
    return replace(result, asks=renew(result.asks)) if isinstance(result, Failed) and result.asks else result
