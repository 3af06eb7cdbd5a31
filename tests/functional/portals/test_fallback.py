"""What the code page offers when the text is late or lost."""

import re

import pytest

from authsms.delivery.states import Failure, MessageState, Withheld
from authsms.logon.steps import ChainChoice, DeliveryStatus


@pytest.mark.parametrize(
    ("status", "offered"),
    [
        (DeliveryStatus(MessageState.QUEUED, "", final=False), False),
        (DeliveryStatus(MessageState.ACCEPTED, "", final=False), False),
        (DeliveryStatus(MessageState.QUEUED, "", final=False, late=True), True),
        (DeliveryStatus(MessageState.UNKNOWN, Failure.IN_DOUBT, final=False, late=True), True),
        (DeliveryStatus(MessageState.FAILED, Failure.REFUSED, final=True), True),
        (DeliveryStatus(MessageState.WITHHELD, Withheld.BUDGET, final=True), True),
    ],
)
def test_whose_text_does_not_come_is_offered_another_way(visitor, logon, status, offered):
    """By itself, before the field; once on the page, and in words of the person's language."""
    path = visitor.reach_code()
    logon.delivery = status
    page, german = visitor.get(path).text, visitor.get(path, **{"Accept-Language": "de"}).text
    offer = re.search(r"<section class=\"offer\"[^>]*>", page)

    assert offered is visitor.get(f"{path}/status").json["offers"]
    assert offer is not None
    assert offered is ("hidden" not in offer.group())
    assert offered is ("hidden" in re.findall(r"<details class=\"more\" data-ways[^>]*>", page)[0])
    assert page.index("No text? Sign in another way") < page.index('id="code"')
    assert "Keine Nachricht? Melden Sie sich anders an" in german


def test_a_way_that_needs_the_same_text_is_not_offered(visitor, logon):
    """It would not come either; whoever looks for it finds it below."""
    logon.ways = (ChainChoice("other", "Another password and text", ("LOCAL_PASSWORD:1", "SMS_OTP:1")),)
    path = visitor.reach_code()
    logon.delivery = DeliveryStatus(MessageState.FAILED, Failure.REFUSED, final=True)
    page = visitor.get(path).text

    assert 'class="offer"' not in page
    assert '<details class="more" data-ways open>' in page
    assert "Another password and text" in page
