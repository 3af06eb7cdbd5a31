"""What notices about an account say by mail, to the address that the person's repository has for him now.

A mail holds the sentence that the text message holds, and when it happened. No secret, no number, no login name (some
are numbers), and no link: whoever gets it by mistake learns nothing, and nobody gets used to clicking on such things.
"""

from collections.abc import Mapping
from datetime import tzinfo
from typing import Final

from authsms.delivery.mails import Mail, MailDraft
from authsms.foundation.clock import Clock
from authsms.foundation.errors import InvalidInputError
from authsms.foundation.logs import get_logger
from authsms.foundation.mail_address import read_address
from authsms.foundation.vault import Vault
from authsms.identity.repository import Person

_SUBJECTS: Final[Mapping[str, str]] = {
    "en": "{host}: a change to your account",
    "de": "{host}: eine Änderung an Ihrem Konto",
}
_BODIES: Final[Mapping[str, str]] = {
    "en": "{sentence}\n\nThis was on {date} at {time} ({zone}).\n\n"
    "Mails like this are sent automatically, and nobody reads answers to them. They hold no links. Nobody asks for "
    "your codes or passwords by mail.\n",
    "de": "{sentence}\n\nDas war am {date} um {time} Uhr ({zone}).\n\n"
    "Mails wie diese werden automatisch verschickt, Antworten darauf liest niemand. Sie enthalten keine Links. Niemand "
    "fragt Sie per Mail nach Codes oder Passwörtern.\n",
}
_DATES: Final[Mapping[str, str]] = {"en": "%Y-%m-%d", "de": "%d.%m.%Y"}
_log = get_logger(__name__)


class AccountMails:
    """Writes such mails.

    Args:
        vault: Names them.
        clock: Dates them.
        host: What a mail calls this house.
        zone: Whose clock a mail goes by.
    """

    def __init__(self, vault: Vault, clock: Clock, *, host: str, zone: tzinfo) -> None:
        self._vault = vault
        self._clock = clock
        self._host = host
        self._zone = zone

    def draft(self, person: Person, kind: str, sentence: str, locale: str) -> MailDraft | None:
        """Return a mail that says *sentence*, in a language like it; None when there is no address that can be used."""
        if not person.mail:
            return None
        try:
            address = read_address(person.mail)
        except InvalidInputError:
            _log.info("mail.address_unusable", repository=person.repository, id=person.id)
            return None
        language = locale if locale in _BODIES else "en"
        now = self._clock.now()
        here = now.astimezone(self._zone)
        body = _BODIES[language].format(
            sentence=sentence, date=here.strftime(_DATES[language]), time=here.strftime("%H:%M"), zone=here.tzname()
        )
        subject = _SUBJECTS[language].format(host=self._host)
        mail = Mail(self._vault.new_id(), address, subject, body, language, now)
        return MailDraft(mail, kind, person.key, person.login)
