"""The passkey (WebAuthn): nothing is typed, so nothing can be typed into the wrong page.

The challenge is drawn when the method is begun and kept with the process; one that was answered wrongly is replaced,
and one that was answered rightly is gone with its question. The use of a key is written by one conditional statement
that compares its counter, in the transaction that also writes what the person gains by it.

A signature cannot be guessed, so wrong ones are counted by the process alone. A count by person would only be a way to
shut him out.

Before anything is proven the browser is given no list of keys, or a stranger could see who has some; only keys that
know their owner by themselves work there. Until something known is proven, a key has to ask for a finger, a face or a
PIN: being there with it is one factor.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from sqlalchemy.orm import Session
from typing_extensions import override

from authsms.audit import AuditTag, AuditTrail
from authsms.foundation.vault import Vault
from authsms.logon.machine import Asks, Failed, MessageKey, Passed, Prompt, Result
from authsms.logon.methods.base import Answer, Begin, LogonView, Method
from authsms.logon.methods.counted import entry_of, question
from authsms.logon.passkeys import PASSKEY, Passkey, Passkeys
from authsms.logon.relying_party import Presence, RelyingParty, credential_of


class PasskeyMethod(Method):
    """Asks for one of the person's passkeys."""

    name = PASSKEY
    amr: ClassVar[tuple[str, ...]] = ("user",)
    needs_enrollment: ClassVar[bool] = True
    needs_page: ClassVar[bool] = True

    def __init__(self, vault: Vault, audit: AuditTrail, passkeys: Passkeys, party: RelyingParty) -> None:
        self._vault = vault
        self._audit = audit
        self._passkeys = passkeys
        self._party = party

    @override
    def begin(self, logon: LogonView) -> Begin:
        asks = self._renewed(logon, Asks(self.name, Prompt.PASSKEY, MessageKey.PASSKEY_ASKED, details=logon.proven))
        if logon.proven and not asks.ceremony:
            asks = replace(asks, message_key=MessageKey.PASSKEY_MISSING)
        return lambda _session: asks

    @override
    def answer(self, logon: LogonView, response: Mapping[str, str]) -> Answer:
        asks, brought = question(logon), response.get("credential", "")
        credential = credential_of(brought)
        if credential is None:
            return Failed(MessageKey.PASSKEY_ABSENT, reason="malformed", counted=False)
        person = logon.subject.person
        passkey = self._passkeys.find(logon.subject.key, credential)
        seen = passkey and self._judge(logon, asks, brought, passkey)
        refused = Failed(MessageKey.PASSKEY_REFUSED, reason="wrong-code", asks=self._renewed(logon, asks))
        if person is None or not person.enabled or not passkey or not seen:
            return lambda _session: refused
        return lambda session: self._use(session, logon, passkey, seen) or refused

    def _judge(self, logon: LogonView, asks: Asks, brought: str, passkey: Passkey) -> Presence | None:
        handle, must_verify = self._passkeys.handle(passkey.person_key), not logon.has_knowledge
        seen = self._party.ceremony.judge(brought, asks.reference, passkey.public_key, handle, must_verify=must_verify)
        return seen if seen is not None and seen.is_synced is passkey.is_synced else None

    def _use(self, session: Session, logon: LogonView, passkey: Passkey, seen: Presence) -> Result | None:
        """Write the use of a key; None when it has been copied or is gone."""
        if self._passkeys.use(session, passkey, seen.sign_count):
            return Passed(seen.proofs)
        told, known = seen.sign_count, passkey.sign_count
        about = entry_of(logon, AuditTag.PASSKEY_COPIED, method=self.name, passkey=passkey.name, told=told, known=known)
        self._audit.record(session, about)
        return None

    def _renewed(self, logon: LogonView, asks: Asks) -> Asks:
        """Return the question with another challenge: one that was answered is good no more."""
        keys = [one.known for one in self._passkeys.of(logon.subject.key)] if logon.proven else []
        challenge = self._vault.new_token()
        is_open = self._party.is_possible and (bool(keys) or not logon.proven)
        wanted = self._party.ceremony.ask(challenge, keys, must_verify=not logon.has_knowledge) if is_open else ""
        return replace(asks, reference=challenge, ceremony=wanted)
