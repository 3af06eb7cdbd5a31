"""What SignalWire refuses, and with which code."""

import pytest
from werkzeug.datastructures import MultiDict

from authsms.simulator.providers.signalwire_rules import ERRORS, SignalWireError, answer_error, read_order

NUMBERS = ("+14155550100",)
GROUP = "b3877c40-da60-4998-90ad-b792e98472ms"
GOOD = {"To": "+491711234567", "From": "+14155550100", "Body": "hello"}


def without(name):
    return {key: value for key, value in GOOD.items() if key != name}


@pytest.mark.parametrize(
    ("form", "code"),
    [
        (without("To"), 21604),
        (without("To") | {"to": "+491711234567"}, 21604),
        (GOOD | {"To": "491711234567"}, 21211),
        (without("From"), 21705),
        (GOOD | {"From": "EXAMPLE"}, 21212),
        (GOOD | {"From": "+14155550199"}, 21210),
        (without("From") | {"MessagingServiceSid": "MG" + "a" * 32}, 21701),
        (without("Body"), 21602),
        (GOOD | {"Body": "x" * 1601}, 21617),
        (GOOD | {"ValidityPeriod": "0"}, 21624),
        (GOOD | {"ValidityPeriod": "172801"}, 21624),
        (GOOD | {"StatusCallback": "/relative"}, 21456),
        (GOOD | {"StatusCallback": "https://[broken/"}, 21456),
    ],
)
def test_each_mistake_has_its_code(form, code):
    """SignalWire's page of error codes; names of fields are case sensitive."""
    with pytest.raises(SignalWireError) as caught:
        read_order(MultiDict(form), NUMBERS, GROUP)

    assert caught.value.code == code


def test_a_number_group_sends_from_its_first_number():
    """Either is enough, and a validity of two days is allowed."""
    order = read_order(
        MultiDict(without("From") | {"MessagingServiceSid": GROUP, "ValidityPeriod": "172800"}), NUMBERS, GROUP
    )

    assert (NUMBERS[0], GROUP) == (order.sender, order.group)


@pytest.mark.parametrize("code", [20003, 30010])
def test_an_error_is_told_alone_or_in_a_list(code, flask_context):
    """Clients have to read both."""
    response = answer_error(code)
    body = response.get_json()
    told = body["errors"][0] if "errors" in body else body

    assert ERRORS[code][0] == response.status_code
    assert str(code) == str(told["code"])
