"""The book of faults."""

import pytest

from authsms.foundation.errors import InvalidInputError
from authsms.simulator.faults import Fault, FaultBook, FaultKind, parse_fault

PHONE, OTHER = "+491711234567", "+491717654321"


def kind_of(fault):
    return fault.kind if fault else None


def test_a_fault_of_a_number_wins_over_that_of_the_provider():
    """Otherwise one could not let one number fail in a slow world."""
    book = FaultBook()
    book.put("twilio", [Fault(kind=FaultKind.SLOW)])
    book.put("twilio", [Fault(kind=FaultKind.FAIL, phone=PHONE)])

    assert [FaultKind.FAIL, FaultKind.SLOW] == [kind_of(book.take("twilio", each)[0]) for each in (PHONE, OTHER)]


def test_a_fault_is_over_after_its_times():
    """So a test can let the first try fail and the second succeed."""
    book = FaultBook()
    book.put("twilio", [Fault(kind=FaultKind.DROP, times=2)])

    kinds = [kind_of(book.take("twilio", PHONE)[0]) for _ in range(3)]
    assert kinds == [FaultKind.DROP, FaultKind.DROP, None]


def test_an_answer_and_its_receipts_can_fail_together():
    """A slow answer may overtake shuffled receipts."""
    book = FaultBook()
    book.put("twilio", [Fault(kind=FaultKind.SLOW), Fault(kind=FaultKind.SHUFFLE)])

    answer, receipts = book.take("twilio", PHONE)
    assert (kind_of(answer), kind_of(receipts)) == (FaultKind.SLOW, FaultKind.SHUFFLE)


def test_putting_replaces_what_was_set_for_the_same_number():
    """PUT means put."""
    book = FaultBook()
    book.put("twilio", [Fault(kind=FaultKind.SLOW), Fault(kind=FaultKind.FAIL, phone=PHONE)])
    book.put("twilio", [Fault(kind=FaultKind.DROP)])

    assert {FaultKind.DROP, FaultKind.FAIL} == {fault.kind for fault in book.of("twilio")}


def test_faults_can_be_forgotten_by_number_by_provider_and_at_once():
    """Each test cleans up what it set, and no more."""
    book = FaultBook()
    book.put("twilio", [Fault(kind=FaultKind.SLOW), Fault(kind=FaultKind.FAIL, phone=PHONE)])
    book.put("gateway", [Fault(kind=FaultKind.SLOW)])

    book.clear("twilio", PHONE)
    assert len(book.of("twilio")) == 1
    book.clear("twilio")
    assert book.of("twilio") == ()
    book.clear()
    assert book.of("gateway") == ()


@pytest.mark.parametrize(
    ("data", "named"),
    [
        ({"kind": "explode"}, "kind"),
        ({}, "kind"),
        ({"kind": "slow", "second": 1}, "second"),
        ({"kind": "slow", "seconds": -1}, "seconds"),
        ({"kind": "slow", "seconds": True}, "seconds"),
        ({"kind": "slow", "seconds": "2"}, "seconds"),
        ({"kind": "fail", "status": 999}, "status"),
        ({"kind": "fail", "times": 0}, "times"),
        ({"kind": "fail", "code": []}, "code"),
        ({"kind": "lie", "taken": True}, "taken"),
    ],
)
def test_an_unusable_fault_is_refused_by_name(data, named):
    """A fault that silently does nothing would make a test green for the wrong reason."""
    with pytest.raises(InvalidInputError) as caught:
        parse_fault(data)

    assert caught.value.field == named


def test_a_fault_that_is_no_object_is_refused():
    """JSON may hold anything."""
    with pytest.raises(InvalidInputError):
        parse_fault("slow")


def test_codes_may_be_numbers():
    """Twilio's codes are numbers, the gateway's are words."""
    assert parse_fault({"kind": "fail", "code": 21611}).code == "21611"


@pytest.mark.parametrize("kind", [FaultKind.FAIL, FaultKind.THROTTLE, FaultKind.LIE])
def test_an_error_and_a_lie_swallow_the_message(kind):
    """What is refused does not arrive."""
    assert Fault(kind=kind).swallows
