"""Whoever's factors are changed hears of it by mail, too: from a queue that loses nothing and keeps nobody waiting."""

from dataclasses import dataclass
from datetime import UTC, timedelta

import pytest
from sqlalchemy import select

from authsms.administration.alarm_rules import AlarmKind
from authsms.audit import AuditTag
from authsms.delivery.account_mails import AccountMails
from authsms.delivery.account_notices import Notice
from authsms.delivery.gauges import MAILS_GIVEN_UP
from authsms.delivery.mail_courier import MailCourier
from authsms.delivery.mail_models import MAIL
from authsms.delivery.mails import PATIENCE, REMEMBERED, WAITS, MailQueue
from authsms.delivery.smtp import MailCarrier
from authsms.foundation import metrics
from authsms.foundation.db import Database
from authsms.foundation.mail_settings import MailSettings
from authsms.foundation.settings import Settings
from authsms.foundation.vault import Vault
from authsms.identity.drafts import PersonDraft
from authsms.identity.local_people import LocalPeople
from authsms.identity.repository import Person
from authsms.logon.holder import Holder
from authsms.wiring import Services, assemble
from tests.fakes import ManualClock
from tests.integration.otp.racing import at_once
from tests.parts.smtp import MailServer, serving
from tests.unit.foundation.test_mail_address import HOSTILE

ADDRESS, NUMBER, LOGIN = "alice@example.org", "+4915112345678", "alice4711"


@dataclass
class Case:
    """An installation with a mail server, and somebody with an address."""

    services: Services
    server: MailServer
    clock: ManualClock
    person: Person

    @property
    def holder(self) -> Holder:
        """The person, signed in just now."""
        return Holder(self.person.key, self.person.login, "web", "", timedelta(0), is_two_factors=True)

    def courier(self) -> MailCourier:
        """What sends the mails."""
        services = self.services
        return MailCourier(services.mails, MailCarrier(services.settings.mail))

    def tell(self, notice: Notice = Notice.APP_SET_UP, locale: str = "en", person: Person | None = None) -> bool:
        """Tell the person something."""
        tell = self.services.account_notices.prepare(person or self.person, notice, locale)
        with self.services.database.write() as session:
            return tell(session)

    def rows(self) -> list[tuple[str, bool, bool]]:
        """Return of each mail how it failed, whether its words are there, and whether it is to be tried again."""
        query = select(MAIL.c.failure, MAIL.c.content.is_not(None), MAIL.c.due_at.is_not(None)).order_by(MAIL.c.id)
        with self.services.database.read() as session:
            return [(row[0], bool(row[1]), bool(row[2])) for row in session.execute(query)]

    def troubles(self) -> tuple[list[object], list[float]]:
        """Return how many mails alarms speak of, and how many are measured."""
        found = [one for one in self.services.monitoring.lookout.findings() if one.kind is AlarmKind.MAILS_GIVEN_UP]
        measured = [one.value for one in self.services.readings() if one.measure is MAILS_GIVEN_UP]
        return [one.facts["count"] for one in found], measured

    def given_up(self) -> list[dict]:
        """Return what the audit trail says of mails that were given up."""
        found = [one.entry for one in self.services.audit.search() if one.entry.tag is AuditTag.MAIL_GIVEN_UP]
        assert {self.person.key} >= {one.person_key for one in found}
        return [dict(one.details) for one in found]


def open_case(settings: Settings, database: Database, vault: Vault, clock: ManualClock, **mail) -> Case:
    """Return an installation whose mail server is not started yet."""
    with serving(MailServer()) as server:  # so that it has a port
        pass
    known = {"host": "127.0.0.1", "port": server.port, "security": "none", "from_address": "login@example.com"}
    whole = Settings.model_validate({**settings.model_dump(), "instance": settings.instance, "mail": {**known, **mail}})
    services = assemble(whole, database, vault, clock)
    draft = PersonDraft(LOGIN, "Alice", (NUMBER,), mail=ADDRESS, password="correct horse")  # type: ignore[arg-type]
    return Case(services, server, clock, LocalPeople(database, vault, clock).create(draft))


@pytest.fixture
def case(instance, sqlite_database_url, vault, clock):
    """On SQLite, where SQL is not the point."""
    settings = Settings.model_validate({"instance": instance, "environment": "development"})
    database = Database(sqlite_database_url)
    yield open_case(settings, database, vault, clock)
    database.dispose()


@pytest.fixture
def both(settings, database, vault, clock) -> Case:
    """On SQLite and on PostgreSQL."""
    return open_case(settings, database, vault, clock)


def test_a_change_is_mailed_once(both: Case):
    """Also where no text can be sent; with neither codes nor numbers nor login names, and no address is kept."""
    codes = both.services.own_codes.make(both.holder)
    with serving(both.server) as server:
        taken = both.courier().deliver()
        again = both.courier().deliver()
    (letter,) = server.letters
    words = letter.message.get_content()
    (made,) = [one.entry for one in both.services.audit.search() if one.entry.tag is AuditTag.RECOVERY_CODES_MADE]

    assert (1, 0) == (taken, again)
    assert [ADDRESS] == letter.recipients
    assert "127.0.0.1: a change to your account" == letter.message["Subject"]
    assert "New recovery codes were made for your account. Not you? Contact your help desk at once." in words
    assert f"{both.clock.now():%Y-%m-%d at %H:%M} (UTC)" in words
    assert not [one for one in (*codes, NUMBER, NUMBER[3:], LOGIN, "://") if one in letter.octets.decode()]
    assert [("", False, False)] == both.rows()
    assert made.details["told"] is True


def test_of_many_processes_one_sends(both: Case):
    """Each try is claimed before the server is asked."""
    both.tell()
    both.tell(Notice.APP_REMOVED)
    with serving(both.server) as server:
        taken = at_once(4, both.courier().deliver)

    assert (2, 2) == (sum(taken), len(server.letters))


def test_a_change_that_is_undone_is_not_mailed(case: Case):
    """The mail is written in the change's own transaction."""
    tell = case.services.account_notices.prepare(case.person, Notice.APP_SET_UP, "en")
    with pytest.raises(RuntimeError), case.services.database.write() as session:
        tell(session)
        raise RuntimeError

    assert [] == case.rows()


def test_while_the_server_is_down_mails_wait(case: Case):
    """One try shows it; when it is up again, all go."""
    for _ in range(3):
        case.tell()
    down = [case.courier().deliver() for _ in range(2)]
    waiting = case.rows()
    case.clock.advance(WAITS[0])
    with serving(case.server) as server:
        up = case.courier().deliver()

    assert ([0, 0], 3) == (down, up)
    assert ["", "the server cannot be reached", "the server cannot be reached"] == sorted(one[0] for one in waiting)
    assert all(has_words and waits for _, has_words, waits in waiting)
    assert 3 == len(server.letters)


def test_after_a_day_a_mail_is_given_up(case: Case):
    """With growing pauses until then; an alarm and the audit trail say so, and nothing of the mail is kept."""
    before = metrics.MAILS.labels("given-up")._value.get()
    case.tell()
    tries, told = 0, [case.troubles()]
    while any(waits for *_, waits in case.rows()):
        assert case.courier().deliver() == 0
        told.append(case.troubles())
        case.clock.advance(WAITS[min(tries, len(WAITS) - 1)])
        tries += 1
    case.clock.advance(REMEMBERED)

    assert tries == len(WAITS) + 2
    assert ([], [0]) == told[0] == told[-2] == case.troubles()
    assert ([1], [1]) == told[-1]
    assert [("the server cannot be reached", False, False)] == case.rows()
    assert [("app-set-up", "the server cannot be reached")] == [
        (one["about"], one["reason"]) for one in case.given_up()
    ]
    assert 1 == metrics.MAILS.labels("given-up")._value.get() - before


def test_what_nobody_tried_for_a_day_is_tried_before_it_is_given_up(case: Case):
    """Delivery was not running, or the first of many showed that the server was down."""
    case.tell()
    case.clock.advance(PATIENCE * 2)
    with serving(case.server) as server:
        late = case.courier().deliver()
    for _ in range(3):
        case.tell()
    case.clock.advance(PATIENCE * 2)
    down = case.courier().deliver()

    assert (1, 1, 0) == (late, len(server.letters), down)
    assert 3 == len(case.given_up())
    assert not any(waits for *_, waits in case.rows())


def test_a_recipient_who_is_refused_keeps_no_other_waiting(case: Case):
    """An address that does not exist is not tried again; one that is to come again later is."""
    case.tell()
    case.tell()
    with serving(case.server) as server:
        server.answers = {"RCPT": "450 4.2.0 later"}
        case.courier().deliver()
        later = case.rows()
        server.answers = {"RCPT": f"550 5.1.1 <{ADDRESS}> is unknown"}
        case.clock.advance(WAITS[0])
        case.courier().deliver()

    assert [("the recipient was refused (450)", True, True)] * 2 == later
    assert [("the recipient was refused (550)", False, False)] * 2 == case.rows()
    assert ["the recipient was refused (550)"] * 2 == [one["reason"] for one in case.given_up()]


def test_what_is_no_address_is_not_written_to(vault: Vault, clock: ManualClock):
    """Whatever a directory holds."""
    mails = AccountMails(vault, clock, host="here", zone=UTC)
    people = [Person("corp", "id", "alice", "Alice", mail=address) for address in ("", *HOSTILE)]

    assert not [person.mail for person in people if mails.draft(person, "app-set-up", "words", "en")]


@pytest.mark.parametrize(
    ("locale", "subject"), [("de", "eine Änderung an Ihrem Konto"), ("fr", "a change to your account")]
)
def test_every_notice_is_mailed_in_the_persons_language(case: Case, locale, subject):
    """But for those that are about the number they are sent to."""
    told = [notice for notice in Notice if case.tell(notice, locale)]
    with serving(case.server) as server:
        case.courier().deliver()

    assert {Notice.CONTACT_CHANGED, Notice.CONTACT_REMOVED} == set(Notice) - set(told)
    assert {f"127.0.0.1: {subject}"} == {one.message["Subject"] for one in server.letters}
    assert len(told) == len({one.message.get_content() for one in server.letters})


def test_nothing_is_mailed_where_no_server_is_set(case: Case):
    """As it was before."""
    settings = case.services.settings.model_copy(update={"mail": MailSettings()})
    silent = assemble(settings, case.services.database, case.services.vault, case.clock)
    case.services = silent
    tasks = {one.name for one in silent.periodic_tasks()}

    assert not case.tell()
    assert [] == case.rows()
    assert ("purge-mails" in tasks, "send-mails" in tasks) == (True, False)


def test_mails_are_deleted_when_messages_are(case: Case):
    """Also those that never went out."""
    tasks = {one.name: one.work for one in case.services.periodic_tasks()}
    case.tell()
    case.clock.advance(case.services.settings.retention.messages + timedelta(seconds=1))
    case.tell()
    tasks["purge-mails"]()

    assert 1 == len(case.rows())
    assert "send-mails" in tasks


def test_a_mail_whose_seal_is_broken_is_given_up(case: Case):
    """Its key is gone, or somebody has moved it to another row."""
    case.tell()
    with case.services.database.write() as session:
        session.execute(MAIL.update().values(content=b"moved"))
    case.courier().deliver()

    assert ["the seal is broken"] == [one["reason"] for one in case.given_up()]


def test_logs_and_tables_name_nobody(case: Case, logged):
    """Neither the address nor the words nor the password of the mail server, whatever happens."""
    secret = "a very secret word"
    mail = case.services.settings.mail.model_dump() | {"user": "login", "password": secret, "security": "starttls"}
    settings = Settings.model_validate(
        {**case.services.settings.model_dump(), "instance": case.services.settings.instance, "mail": mail}
    )
    case.services = assemble(settings, case.services.database, case.services.vault, case.clock)
    case.tell()
    with serving(case.server):
        case.courier().deliver()
    with case.services.database.read() as session:
        kept = repr(session.execute(select(MAIL)).all())
    seen = logged.text + kept

    assert "mail.not_sent" in seen
    assert not [word for word in (secret, ADDRESS, "authenticator app", NUMBER) if word in seen]


def test_a_mail_that_is_erased_meanwhile_is_not_sent(case: Case):
    """The person is to be forgotten."""
    case.tell()
    queue: MailQueue = case.services.mails
    (due,) = queue.due()
    with case.services.database.write() as session:
        session.execute(MAIL.delete())

    assert not queue.take(due)
