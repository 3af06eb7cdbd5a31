"""What alarms say to people: what is wrong, what to do about it, and the page that helps."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from flask import url_for
from flask_babel import format_date, format_timedelta, gettext, lazy_gettext
from flask_babel.speaklater import LazyString

from authsms.administration.actors import Actor
from authsms.administration.alarm_rules import AlarmKind
from authsms.administration.alarms import Alarm
from authsms.administration.rights import Right
from authsms.audit import AuditTag
from authsms.delivery.breaker import Trouble
from authsms.delivery.caps import CapScope
from authsms.portals.admin import limits_words
from authsms.portals.admin.dashboard_words import money
from authsms.portals.admin.messages_words import PURPOSES
from authsms.senders.submission import Purpose


@dataclass(frozen=True, slots=True)
class Told:
    """An alarm in words.

    Attributes:
        address: The page that helps, or empty when the reader may not open it.
        moment: A moment that belongs to *what* and is told with it, or None.
    """

    alarm: Alarm
    title: str
    what: str
    advice: str
    address: str
    label: str
    moment: datetime | None = None

    @property
    def is_critical(self) -> bool:
        """Whether somebody has to do something now."""
        return self.alarm.severity == "critical"


@dataclass(frozen=True, slots=True)
class _Words:
    title: str
    what: str
    advice: str


def told(alarm: Alarm, actor: Actor) -> Told:
    """Return *alarm* in the words of the reader's language."""
    words = _WORDS[alarm.kind](alarm)
    address, label = _page(alarm, actor)
    return Told(alarm, words.title, words.what, words.advice, address, label, _moment(alarm))


def _no_delivery(_alarm: Alarm) -> _Words:
    return _Words(
        gettext("No delivery process is running"),
        gettext("Texts are queued, and nobody hands them to a provider. Codes expire before they are sent."),
        gettext("Start the server again, or a worker by itself (authsms worker), and look into its log."),
    )


def _old_queue(alarm: Alarm) -> _Words:
    purpose = PURPOSES[Purpose(alarm.subject)]
    waited = timedelta(seconds=int(alarm.facts.get("seconds", 0)))
    return _Words(
        gettext("The queue stands still: %(purpose)s", purpose=purpose),
        gettext(
            "%(due)s messages could be handed over now; the first has waited for %(time)s.",
            due=alarm.facts.get("due", ""),
            time=format_timedelta(waited, threshold=1.5),
        ),
        gettext("See whether a provider is slow or left alone, and whether enough delivery processes are alive."),
    )


def _service_failing(alarm: Alarm) -> _Words:
    title = gettext("%(service)s does not work", service=alarm.subject)
    advice = gettext("Send a test message: it shows the provider's own answer and what it means.")
    if "failed" in alarm.facts:
        what = gettext(
            "%(failed)s of %(attempts)s attempts within %(minutes)s minutes failed.",
            **{name: alarm.facts.get(name, "") for name in ("failed", "attempts", "minutes")},
        )
        return _Words(title, what, advice)
    code = str(alarm.facts.get("code", ""))
    match alarm.facts.get("reason"):
        case Trouble.ACCOUNT:
            what = gettext("The provider refuses this account. It is left alone and tried again now and then.")
        case Trouble.THROTTLED:
            what = gettext("The provider asks to wait. It is left alone until then.")
            advice = gettext("Ask the provider for a higher rate, or let a second service carry a part.")
        case _:
            what = gettext("It failed again and again. It is left alone and tried again by itself.")
    if code:
        what = gettext("%(sentence)s Its code: %(code)s.", sentence=what, code=code)
    return _Words(title, what, advice)


def _service_demoted(alarm: Alarm) -> _Words:
    return _Words(
        gettext("%(service)s takes texts that do not arrive", service=alarm.subject),
        gettext(
            "It is tried after all other services until texts arrive again. Countries: %(countries)s.",
            countries=alarm.facts.get("countries", ""),
        ),
        gettext("Ask the provider about these routes, with ids of messages that were taken and never delivered."),
    )


def _service_paused(alarm: Alarm) -> _Words:
    return _Words(
        gettext("%(service)s is paused", service=alarm.subject),
        gettext("%(author)s has paused it; no text goes through it.", author=alarm.facts.get("by", "")),
        gettext("Resume it when the reason is gone."),
    )


def _purpose_paused(alarm: Alarm) -> _Words:
    return _Words(
        gettext("Paused: %(purpose)s", purpose=PURPOSES[Purpose(alarm.subject)]),
        gettext("%(author)s has paused these texts; they wait, and expire.", author=alarm.facts.get("by", "")),
        gettext("Resume it when the reason is gone."),
    )


def _webhook_silent(alarm: Alarm) -> _Words:
    return _Words(
        gettext("%(service)s no longer reports", service=alarm.subject),
        gettext(
            "It took %(accepted)s texts within %(hours)s hours, and no report has come about any of them.",
            accepted=alarm.facts.get("accepted", ""),
            hours=alarm.facts.get("hours", ""),
        ),
        gettext(
            "Compare the callback address with the provider's console, and see that this server can be reached. Where "
            "reports are fetched, the log says why none came."
        ),
    )


def _spending(alarm: Alarm) -> _Words:
    scope, name = CapScope(str(alarm.facts.get("scope", ""))), str(alarm.facts.get("name", ""))
    target = limits_words.target(scope, name)
    advice = gettext("See who asks for so many texts. If all is well, raise the cap; if not, close the way they come.")
    if alarm.facts.get("reached"):
        title = gettext("A cap is used up: %(target)s", target=target)
        what = gettext("Texts are held back until it begins anew. A part may be kept for people with a first factor.")
        return _Words(title, what, advice)
    title = gettext("A cap is nearly used up: %(target)s", target=target)
    percent = alarm.facts.get("percent", "")
    return _Words(title, gettext("%(percent)s %% of it are used in the present window.", percent=percent), advice)


def _balance_low(alarm: Alarm) -> _Words:
    return _Words(
        gettext("The account of %(service)s runs out", service=alarm.subject),
        gettext(
            "%(amount)s %(currency)s are left; you are told below %(threshold)s.",
            amount=money(float(alarm.facts.get("amount", 0))),
            currency=alarm.facts.get("currency", ""),
            threshold=money(float(alarm.facts.get("threshold", 0))),
        ),
        gettext("Top the account up, or let another service go first."),
    )


def _directory_certificate(alarm: Alarm) -> _Words:
    return _Words(
        gettext("The certificate of %(subject)s ends", subject=alarm.subject),
        _end_of_certificate(alarm),
        gettext("Renew it on the directory server. Once it has ended, nobody of this repository can sign in."),
    )


def _public_certificate(alarm: Alarm) -> _Words:
    return _Words(
        gettext("The certificate of %(subject)s ends", subject=alarm.subject),
        _end_of_certificate(alarm),
        gettext(
            "Renew it where TLS ends, most often at the reverse proxy. Once it has ended, browsers refuse this server."
        ),
    )


def _hook_unheard(alarm: Alarm) -> _Words:
    return _Words(
        gettext("%(endpoint)s has not taken what its webhook tells", endpoint=alarm.facts.get("name", "")),
        gettext("Tried again and again, then given up: %(count)s.", count=alarm.facts.get("count", "")),
        gettext("See how the last try of each ended. When it is mended, send them again; after a month they are lost."),
    )


def _mails_given_up(alarm: Alarm) -> _Words:
    return _Words(
        gettext("Mails could not be handed over"),
        gettext("Given up within a day: %(count)s.", count=alarm.facts.get("count", "")),
        gettext("The audit trail says why. Correct the address, or try the mail server (authsms send-mail-test)."),
    )


def _end_of_certificate(alarm: Alarm) -> str:
    day = format_date(date.fromisoformat(str(alarm.facts["expires"])), "long")
    if int(alarm.facts.get("days", 0)) < 0:
        return str(gettext("It ended on %(day)s.", day=day))
    return str(gettext("It ends on %(day)s.", day=day))


_WORDS: Final[Mapping[AlarmKind, Callable[[Alarm], _Words]]] = {
    AlarmKind.NO_DELIVERY: _no_delivery,
    AlarmKind.OLD_QUEUE: _old_queue,
    AlarmKind.SERVICE_FAILING: _service_failing,
    AlarmKind.SERVICE_DEMOTED: _service_demoted,
    AlarmKind.SERVICE_PAUSED: _service_paused,
    AlarmKind.PURPOSE_PAUSED: _purpose_paused,
    AlarmKind.WEBHOOK_SILENT: _webhook_silent,
    AlarmKind.SPENDING: _spending,
    AlarmKind.BALANCE_LOW: _balance_low,
    AlarmKind.DIRECTORY_CERTIFICATE: _directory_certificate,
    AlarmKind.PUBLIC_CERTIFICATE: _public_certificate,
    AlarmKind.HOOK_UNHEARD: _hook_unheard,
    AlarmKind.MAILS_GIVEN_UP: _mails_given_up,
}


def _moment(alarm: Alarm) -> datetime:
    """Return since when it has been so: the signs may know better than whoever saw them first."""
    known = str(alarm.facts.get("since") or alarm.facts.get("opened") or "")
    return datetime.fromisoformat(known) if known else alarm.raised_at


def _page(alarm: Alarm, actor: Actor) -> tuple[str, str]:
    """Return address and name of the page that helps; both are empty when there is none for this reader."""
    kind = alarm.kind
    if kind not in _PAGES:
        return url_for("admin_queue.show"), gettext("Queue")
    right, endpoint, label = _PAGES[kind]
    if right is None or not actor.may(right):
        return "", ""
    name: dict[str, Any] = {_NAMED[endpoint]: alarm.subject} if endpoint in _NAMED else {}
    if kind is AlarmKind.MAILS_GIVEN_UP:
        name = {"tag": AuditTag.MAIL_GIVEN_UP.value}
    return url_for(endpoint, **name), str(label)


_NAMED: Final = {"admin_senders.trial": "name", "admin_messages.listing": "service", "admin_hooks.show": "client_id"}
"""What a page calls what it is about."""


_PAGES: Final[Mapping[AlarmKind, tuple[Right | None, str, LazyString]]] = {
    AlarmKind.SERVICE_FAILING: (Right.SENDERS_EDIT, "admin_senders.trial", lazy_gettext("Send a test message")),
    AlarmKind.SERVICE_DEMOTED: (Right.MESSAGES_SEE, "admin_messages.listing", lazy_gettext("Messages")),
    AlarmKind.WEBHOOK_SILENT: (Right.SENDERS_SEE, "admin_senders.listing", lazy_gettext("Sender policy")),
    AlarmKind.SPENDING: (Right.SENDERS_SEE, "admin_senders.limits", lazy_gettext("Limits and spending")),
    AlarmKind.BALANCE_LOW: (Right.SENDERS_SEE, "admin_senders.listing", lazy_gettext("Sender policy")),
    AlarmKind.DIRECTORY_CERTIFICATE: (
        Right.REPOSITORIES_SEE,
        "admin_repositories.listing",
        lazy_gettext("Repositories"),
    ),
    AlarmKind.PUBLIC_CERTIFICATE: (None, "", lazy_gettext("Start")),
    AlarmKind.HOOK_UNHEARD: (Right.LOGON_EDIT, "admin_hooks.show", lazy_gettext("Webhook")),
    AlarmKind.MAILS_GIVEN_UP: (Right.AUDIT_SEE, "admin_audit.listing", lazy_gettext("Audit")),
}
"""The page for each kind, and the right it asks for; the queue is for the others, and anybody may see it."""
