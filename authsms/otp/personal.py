"""What is known of people who are sent codes."""

from typing import Final

from authsms.foundation.personal import Fate, Holding
from authsms.otp.models import CHALLENGE, METHOD_FAILURE

HOLDINGS: Final = (
    Holding("codes", CHALLENGE, Fate.PASSING, ("method", "state", "attempts", "issued_at", "expires_at", "ended_at")),
    Holding(
        "wrong_answers",
        METHOD_FAILURE,
        Fate.GUARDED,
        ("method", "failures", "held_until", "disabled", "failed_at"),
        wiped={"number_hash": "", "number": None, "new_number_hash": "", "new_number_from": None},
    ),
)
