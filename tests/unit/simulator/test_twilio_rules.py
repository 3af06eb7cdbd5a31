"""What Twilio refuses, and with which code."""

import pytest
from werkzeug.datastructures import MultiDict

from authsms.simulator.providers.twilio_errors import ERRORS, TwilioError, answer_error
from authsms.simulator.providers.twilio_optout import OptOuts
from authsms.simulator.providers.twilio_rules import Belongings, read_order

SERVICE = "MG" + "a" * 32
OWN = Belongings(("+15551230000",), SERVICE)
GOOD = {"To": "+491711234567", "From": "+15551230000", "Body": "hello"}


def without(name):
    return {key: value for key, value in GOOD.items() if key != name}


@pytest.mark.parametrize(
    ("form", "code"),
    [
        (without("To"), 21604),
        (without("From"), 21603),
        (without("Body"), 21602),
        (GOOD | {"Body": ""}, 21602),
        (GOOD | {"Body": "x" * 1601}, 21617),
        (GOOD | {"To": "soon"}, 21211),
        (GOOD | {"To": "+15005550001"}, 21211),
        (GOOD | {"To": "+15005550002"}, 21612),
        (GOOD | {"To": "+15005550003"}, 21408),
        (GOOD | {"To": "+15005550004"}, 21610),
        (GOOD | {"To": "+15005550009"}, 21614),
        (GOOD | {"From": "+15005550001"}, 21212),
        (GOOD | {"From": "+15005550007"}, 21606),
        (GOOD | {"From": "+15005550000"}, 21606),
        (GOOD | {"From": "+15005550008"}, 21611),
        (GOOD | {"From": "+15559999999"}, 21606),
        (GOOD | {"From": "A name that is too long"}, 21212),
        (without("From") | {"MessagingServiceSid": "MGxyz"}, 21705),
        (without("From") | {"MessagingServiceSid": "MG" + "b" * 32}, 21701),
        (GOOD | {"StatusCallback": "/relative"}, 21609),
        (GOOD | {"StatusCallback": "ftp://example.com/"}, 21609),
        (GOOD | {"StatusCallback": "https://my_host.example.com/"}, 21609),
        (GOOD | {"StatusCallback": "https://[broken/"}, 21609),
        (GOOD | {"StatusCallback": "https://example.com/" + "x" * 4000}, 21609),
        (GOOD | {"ValidityPeriod": "0"}, 21624),
        (GOOD | {"ValidityPeriod": "36001"}, 21624),
        (GOOD | {"ValidityPeriod": "2 minutes"}, 21624),
    ],
)
def test_each_mistake_has_its_code(form, code):
    """Twilio's error dictionary and its magic numbers."""
    with pytest.raises(TwilioError) as caught:
        read_order(MultiDict(form), OWN)

    assert caught.value.code == code


@pytest.mark.parametrize("sender", ["+15551230000", "+15005550006", "ACME", "My Shop 24", "73737"])
def test_numbers_names_and_short_codes_may_send(sender):
    """2 to 11 letters, digits and blanks with at least one letter make a name."""
    assert read_order(MultiDict(GOOD | {"From": sender}), OWN).sender == sender


def test_a_service_sends_without_a_sender():
    """Either is enough."""
    assert read_order(MultiDict(without("From") | {"MessagingServiceSid": SERVICE}), OWN).service == SERVICE


def test_a_number_may_be_spelt_with_separators():
    """Twilio reads what people write."""
    assert read_order(MultiDict(GOOD | {"To": "+49 (171) 123-4567"}), OWN).to == "+491711234567"


@pytest.mark.parametrize("code", ERRORS)
def test_every_error_has_its_answer(code, flask_context):
    """The body of `code` has the four members that clients read."""
    response = answer_error(code)

    body = response.get_json()
    assert {"code", "message", "more_info", "status"} <= body.keys()
    assert body["status"] == response.status_code == ERRORS[code][0]


def test_stop_blocks_until_start():
    """By pair of sender and phone, whatever the spelling."""
    opt_outs = OptOuts()

    assert opt_outs.obey("+1", "+2", " stop ") == "STOP"
    assert opt_outs.forbids("+1", "+2")
    assert not opt_outs.forbids("+3", "+2")
    assert opt_outs.obey("+1", "+2", "Unstop") == "START"
    assert not opt_outs.forbids("+1", "+2")


@pytest.mark.parametrize("text", ["please stop", "yes", "hello"])
def test_other_words_are_ordinary_replies(text):
    """YES answers an offer unless somebody is opted out."""
    assert OptOuts().obey("+1", "+2", text) == ""
