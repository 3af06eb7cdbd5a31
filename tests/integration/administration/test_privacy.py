"""What is known of somebody: handed out whole, and forgotten but for what proves something."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import LargeBinary, select

from authsms.administration.rights import Role
from authsms.audit.vocabulary import Author
from authsms.contacts.agreement import ConsentAct, ContactKind
from authsms.contacts.consent import Way
from authsms.contacts.entries import Stated
from authsms.contacts.suppression import Source, Stop
from authsms.desks import HOLDINGS
from authsms.foundation.db import Base
from authsms.foundation.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError, ProofNeededError
from authsms.foundation.phone import PhoneNumber, mask
from authsms.identity.definitions import RepositoryDefinition
from authsms.identity.repository import Person
from authsms.logon.methods.sms_otp import SmsOtpMethod
from authsms.otp.failures import UNBOUND
from tests.functional.portals.admin.office import OVERDUE
from tests.integration.administration.people_at_work import ADMINISTRATOR, AUDITOR, HELPDESK, PHONE, Work, actor

PRIVATE = PhoneNumber("+4915112345677")


def lived(work: Work) -> Person:
    """Return somebody who has left traces in most places; a code of his waits."""
    person = work.person("alice", mail="alice@example.com")
    owner = Author("alice", person.key)
    contact = work.services.contacts.add(owner, ContactKind.HOME, PRIVATE)
    with work.services.database.write() as session:
        stated = Stated(work.clock.now(), "I agree", "a form")
        work.services.contacts.take_in(session, owner, contact, PRIVATE, stated)
    work.services.preferences.keep_language(person.key, "de")
    work.log_in()
    work.deliver()
    work.clock.advance(timedelta(minutes=2))
    work.at_code()
    work.set_up_app(person)
    return person


def told_of(work: Work, person: Person) -> dict[str, int]:
    """Return in which tables a person can be found, and in how many rows."""
    marks = (person.key, person.login, "alice@example.com", "•77", "•42")
    found = {}
    with work.services.database.read() as session:
        for name, table in Base.metadata.tables.items():
            shown = [column for column in table.c if not isinstance(column.type, LargeBinary)]
            rows = [" ".join(map(str, row)) for row in session.execute(select(*shown))]
            found[name] = sum(any(mark in row for mark in marks) for row in rows)
    return {name: count for name, count in found.items() if count}


def test_all_that_is_known_is_handed_out_without_secrets(work: Work):
    """His own numbers in full: they are his. Codes, texts, seeds and hashes are nobody's to see."""
    person = lived(work)
    code = work.code()
    written = work.services.privacy_desk.export(ADMINISTRATOR, person.key)
    told = json.loads(written)

    assert told["directory"]["phones"] == [PHONE]
    assert [one["language"] for one in told["preferences"]] == ["de"]
    assert told["codes_came_back_from"] == mask(PHONE)
    assert [one["number"] for one in told["contacts"]] == [PRIVATE]
    assert [one["act"] for one in told["consents"]] == [ConsentAct.IMPORTED.value]
    assert told["sessions"][0]["mail"] == "alice@example.com"
    assert [one["method"] for one in told["methods"]] == ["TOTP:1"]
    assert len(told["messages"]) == 2
    assert "logon.finished" in [one["tag"] for one in told["audit"]]
    assert set(told) >= {one.name for one in HOLDINGS}
    assert code not in written
    assert work.tags()[:2] == ["people.exported"] * 2


def test_an_erased_person_is_found_only_where_something_has_to_be_proven(work: Work):
    """The account is ours, so it goes too, and with it what kept strangers out of it; the chain still holds."""
    person = lived(work)
    with work.services.database.write() as session:
        work.services.challenges.failures.add(session, person.key, SmsOtpMethod.name)
    erased = work.services.privacy_desk.erase(ADMINISTRATOR, person.key, "letter of 3 May")
    work.services.audit.seal()
    waiting = work.services.audit.verify()

    assert set(told_of(work, person)) <= {
        *("audit_record", "consent"),
        *("challenge", "logon_process", "access_token", "authorization_code"),
    }
    assert (erased.taken_back, erased.is_account_left) == (1, False)
    assert [one.act for one in work.services.consents.of(person.key)] == [ConsentAct.WITHDRAWN, ConsentAct.IMPORTED]
    assert (waiting.broken_at, waiting.waiting) == (None, 0)
    assert work.services.people.find(r"LOCAL\alice") is None
    work.deliver()
    assert len(work.provider.submissions) == 1


def test_what_guards_an_account_stays_while_there_is_one(work: Work):
    """Else an erasure would let a blocked person in again, and give a guesser new tries."""
    settings = {
        "servers": ["ldap://127.0.0.1:1"],
        "base": "dc=example",
        "bind_dn": "cn=reader",
        "allow_plaintext": True,
        "preset": "openldap",
    }
    work.services.people.save_repository(RepositoryDefinition("CORP", "ldap", settings, "secret"))
    key = "CORP:6d0a1c3e-9d3b-4e0f-8a55-0f2f0e1d2c3b"
    with work.services.database.write() as session:
        work.services.blocks.add(session, key, "carl", reason="left", by="anna")
        work.services.challenges.failures.add(session, key, SmsOtpMethod.name)
        work.services.numbers.bind(session, key, PRIVATE)
    erased = work.services.personal_records.erase(Author(), key, "asked")

    assert erased.is_account_left
    assert work.services.blocks.of(key) is not None
    with work.services.database.read() as session:
        standing = work.services.challenges.failures.standing(session, key, SmsOtpMethod.name)
    assert (standing.failures, standing.bound) == (1, UNBOUND)


def test_only_who_may_and_has_just_proven_himself_does_it(work: Work):
    """ATK-45; a help desk sees people, and neither hands them out nor erases them."""
    person, desk = lived(work), work.services.privacy_desk
    for other in (HELPDESK, AUDITOR):
        with pytest.raises(ForbiddenError):
            desk.export(other, person.key)
        with pytest.raises(ForbiddenError):
            desk.erase(other, person.key, "asked")
    stale = actor(Role.ADMINISTRATOR, age=OVERDUE)
    with pytest.raises(ProofNeededError):
        desk.export(stale, person.key)
    with pytest.raises(ProofNeededError):
        desk.erase(stale, person.key, "asked")
    with pytest.raises(InvalidInputError):
        desk.erase(ADMINISTRATOR, person.key, "  ")
    with pytest.raises(NotFoundError):
        desk.export(ADMINISTRATOR, "LOCAL:nobody")

    assert "people.erased" not in work.tags()


def test_administrators_are_not_erased(work: Work):
    """Nor anybody himself: the last one would lock everybody out."""
    person = lived(work)
    work.services.administrators.grant(person, [Role.AUDITOR])
    for key in (person.key, ADMINISTRATOR.person_key):
        with pytest.raises(ConflictError):
            work.services.privacy_desk.erase(ADMINISTRATOR, key, "asked")


def test_a_stopped_number_stays_stopped(work: Work):
    """The opt-out knows no number, and outlives whoever had it."""
    person, suppressions = lived(work), work.services.suppressions
    stop = Stop(suppressions.hash_of(PRIVATE), "•••••••77", Way("twilio", "+12025550100"), Source.REPLY, "STOP")
    with work.services.database.write() as session:
        suppressions.stop(session, stop)
    work.services.privacy_desk.erase(ADMINISTRATOR, person.key, "asked")

    assert len(suppressions.of(PRIVATE)) == 1
