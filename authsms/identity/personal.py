"""What is known of people beside what their repository says."""

from typing import Final

from authsms.foundation.personal import Fate, Holding
from authsms.identity.models import OWN_NUMBER, PREFERENCE

HOLDINGS: Final = (
    Holding("own_numbers", OWN_NUMBER, Fate.DELETED, ("masked", "set_at")),
    Holding("preferences", PREFERENCE, Fate.DELETED, ("language", "changed_at")),
)
