"""The history of the sender policy, and the policy as a file: compared, brought back, carried over; never secrets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from authsms.administration.actors import Actor
from authsms.administration.rights import Right
from authsms.administration.senders import author_of
from authsms.foundation.errors import NotFoundError
from authsms.senders.definitions import PolicyVersion
from authsms.senders.documents import Difference, PolicyDocument, differences, read_document, read_toml, write_toml
from authsms.senders.service import SenderPolicyService


@dataclass(frozen=True, slots=True)
class Chapter:
    """One version and what it changed."""

    version: PolicyVersion
    changes: Sequence[Difference]


@dataclass(frozen=True, slots=True)
class Plan:
    """What would change, as of the version that was looked at."""

    version: int
    changes: Sequence[Difference]


class SenderHistory:
    """Looks back, and takes the policy in and out."""

    def __init__(self, senders: SenderPolicyService) -> None:
        self._senders = senders

    def chapters(self, actor: Actor, limit: int = 50) -> Sequence[Chapter]:
        """Return the newest versions, each with what it changed."""
        actor.require(Right.SENDERS_SEE)
        versions = self._senders.versions(limit + 1)
        documents: list[Mapping[str, object]] = [one.document for one in versions[1:]]
        if len(versions) <= limit:
            documents.append({})
        return [
            Chapter(one, differences(before, one.document))
            for one, before in zip(versions[:limit], documents, strict=False)
        ]

    def plan_return(self, actor: Actor, number: int) -> Plan:
        """Return what going back to a version would change.

        Raises:
            NotFoundError: There is none of that number.
            InvalidInputError: It cannot be brought back, e.g. because its plugin is not loaded any more.
        """
        actor.require(Right.SENDERS_SEE)
        return self._plan(self._kept(number))

    def go_back(self, actor: Actor, number: int, *, expected_version: int) -> None:
        """Make policy and services what they were; secrets stay as they are.

        Raises:
            NotFoundError: There is none of that number.
            InvalidInputError: It cannot be brought back.
            ConflictError: Somebody else has changed something meanwhile.
        """
        actor.require(Right.SENDERS_EDIT)
        self._adopt(actor, self._kept(number), expected_version, f"went back to version {number}")

    def export(self, actor: Actor) -> str:
        """Return policy and services as TOML without secrets."""
        actor.require(Right.SENDERS_SEE)
        return write_toml(self._senders.document())

    def plan_import(self, actor: Actor, text: str) -> Plan:
        """Return what taking in a file would change.

        Raises:
            InvalidInputError: The file cannot be used; the text says why.
        """
        actor.require(Right.SENDERS_EDIT)
        return self._plan(self._readable(text))

    def take_in(self, actor: Actor, text: str, *, expected_version: int) -> None:
        """Make policy and services what a file says; secrets stay as they are.

        Raises:
            InvalidInputError: The file cannot be used; nothing was changed.
            ConflictError: Somebody else has changed something meanwhile.
        """
        actor.require(Right.SENDERS_EDIT)
        self._adopt(actor, self._readable(text), expected_version, "took in a file")

    def _readable(self, text: str) -> PolicyDocument:
        document = read_toml(text)
        for entry in document.services:
            if entry.kind in self._senders.kinds():
                self._senders.check_addresses(entry.kind, entry.settings)
        return document

    def _kept(self, number: int) -> PolicyDocument:
        if number < 1:
            raise NotFoundError("There is no such version.")
        return read_document(self._senders.version(number).document)

    def _plan(self, document: PolicyDocument) -> Plan:
        version = self._senders.policy().version
        return Plan(version, differences(self._senders.document(), self._senders.preview(document)))

    def _adopt(self, actor: Actor, document: PolicyDocument, expected_version: int, change: str) -> None:
        self._senders.adopt(document, author=author_of(actor), expected_version=expected_version, change=change)
