"""Notices: what was changed about somebody's account, and what to do if he did not ask for it.

Whoever can change such a thing, for himself or for somebody else, may be a thief or may have been talked into it, so
the person hears of it by another way (NIST SP 800-63B-4, 4.6). No secret stands in a notice, and nothing to click on.
Notices go by text, and also by mail where a mail server is set and the person has an address.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final, TypeAlias

from sqlalchemy.orm import Session

from authsms.delivery.account_mails import AccountMails
from authsms.delivery.mails import MailQueue
from authsms.delivery.outbox import Draft, Outbox
from authsms.foundation.clock import Clock
from authsms.foundation.phone import PhoneNumber, country_of
from authsms.foundation.vault import Vault
from authsms.identity.repository import Person
from authsms.senders.routes import Consignment, comparable
from authsms.senders.submission import Purpose

LIFETIME: Final = timedelta(hours=12)
_LONGEST_HOST: Final = 40
_PURPOSES: Final = (Purpose.NOTICE, Purpose.VERIFICATION)


class Notice(StrEnum):
    """What somebody is told of."""

    APP_SET_UP = "app-set-up"
    APP_REMOVED = "app-removed"
    RECOVERY_CODES_MADE = "recovery-codes-made"
    RECOVERY_CODE_USED = "recovery-code-used"
    METHOD_ASSIGNED = "method-assigned"
    PASSKEY_ADDED = "passkey-added"
    PASSKEY_REMOVED = "passkey-removed"
    EMERGENCY_ISSUED = "emergency-issued"
    APP_REMOVED_FOR = "app-removed-for"
    RECOVERY_CODES_REMOVED_FOR = "recovery-codes-removed-for"
    PASSKEYS_REMOVED_FOR = "passkeys-removed-for"
    METHOD_RESTORED = "method-restored"
    CONTACT_CHANGED = "contact-changed"
    CONTACT_REMOVED = "contact-removed"
    NUMBER_CHANGED = "number-changed"
    PASSWORD_CHANGED = "password-changed"  # noqa: S105 - a word of the vocabulary, not a password


_WORDS: Final[Mapping[str, Mapping[Notice, str]]] = {
    "en": {
        Notice.APP_SET_UP: "{host}: An authenticator app was set up for your account. Not you? Contact your help "
        "desk at once.",
        Notice.APP_REMOVED: "{host}: The authenticator app of your account was removed. Not you? Contact your help "
        "desk at once.",
        Notice.RECOVERY_CODES_MADE: "{host}: New recovery codes were made for your account. Not you? Contact your "
        "help desk at once.",
        Notice.RECOVERY_CODE_USED: "{host}: A recovery code was used to sign in to your account. Not you? Contact "
        "your help desk at once.",
        Notice.METHOD_ASSIGNED: "{host}: A token was assigned to your account. You have not got one? Contact your help "
        "desk at once.",
        Notice.PASSKEY_ADDED: "{host}: A passkey was added to your account. Not you? Contact your help desk at once.",
        Notice.PASSKEY_REMOVED: "{host}: A passkey of your account was removed. Not you? Contact your help desk at "
        "once.",
        Notice.EMERGENCY_ISSUED: "{host}: An emergency password was issued for you. Not at your request? Call your "
        "help desk at once.",
        Notice.APP_REMOVED_FOR: "{host}: The help desk has removed your authenticator app or token. Not at your "
        "request? Call your help desk at once.",
        Notice.RECOVERY_CODES_REMOVED_FOR: "{host}: The help desk has made your recovery codes void. Not at your "
        "request? Call your help desk at once.",
        Notice.PASSKEYS_REMOVED_FOR: "{host}: The help desk has removed your passkeys. Not at your request? Call your "
        "help desk at once.",
        Notice.METHOD_RESTORED: "{host}: A way to sign in that was switched off after wrong codes works again. Not at "
        "your request? Call your help desk at once.",
        Notice.CONTACT_CHANGED: "{host}: This number was replaced as a contact of your account. Not you? Contact your "
        "help desk at once.",
        Notice.CONTACT_REMOVED: "{host}: This number was removed from the contacts of your account. Not you? Contact "
        "your help desk at once.",
        Notice.NUMBER_CHANGED: "{host}: Codes for your account are to go to another phone number from now on. Not "
        "your wish? Contact your help desk at once.",
        Notice.PASSWORD_CHANGED: "{host}: The password of your account was changed. Not you? Contact your help desk at "
        "once.",
    },
    "de": {
        Notice.APP_SET_UP: "{host}: Für Ihr Konto wurde eine Authenticator-App eingerichtet. Nicht Sie? Rufen Sie "
        "sofort Ihren Helpdesk an.",
        Notice.APP_REMOVED: "{host}: Die Authenticator-App Ihres Kontos wurde entfernt. Nicht Sie? Rufen Sie sofort "
        "Ihren Helpdesk an.",
        Notice.RECOVERY_CODES_MADE: "{host}: Für Ihr Konto wurden neue Wiederherstellungscodes erstellt. Nicht Sie? "
        "Rufen Sie sofort Ihren Helpdesk an.",
        Notice.RECOVERY_CODE_USED: "{host}: Jemand hat sich mit einem Ihrer Wiederherstellungscodes angemeldet. "
        "Nicht Sie? Rufen Sie sofort Ihren Helpdesk an.",
        Notice.METHOD_ASSIGNED: "{host}: Ihrem Konto wurde ein Token zugeordnet. Sie haben keinen bekommen? Rufen Sie "
        "sofort Ihren Helpdesk an.",
        Notice.PASSKEY_ADDED: "{host}: Für Ihr Konto wurde ein Passkey eingerichtet. Nicht Sie? Rufen Sie sofort Ihren "
        "Helpdesk an.",
        Notice.PASSKEY_REMOVED: "{host}: Ein Passkey Ihres Kontos wurde entfernt. Nicht Sie? Rufen Sie sofort Ihren "
        "Helpdesk an.",
        Notice.EMERGENCY_ISSUED: "{host}: Für Sie wurde ein Notfallpasswort ausgegeben. Nicht auf Ihren Wunsch? "
        "Rufen Sie sofort Ihren Helpdesk an.",
        Notice.APP_REMOVED_FOR: "{host}: Der Helpdesk hat Ihre Authenticator-App oder Ihren Token entfernt. Nicht auf "
        "Ihren Wunsch? Rufen Sie sofort Ihren Helpdesk an.",
        Notice.RECOVERY_CODES_REMOVED_FOR: "{host}: Der Helpdesk hat Ihre Wiederherstellungscodes ungültig gemacht. "
        "Nicht auf Ihren Wunsch? Rufen Sie ihn sofort an.",
        Notice.PASSKEYS_REMOVED_FOR: "{host}: Der Helpdesk hat Ihre Passkeys entfernt. Nicht auf Ihren Wunsch? Rufen "
        "Sie ihn sofort an.",
        Notice.METHOD_RESTORED: "{host}: Ein nach falschen Codes abgeschalteter Anmeldeweg geht wieder. Nicht auf "
        "Ihren Wunsch? Rufen Sie sofort Ihren Helpdesk an.",
        Notice.CONTACT_CHANGED: "{host}: Diese Nummer wurde als Kontakt Ihres Kontos durch eine andere ersetzt. "
        "Nicht Sie? Rufen Sie sofort Ihren Helpdesk an.",
        Notice.CONTACT_REMOVED: "{host}: Diese Nummer wurde aus den Kontakten Ihres Kontos entfernt. Nicht Sie? "
        "Rufen Sie sofort Ihren Helpdesk an.",
        Notice.NUMBER_CHANGED: "{host}: Codes für Ihr Konto sollen ab jetzt an eine andere Nummer gehen. Nicht Ihr "
        "Wunsch? Rufen Sie sofort Ihren Helpdesk an.",
        Notice.PASSWORD_CHANGED: "{host}: Das Passwort Ihres Kontos wurde geändert. Nicht Sie? Rufen Sie sofort Ihren "
        "Helpdesk an.",
    },
}

_ABOUT_THE_NUMBER: Final = frozenset({Notice.CONTACT_CHANGED, Notice.CONTACT_REMOVED})
"""Notices to a contact, which is no factor; only whoever has that number understands them."""

Tell: TypeAlias = Callable[[Session], bool]
"""Queues a notice within the transaction of what it tells; False when nobody is told."""


Choose: TypeAlias = Callable[[Consignment], Sequence[object]]


@dataclass(frozen=True, slots=True)
class ByMail:
    """What it takes to send notices by mail, too."""

    mails: AccountMails
    queue: MailQueue

    def prepare(self, person: Person, notice: Notice, words: str, locale: str) -> Tell:
        """Return what queues a mail that says *words*."""
        draft = None if notice in _ABOUT_THE_NUMBER else self.mails.draft(person, notice.value, words, locale)
        if draft is None:
            return _tell_nobody

        def tell(session: Session) -> bool:
            self.queue.enqueue(session, draft)
            return True

        return tell


@dataclass(frozen=True, slots=True)
class Reach:
    """How people are reached.

    Attributes:
        choose: Returns the services that may carry a text.
        offered: The same, but as looked up last, without a look into the database.
        bound: Returns the number that codes came back from last of the person with a key, or None.
        language: Returns the language that the person with a key keeps, or nothing.
        by_mail: Sends notices by mail, too; they go by text only when left out.
    """

    choose: Choose
    offered: Choose
    bound: Callable[[str], PhoneNumber | None]
    language: Callable[[str], str]
    by_mail: ByMail | None = None


class AccountNotices:
    """Queues notices.

    Args:
        outbox: Takes them.
        vault: Names them.
        clock: Dates them.
        reach: Finds whom and by whom.
        host: What a notice calls this house.
        countries: Where texts may go; everywhere when empty.
    """

    def __init__(
        self,
        outbox: Outbox,
        vault: Vault,
        clock: Clock,
        *,
        reach: Reach,
        host: str,
        countries: Collection[str],
    ) -> None:
        self._outbox = outbox
        self._vault = vault
        self._clock = clock
        self._reach = reach
        self._host = host[:_LONGEST_HOST]
        self._countries = frozenset(countries)

    def prepare(self, person: Person | None, notice: Notice, locale: str, *, to: PhoneNumber | None = None) -> Tell:
        """Return what tells a person something; it does nothing for whom neither a text nor a mail can reach.

        Looks into the sender policy, so it is to be asked before a transaction is opened.

        Args:
            person: Whom to tell.
            notice: What to tell.
            locale: Language for whoever keeps none; English where we lack it. What was chosen in a browser just now
                does not count: whoever sits there may not be the one who is to read it.
            to: Number to text. When left out, the one that codes came back from last, for whoever has changed the one
                in the directory would be told alone; that of the directory where there is none yet.
        """
        if person is None:
            return _tell_nobody
        number = to or self._reach.bound(person.key) or person.phone
        return self._told(person, notice, self._reach.language(person.key) or locale, number, self._reach.choose)

    def prepare_within(self, person: Person, notice: Notice, locale: str, *, to: PhoneNumber) -> Tell:
        """Do what `prepare` does, within a transaction: in *locale*, by the sender policy as it was looked up last."""
        return self._told(person, notice, locale, to, self._reach.offered)

    def look_up(self, person: Person) -> None:
        """Look up the sender policy, so that `prepare_within` knows it."""
        if person.phone is not None:
            self._reach.choose(Consignment(Purpose.NOTICE, person.phone, groups=comparable(person.groups)))

    def _told(
        self,
        person: Person,
        notice: Notice,
        locale: str,
        number: PhoneNumber | None,
        choose: Choose,
    ) -> Tell:
        words = _WORDS.get(locale, _WORDS["en"])[notice].format(host=self._host)
        by_text = self._texted(person, notice, words, number, choose)
        mails = self._reach.by_mail
        by_mail = mails.prepare(person, notice, words, locale) if mails else _tell_nobody
        return lambda session: by_text(session) | by_mail(session)  # never `or`: by both ways

    def _texted(
        self,
        person: Person,
        notice: Notice,
        words: str,
        number: PhoneNumber | None,
        choose: Choose,
    ) -> Tell:
        if number is None or (self._countries and country_of(number) not in self._countries):
            return _tell_nobody
        groups = comparable(person.groups)
        ways = (one for one in _PURPOSES if choose(Consignment(one, number, groups=groups)))
        purpose = next(ways, None)
        if purpose is None:
            return _tell_nobody
        draft = Draft(
            self._vault.new_id(),
            purpose,
            number,
            words,
            self._clock.now() + LIFETIME,
            f"account:{notice.value}",
            person_key=person.key,
            login=person.login,
            groups=person.groups,
        )
        return lambda session: self._outbox.enqueue(session, draft) is None


def _tell_nobody(_session: Session) -> bool:
    return False
