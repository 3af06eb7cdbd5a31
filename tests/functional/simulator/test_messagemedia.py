"""MessageMedia's two interfaces in the simulator: as strict as the vendor's."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from authsms.simulator import SimulatorConfig, create_simulator
from authsms.simulator.providers.messagemedia import MessageMediaAccount
from authsms.simulator.providers.messagemedia_soap import MessageMediaSoapAccount

PHONE = "+491711234567"
REST, SOAP = MessageMediaAccount(), MessageMediaSoapAccount()
MESSAGE = {"content": "739201", "destination_number": PHONE, "delivery_report": True}
SPACE = "http://xml.m4u.com.au/2009"
HEADERS = {"SOAPAction": f'"{SPACE}/sendMessages"', "Content-Type": "text/xml; charset=utf-8"}
ENVELOPE = f"""<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><sendMessages xmlns="{SPACE}">
<authentication><userId>{SOAP.user_id}</userId><password>{SOAP.password}</password></authentication>
<requestBody><messages><message><recipients><recipient uid="7">491711234567</recipient></recipients>
<content>739201</content><deliveryReport>true</deliveryReport></message></messages></requestBody>
</sendMessages></e:Body></e:Envelope>"""


@pytest.fixture
def browser() -> FlaskClient:
    """A simulator, called without a network."""
    return create_simulator(SimulatorConfig(accounts=(REST, SOAP), pace=timedelta(0))).test_client()


def _post(browser, path="messages", value=None, auth=(REST.api_key, REST.api_secret), **changes):
    message = {name: given for name, given in (MESSAGE | changes).items() if given is not None}
    return browser.post(f"/messagemedia/v1/{path}", json=value or {"messages": [message]}, auth=auth)


def _reports(browser):
    return browser.get("/messagemedia/v1/delivery_reports", auth=(REST.api_key, REST.api_secret)).json[
        "delivery_reports"
    ]


def test_reports_come_again_until_they_are_confirmed(browser):
    """And say whom the text was for where one expects the sender."""
    answer = _post(browser)
    first, again = _reports(browser), _reports(browser)
    confirmed = _post(browser, "delivery_reports/confirmed", {"delivery_report_ids": [first[0]["delivery_report_id"]]})

    assert (202, "queued") == (answer.status_code, answer.json["messages"][0]["status"])
    assert first == again
    assert [("submitted", PHONE), ("delivered", PHONE)] == [(one["status"], one["source_number"]) for one in first]
    assert 202 == confirmed.status_code
    assert first[1:] == _reports(browser)


def test_reports_nobody_asked_for_do_not_come(browser):
    """The vendor's default."""
    _post(browser, delivery_report=None)

    assert [] == _reports(browser)


@pytest.mark.parametrize(
    ("changes", "status", "word"),
    [
        ({"auth": (REST.api_key, "wrong")}, 401, "credentials"),
        ({"auth": None}, 401, "credentials"),
        ({"destination_number": "491711234567"}, 400, "destination_number"),
        ({"content": None}, 400, "content"),
        ({"content": "x" * 5001}, 400, "content"),
        ({"source_number": "Example"}, 400, "source_number"),
        ({"source_number": "Example", "source_number_type": "INTERNATIONAL"}, 400, "source_number"),
        ({"delivery_report": "yes"}, 400, "delivery_report"),
        ({"message_expiry_timestamp": "2020-01-01T00:00:00Z"}, 400, "expiry"),
        ({"message_expiry_timestamp": "2099-01-01T00:00:00"}, 400, "expiry"),
        ({"metadata": {"long": "x" * 257}}, 400, "metadata"),
        ({"sender": "x"}, 400, "sender: is not known"),
        ({"value": {"messages": []}}, 400, "messages"),
    ],
)
def test_what_the_rest_api_would_not_take_is_refused(browser, changes, status, word):
    """With the place of the mistake, and nothing arrives."""
    answer = _post(browser, **changes)

    assert status == answer.status_code
    assert word in answer.text
    assert [] == browser.get(f"/phones/{PHONE}/messages").json["messages"]


def test_a_signature_must_cover_what_was_sent(browser):
    """Not only be there."""
    names = 'headers="Date Content-MD5 request-line", signature="AAAA"'
    proof = {"Authorization": f'hmac username="{REST.api_key}", algorithm="hmac-sha256", {names}'}

    assert 401 == browser.post("/messagemedia/v1/messages", json={"messages": [MESSAGE]}, headers=proof).status_code


def test_a_soap_call_is_answered_with_counts(browser):
    """And the text arrives."""
    answer = browser.post("/messagemedia-soap/", data=ENVELOPE, headers=HEADERS)

    assert 200 == answer.status_code
    assert '<result sent="1" scheduled="0" failed="0">' in answer.text
    assert "739201" == browser.get(f"/phones/{PHONE}/messages").json["messages"][0]["text"]


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        # An id of its own: the password is another one in every process.
        pytest.param(SOAP.password, "wrong", "authenticationFailed", id="password"),
        (SPACE, "http://xml.m4u.example/2009", "invalidDataFormat"),
        ('uid="7"', 'uid="4294967296"', "invalidDataFormat"),
        ('uid="7"', 'uid="-7"', "invalidDataFormat"),
        (">true<", ">yes<", "invalidDataFormat"),
        ("<e:Envelope", "<!DOCTYPE a><e:Envelope", "invalidDataFormat"),
        ("</e:Envelope>", "", "invalidDataFormat"),
        ("<content>739201</content>", "", "invalidDataFormat"),
        ("<content>739201</content>", "<content/>", "emptyMessageContent"),
        ("491711234567", "+491711234567", "invalidRecipient"),
        ("<content>", f"<content>{'x' * 5000}", "messageLengthLimit"),
    ],
)
def test_what_the_soap_interface_would_not_take_is_refused(browser, old, new, word):
    """By a fault, or by a count with a code."""
    answer = browser.post("/messagemedia-soap/", data=ENVELOPE.replace(old, new), headers=HEADERS)

    assert f'code="{word}"' in answer.text
    assert [] == browser.get(f"/phones/{PHONE}/messages").json["messages"]


@pytest.mark.parametrize("action", ["", SPACE + "/sendMessages", f'"{SPACE}/checkUser"', '"https://example.com/"'])
def test_the_action_must_name_the_operation_in_quotes(browser, action):
    """SOAP 1.1, 6.1.1."""
    answer = browser.post("/messagemedia-soap/", data=ENVELOPE, headers=HEADERS | {"SOAPAction": action})

    assert (500, True) == (answer.status_code, "invalidDataFormat" in answer.text)
