"""Answers to keywords: texts that go out the way the keyword came in."""

from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from authsms.audit import AuditTrail
from authsms.contacts.inbox import Correspondence, Inbox, KeywordAnswer, ReplyListener
from authsms.contacts.suppression import SuppressionList
from authsms.delivery.outbox import Draft, Outbox
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database
from authsms.foundation.settings import Settings
from authsms.foundation.vault import Vault
from authsms.senders.routes import Route
from authsms.senders.submission import Purpose

_LIFETIME: Final = timedelta(hours=1)


class OutboxPost:
    """Puts answers into the outbox."""

    def __init__(self, outbox: Outbox, vault: Vault, clock: Clock) -> None:
        self._outbox = outbox
        self._vault = vault
        self._clock = clock

    def send(self, session: Session, keyword_answer: KeywordAnswer) -> None:
        """Queue an answer within the caller's transaction."""
        draft = Draft(
            id=self._vault.new_id(),
            purpose=Purpose.NOTICE,
            recipient=keyword_answer.recipient,
            text=keyword_answer.text,
            expires_at=self._clock.now() + _LIFETIME,
            reference="keyword",
            through=Route(keyword_answer.service, keyword_answer.sender),
        )
        self._outbox.enqueue(session, draft)


def open_inbox(  # noqa: PLR0913, PLR0917 - it stands where all of these meet
    settings: Settings,
    outbox: Outbox,
    suppressions: SuppressionList,
    database: Database,
    vault: Vault,
    clock: Clock,
    audit: AuditTrail,
    replies: ReplyListener | None = None,
) -> Inbox:
    """Return what takes the texts that people send to an installation."""
    style = Correspondence(settings.sms.default_region, urlsplit(settings.public_url).hostname or "")
    post = OutboxPost(outbox, vault, clock)
    kept = settings.retention.inbound_texts
    return Inbox(
        *(database, vault, clock, audit, suppressions),
        post=post,
        correspondence=style,
        kept=kept,
        replies=replies,
    )
