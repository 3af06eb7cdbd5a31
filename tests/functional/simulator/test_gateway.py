"""The nameless gateway."""

import pytest

PHONE = "+491711234567"


def call(simulator, method="POST", **how):
    auth = (simulator.gateway.user, simulator.gateway.password)
    return simulator.http.request(method, f"{simulator.url}/gateway/send", timeout=10, **({"auth": auth} | how))


@pytest.mark.parametrize(
    ("method", "how"),
    [
        ("GET", {"params": {"to": PHONE, "text": "hello & good bye"}}),
        ("POST", {"data": {"phone": PHONE, "message": "hello & good bye"}}),
        ("POST", {"json": {"recipient": "00491711234567", "Content": "hello & good bye"}}),
        ("POST", {"params": {"api": "7"}, "data": {"number": "491711234567", "body": "hello & good bye"}}),
    ],
)
def test_every_way_of_calling_works(simulator, method, how):
    """A generic client must be testable with whatever it is set to."""
    answer = call(simulator, method, **how)

    (text,) = simulator.texts()
    assert answer.json() == {"status": "ok", "id": text["id"]}
    assert (text["text"], text["sender"]) == ("hello & good bye", "GATEWAY")


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ({"auth": ("gateway", "wrong")}, "001"),
        ({"auth": None}, "001"),
        ({"params": {"to": "tomorrow", "text": "hello"}}, "105"),
        ({"params": {"to": PHONE}}, "107"),
    ],
)
def test_an_error_is_a_cheerful_200(simulator, how, code):
    """HTTP 200 is not success."""
    answer = call(simulator, **how)

    assert answer.status_code == 200
    assert answer.text.startswith(f"ERR: {code}, ")


def test_faults_speak_the_gateways_language(simulator):
    """The same faults, another format."""
    simulator.set_fault("gateway", kind="fail", code="301")
    assert call(simulator, data={"to": PHONE, "text": "hello"}).text == "ERR: 301, No credit left\n"

    simulator.set_fault("gateway", kind="throttle", seconds=3)
    answer = call(simulator, data={"to": PHONE, "text": "hello"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3")


def test_a_reply_is_posted_as_a_form(simulator, receiver):
    """Gateways have no signature; the address is the secret."""
    simulator.http.put(f"{simulator.url}/providers/gateway", json={"inbound_url": receiver.url}, timeout=10)
    call(simulator, data={"to": PHONE, "text": "hello", "from": "12345"})
    simulator.http.post(f"{simulator.url}/phones/{PHONE}/replies", json={"text": "hi"}, timeout=10)

    (post,) = receiver.wait_for(1)
    assert (post.form["from"], post.form["to"], post.form["text"]) == (PHONE, "12345", "hi")
