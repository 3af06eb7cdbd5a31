"""Notices: what was changed about somebody's ways to sign in, and what to do if he did not ask for it.

Whoever can change such a thing for somebody else can be talked into it, so the person hears of it by another way (NIST
SP 800-63B-4, 4.6). No secret stands in a notice, and nothing to click on.
"""

from collections.abc import Collection, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy.orm import Session

from authsms.delivery.outbox import Draft, Outbox
from authsms.foundation.clock import Clock
from authsms.foundation.phone import country_of
from authsms.foundation.vault import Vault
from authsms.identity.repository import Person
from authsms.senders.submission import Purpose

LIFETIME: Final = timedelta(hours=12)
_LONGEST_HOST: Final = 40


class Notice(StrEnum):
    """What somebody is told of."""

    EMERGENCY_ISSUED = "emergency-issued"
    APP_REMOVED = "app-removed"
    METHOD_RESTORED = "method-restored"


_WORDS: Final[Mapping[str, Mapping[Notice, str]]] = {
    "en": {
        Notice.EMERGENCY_ISSUED: "{host}: An emergency password was issued for you. Not at your request? Call your "
        "help desk at once.",
        Notice.APP_REMOVED: "{host}: The help desk has removed your authenticator app. Not at your request? Call your "
        "help desk at once.",
        Notice.METHOD_RESTORED: "{host}: A way to sign in that was switched off after wrong codes works again. Not at "
        "your request? Call your help desk at once.",
    },
    "de": {
        Notice.EMERGENCY_ISSUED: "{host}: Für Sie wurde ein Notfallpasswort ausgegeben. Nicht auf Ihren Wunsch? "
        "Rufen Sie sofort Ihren Helpdesk an.",
        Notice.APP_REMOVED: "{host}: Der Helpdesk hat Ihre Authenticator-App entfernt. Nicht auf Ihren Wunsch? "
        "Rufen Sie sofort Ihren Helpdesk an.",
        Notice.METHOD_RESTORED: "{host}: Ein nach falschen Codes abgeschalteter Anmeldeweg geht wieder. Nicht auf "
        "Ihren Wunsch? Rufen Sie sofort Ihren Helpdesk an.",
    },
}


class AccountNotices:
    """Queues notices.

    Args:
        outbox: Takes them.
        vault: Names them.
        clock: Dates them.
        host: What a notice calls this house.
        countries: Where texts may go; everywhere when empty.
    """

    def __init__(self, outbox: Outbox, vault: Vault, clock: Clock, *, host: str, countries: Collection[str]) -> None:
        self._outbox = outbox
        self._vault = vault
        self._clock = clock
        self._host = host[:_LONGEST_HOST]
        self._countries = frozenset(countries)

    def tell(self, session: Session, person: Person, notice: Notice, locale: str) -> bool:
        """Queue a notice within the caller's transaction; False when there is no number it could go to.

        Args:
            session: The transaction of what is told.
            person: Whom to tell.
            notice: What to tell.
            locale: Language; English where we lack it.
        """
        number = person.phone
        if number is None or (self._countries and country_of(number) not in self._countries):
            return False
        draft = Draft(
            self._vault.new_id(),
            Purpose.NOTICE,
            number,
            _WORDS.get(locale, _WORDS["en"])[notice].format(host=self._host),
            self._clock.now() + LIFETIME,
            f"notice:{notice.value}",
            person_key=person.key,
            login=person.login,
            groups=person.groups,
        )
        return self._outbox.enqueue(session, draft) is None
