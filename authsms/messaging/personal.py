"""What is known of people who were sent notices and offers."""

from typing import Final, cast

from sqlalchemy import Table

from authsms.foundation.personal import Fate, Holding
from authsms.messaging.hook_models import HOOK_EVENT
from authsms.messaging.models import NoticeRecipientRow
from authsms.messaging.offers_models import OfferAddressRow, OfferLinkRow, OfferRecipientRow, OfferReplyRow

HOLDINGS: Final = (
    Holding("notices", cast("Table", NoticeRecipientRow.__table__), Fate.DELETED, ("notice",)),
    Holding("webhook_events", HOOK_EVENT, Fate.DELETED, ("kind", "created_at")),
    Holding(
        "offers",
        cast("Table", OfferRecipientRow.__table__),
        Fate.DELETED,
        ("offer", "login", "display_name", "state", "way", "answered_at", "attempts_made"),
    ),
    Holding("offer answers", cast("Table", OfferReplyRow.__table__), Fate.DELETED, ("offer", "received_at")),
    Holding("offer numbers", cast("Table", OfferAddressRow.__table__), Fate.DELETED, ("offer", "texted_at")),
    Holding("offer links", cast("Table", OfferLinkRow.__table__), Fate.DELETED, ("offer",)),
)
