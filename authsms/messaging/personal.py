"""What is known of people who were sent notices."""

from typing import Final, cast

from sqlalchemy import Table

from authsms.foundation.personal import Fate, Holding
from authsms.messaging.hook_models import HOOK_EVENT
from authsms.messaging.models import NoticeRecipientRow

HOLDINGS: Final = (
    Holding("notices", cast("Table", NoticeRecipientRow.__table__), Fate.DELETED, ("notice",)),
    Holding("webhook_events", HOOK_EVENT, Fate.DELETED, ("kind", "created_at")),
)
