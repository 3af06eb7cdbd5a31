"""A notice is a program's or an operator's, never both: a program sees and cancels all that goes by its names."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from authsms.foundation.errors import ConflictError, NotFoundError
from authsms.foundation.phone import PhoneNumber
from authsms.messaging.audience import Audience
from authsms.messaging.notices import Notice, Notices
from authsms.messaging.offers_rules import OfferTerms
from authsms.messaging.program_offers import OfferOrder
from authsms.messaging.wording import parse_texts
from authsms.senders.submission import Purpose
from tests.integration.messaging.asking import ADMIN, ON_SQLITE, TEXT, Phones
from tests.integration.messaging.hearing import Case, agree, make_offer

BERT = PhoneNumber("+4915112345602")


def send(case: Case, name: str = "shift") -> int:
    """Send a notice as an operator does."""
    letter = Notice(name, Purpose.NOTICE, parse_texts({"en": "Fire drill."}), "example.org", timedelta(hours=1))
    notices = case.services.notices
    return notices.send(ADMIN, letter, notices.survey(case.services.contacts.owners("LOCAL")).reached)


@ON_SQLITE
def test_an_operator_does_not_join_the_notice_of_a_program(case: Case):
    """Or the program could list whom he texts, and take his texts back."""
    case.send()
    agree(case.services, "bert", BERT)
    with pytest.raises(ConflictError, match="program"):
        send(case)

    assert ["LOCAL\\alice"] == [
        one.user_name for one in case.services.program_notices.recipients(case.program, "shift", "")
    ]
    assert 2 == send(case, "drill")
    assert 0 == send(case, "drill")
    with pytest.raises(NotFoundError):
        case.services.program_notices.cancel(case.program, "drill")


@pytest.mark.parametrize("first", ["program", "operator"])
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_of_two_who_take_a_name_at_once_one_has_it(case: Case, monkeypatch: pytest.MonkeyPatch, first: str):
    """Whoever comes in between has it; SQLite has one writer at a time anyway."""
    begin = Notices.begin
    sends: dict[str, Callable[[], object]] = {"program": case.send, "operator": lambda: send(case)}
    second = next(one for one in sends if one != first)
    waiting = [first]

    def late(*given, **more):
        if waiting:
            sends[waiting.pop()]()
        begin(*given, **more)

    monkeypatch.setattr(Notices, "begin", late)
    with pytest.raises(ConflictError):
        sends[second]()

    assert 1 == case.services.notice_course.find("shift").people
    if first == "operator":
        with pytest.raises(NotFoundError):
            case.services.program_notices.cancel(case.program, "shift")


@ON_SQLITE
def test_an_offer_has_one_owner_too(case: Case):
    """Nobody's joins another's, whoever was first."""
    make_offer(case)
    phones = Phones(case.post)
    with pytest.raises(ConflictError):
        phones.plan("early")
    phones.plan("late")
    order = OfferOrder("late", {"en": TEXT}, Audience(logins=("alice",)), OfferTerms())
    with pytest.raises(ConflictError):
        case.services.program_offers.make(case.program, order)
    with pytest.raises(NotFoundError):
        case.services.program_offers.find(case.program, "late")
