"""Passkeys of one's own: added, renamed and removed by whoever is signed in.

The challenge of a new key is not stored: it goes to the page sealed, with whom it is for and until when, and comes back
with the key. A key is known by a name that no other key has, so what a browser brought once adds nothing a second time.
"""

import base64
import binascii
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from authsms.audit import AuditTag, AuditTrail
from authsms.delivery.account_notices import Notice
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database
from authsms.foundation.errors import ForgeryError, SealBrokenError
from authsms.foundation.limits import Limits, Rate
from authsms.foundation.vault import Vault
from authsms.logon.enrollment import Enrollments
from authsms.logon.holder import PROOF_LASTS, Holder
from authsms.logon.passkeys import LONGEST_NAME, MOST, Passkey, Passkeys
from authsms.logon.relying_party import LONGEST_ANSWER, RelyingParty
from authsms.logon.reports import Reports

INVITATION_LASTS: Final = timedelta(minutes=10)
ADDING_LASTS: Final = PROOF_LASTS + INVITATION_LASTS
"""A key is only taken this long after the sign-in that allowed to invite it."""

TRIES: Final = Rate(20, timedelta(hours=1))
_CONTEXT: Final = "passkey.invitation"


class Outcome(StrEnum):
    """What became of a new key.

    ``KNOWN``: it is kept already; ``REFUSED``: it was not made for this; ``OVER``: that took too long; ``FULL``: there
    are as many as anybody may have.
    """

    ADDED = "added"
    KNOWN = "known"
    REFUSED = "refused"
    OVER = "over"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a page needs to have a key made.

    Attributes:
        options: For the browser, JSON.
        state: To come back with the key.
    """

    options: str
    state: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class OwnPasskeysTools:
    """What it takes."""

    database: Database
    vault: Vault
    clock: Clock
    audit: AuditTrail
    limits: Limits
    passkeys: Passkeys
    party: RelyingParty
    enrollments: Enrollments
    reports: Reports


class OwnPasskeys:
    """Does for people what they may do with their own passkeys; safe to share between threads."""

    def __init__(self, tools: OwnPasskeysTools) -> None:
        self._tools = tools

    @property
    def are_possible(self) -> bool:
        """Whether browsers make keys for the address of this server."""
        return self._tools.party.is_possible

    def keys(self, holder: Holder) -> list[Passkey]:
        """Return what somebody has, oldest first."""
        return self._tools.passkeys.of(holder.person_key)

    def invite(self, holder: Holder) -> Invitation | None:
        """Return what a page needs to have a new key made; None when there are enough, or none are possible here.

        Raises:
            ProofNeededError: He must prove again who he is.
        """
        holder.require_proof()
        keys = self.keys(holder)
        if not self.are_possible or len(keys) >= MOST:
            return None
        challenge = self._tools.vault.new_token()
        handle = self._tools.passkeys.handle(holder.person_key)
        options = self._tools.party.ceremony.invite(challenge, handle, holder.login, [one.known for one in keys])
        until = self._tools.clock.now() + INVITATION_LASTS
        plain = json.dumps([challenge, holder.person_key, until.isoformat()]).encode()
        return Invitation(options, base64.urlsafe_b64encode(self._tools.vault.seal(plain, context=_CONTEXT)).decode())

    def add(self, holder: Holder, state: str, brought: str, name: str) -> Outcome:
        """Keep the key that a browser has made; it can be signed in with from then on.

        Raises:
            ProofNeededError: He must prove again who he is.
            TooManyRequestsError: That was done too often.
            UnavailableError: The directory does not answer; the key is not kept.
        """
        holder.require_proof(ADDING_LASTS)
        self._tools.limits.take(holder.limit_key("passkey"), TRIES)
        challenge = self._challenge(holder, state)
        if challenge is None:
            return Outcome.OVER
        try:
            new = self._tools.party.ceremony.accept(brought[: LONGEST_ANSWER + 1], challenge)
        except ForgeryError:
            return Outcome.REFUSED
        called = _spelled(name)
        report = self._tools.reports.of(holder, AuditTag.PASSKEY_ADDED, Notice.PASSKEY_ADDED, passkey=called)
        with self._tools.database.write() as session:
            if self._tools.passkeys.count(session, holder.person_key) >= MOST:
                return Outcome.FULL
            if not self._tools.passkeys.add(session, holder.person_key, new, called):
                return Outcome.KNOWN
            self._tools.enrollments.look_again(session)
            report(session)
        return Outcome.ADDED

    def rename(self, holder: Holder, identifier: str, name: str) -> bool:
        """Call a key something else; False when he has none of this id.

        Raises:
            ProofNeededError: He must prove again who he is.
        """
        holder.require_proof()
        called = _spelled(name)
        with self._tools.database.write() as session:
            if not self._tools.passkeys.rename(session, holder.person_key, identifier, called):
                return False
            self._tools.audit.record(session, holder.entry(AuditTag.PASSKEY_RENAMED, passkey=called))
        return True

    def remove(self, holder: Holder, identifier: str) -> bool:
        """Forget a key; False when he has none of this id.

        Raises:
            ProofNeededError: He must prove again who he is.
            UnavailableError: The directory does not answer; nothing was changed.
        """
        holder.require_proof()
        names = {one.id: one.name for one in self.keys(holder)}
        name = names.get(identifier, "")
        report = self._tools.reports.of(holder, AuditTag.PASSKEY_REMOVED, Notice.PASSKEY_REMOVED, passkey=name)
        with self._tools.database.write() as session:
            if not self._tools.passkeys.remove(session, holder.person_key, identifier):
                return False
            report(session)
        return True

    def _challenge(self, holder: Holder, state: str) -> str | None:
        """Return the challenge that was sealed for this person, while it is good."""
        try:
            plain = self._tools.vault.unseal(base64.urlsafe_b64decode(state), context=_CONTEXT)
        except (SealBrokenError, binascii.Error, ValueError):
            return None
        challenge, person_key, until = json.loads(plain)
        is_good = person_key == holder.person_key and self._tools.clock.now() < datetime.fromisoformat(until)
        return str(challenge) if is_good else None


def _spelled(name: str) -> str:
    """Return a name as it is kept: one line, not too long, and never empty."""
    shown = "".join(mark for mark in name if mark.isprintable())
    return " ".join(shown.split())[:LONGEST_NAME].strip() or "Passkey"
