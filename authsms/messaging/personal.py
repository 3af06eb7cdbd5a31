"""What is known of people who were sent notices."""

from typing import Final, cast

from sqlalchemy import Table

from authsms.foundation.personal import Fate, Holding
from authsms.messaging.models import NoticeRecipientRow

HOLDINGS: Final = (Holding("notices", cast("Table", NoticeRecipientRow.__table__), Fate.DELETED, ("notice",)),)
