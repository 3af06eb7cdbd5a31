"""MessageBird's two interfaces in the simulator: as strict as the vendor's."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from authsms.simulator import SimulatorConfig, create_simulator
from authsms.simulator.providers.messagebird import MessageBirdAccount
from authsms.simulator.providers.messagebird_v1 import MessageBirdV1Account

PHONE = "+491711234567"
MESSAGE = {"originator": "Example", "recipients": "491711234567", "body": "739201 für Łódź", "datacoding": "auto"}
REST, OLD = MessageBirdAccount(), MessageBirdV1Account()
FORM = {"username": OLD.user, "password": OLD.password, "sender": "Example", "destination": "491711234567"}


@pytest.fixture
def browser() -> FlaskClient:
    """A simulator, called without a network."""
    return create_simulator(SimulatorConfig(accounts=(REST, OLD), pace=timedelta(0))).test_client()


def _post(browser, key=REST.access_key, **changes):
    headers = {"Authorization": f"AccessKey {key}"}
    value = {name: given for name, given in (MESSAGE | changes).items() if given is not None}
    return browser.post("/messagebird/messages", json=value, headers=headers)


def _texts(browser) -> list[str]:
    return [text["text"] for text in browser.get(f"/phones/{PHONE}/messages").json["messages"]]


def test_a_message_is_taken_as_the_specification_shows_it(browser):
    """With an id of 32 hexadecimal digits, and the recipient as a number."""
    answer = _post(browser)
    (item,) = answer.json["recipients"]["items"]

    assert (201, 32) == (answer.status_code, len(answer.json["id"]))
    assert (491711234567, "sent", 1) == (item["recipient"], item["status"], item["messagePartCount"])
    assert [MESSAGE["body"]] == _texts(browser)


@pytest.mark.parametrize(
    ("changes", "status", "code", "parameter"),
    [
        ({"key": "wrong"}, 401, 2, "access_key"),
        ({"originator": None}, 422, 9, "originator"),
        ({"originator": "+491711234567"}, 422, 10, "originator"),
        ({"originator": "A name too long"}, 422, 10, "originator"),
        ({"recipients": None}, 422, 9, "recipients"),
        ({"recipients": PHONE}, 422, 10, "recipients"),
        ({"body": None}, 422, 9, "body"),
        ({"validity": 0}, 422, 10, "validity"),
        ({"validity": "120"}, 422, 10, "validity"),
        ({"reference": "x" * 129}, 422, 10, "reference"),
        ({"datacoding": "gsm"}, 422, 10, "datacoding"),
    ],
)
def test_what_the_vendor_would_not_take_is_refused(browser, changes, status, code, parameter):
    """With the parameter that is wrong."""
    answer = _post(browser, **changes)
    (error,) = answer.json["errors"]

    assert (status, code, parameter) == (answer.status_code, error["code"], error["parameter"])
    assert [] == _texts(browser)


def test_characters_get_lost_unless_somebody_asks_for_them(browser):
    """Both interfaces replace what their plain alphabet lacks, by default."""
    _post(browser, datacoding=None)
    browser.post("/messagebird-v1/api/sms", data=FORM | {"body": "für Łódź"})
    browser.post("/messagebird-v1/api/sms", data=FORM | {"body": "für Łódź", "replacechars": "false"})

    assert ["739201 für ??d?", "für ??d?", "für Łódź"] == _texts(browser)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, "01"),
        ({"password": "wrong"}, "97"),
        ({"sender": "A name too long"}, "89"),
        ({"destination": PHONE}, "93"),
        ({"body": ""}, "95"),
        ({"body": "x" * 1500}, "72"),
    ],
)
def test_the_old_interface_answers_200_and_a_code(browser, changes, code):
    """In XML, or alone where that is asked for."""
    form = FORM | {"body": "739201"} | changes
    plain = browser.post("/messagebird-v1/api/sms", data=form | {"responsetype": "SIMPLE"})
    marked = browser.get("/messagebird-v1/api/sms", query_string=form)

    assert (200, code) == (plain.status_code, plain.text)
    assert f"<responseCode>{code}</responseCode>" in marked.text
    assert (["739201"] * 2 if code == "01" else []) == _texts(browser)


def test_balances_are_told_to_those_who_know_the_secret(browser):
    """Each in its form."""
    headers = {"Authorization": f"AccessKey {REST.access_key}"}

    assert {"payment", "type", "amount"} == browser.get("/messagebird/balance", headers=headers).json.keys()
    assert 401 == browser.get("/messagebird/balance").status_code
    assert "<credits>42.5</credits>" in browser.post("/messagebird-v1/api/credits", data=FORM).text
    assert "<responseCode>97<" in browser.post("/messagebird-v1/api/credits", data={}).text
