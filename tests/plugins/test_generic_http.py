"""The generic gateway: the contract in three shapes, its request, its rules."""

import json
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

import pytest
from authsms_generic_http import GenericHttpService
from typing_extensions import override

from authsms.plugin_api import Accepted, HttpGuard, InvalidInputError, PerhapsTaken, ProviderRequest, Refused
from tests.plugins import hostile
from tests.plugins.contract_suite import PHONE, SECRETS, SUBMISSION, TEXT, SenderServiceContract
from tests.plugins.hostile import HostileServer

PARAMETERS = [["to", "{phone}"], ["text", "{message}"], ["from", "{sender}"]]


def _service(**changes) -> GenericHttpService:
    sender = "" if "parameters" in changes else "Example"
    settings = {"url": "https://gateway.example/send", "parameters": PARAMETERS, "sender": sender} | changes
    return GenericHttpService.configure(settings, HttpGuard(["127.0.0.1"], deadlines=hostile.PATIENT))


def _request(**changes) -> ProviderRequest:
    return _service(**changes).build_request(SUBMISSION)


class TestFormContract(SenderServiceContract):
    """A gateway that takes a form and answers ``ID: ...`` or ``ERR: ...`` with 200."""

    kind = GenericHttpService
    success = hostile.answer(200, b"ID: 5f2c")
    lies = (
        hostile.answer(200, b"ERR: 105, INVALID NUMBER"),
        hostile.answer(202, b""),
        hostile.answer(200, b"   \n"),
    )

    @override
    def settings(self, url: str) -> Mapping[str, object]:
        return {
            "url": url,
            "user": "me",
            "password": SECRETS[0],
            "parameters": PARAMETERS,
            "sender": "Example",
            "secure_parameters": {"key": SECRETS[1]},
            "success_rule": "contains",
            "success_value": "ID:",
        }

    @override
    def read_request(self, request: bytes) -> tuple[str, str]:
        form = parse_qs(request.partition(b"\r\n\r\n")[2].decode(), strict_parsing=True)
        assert {"to", "text", "from", "key"} == form.keys()
        assert [SECRETS[1]] == form["key"]
        assert all(len(values) == 1 for values in form.values())
        return form["to"][0], form["text"][0]

    @override
    def read_sender(self, request: bytes) -> str:
        return parse_qs(request.partition(b"\r\n\r\n")[2].decode())["from"][0]


class TestQueryContract(TestFormContract):
    """A gateway that takes everything in the address, secrets included."""

    @override
    def settings(self, url: str) -> Mapping[str, object]:
        return {**super().settings(f"{url}/send?fixed=1&to=nobody"), "method": "GET"}

    @override
    def read_request(self, request: bytes) -> tuple[str, str]:
        query = parse_qs(urlsplit(request.split(b" ")[1].decode()).query, strict_parsing=True)
        assert ["1"] == query["fixed"]
        assert all(len(values) == 1 for values in query.values())
        return query["to"][0], query["text"][0]

    @override
    def read_sender(self, request: bytes) -> str:
        return parse_qs(urlsplit(request.split(b" ")[1].decode()).query)["from"][0]


class TestJsonContract(TestFormContract):
    """A gateway that takes and gives JSON, without the plus sign, with its secret in a header."""

    success = hostile.answer(200, b'{"messages": [{"id": "m-1", "accepted": true}]}')
    lies = (
        hostile.answer(202, b'{"messages": [{"id": null, "accepted": false}]}'),
        hostile.answer(200, b'{"messages": []}'),
        hostile.answer(200, b"<html>accepted true</html>"),
    )

    @override
    def settings(self, url: str) -> Mapping[str, object]:
        return {
            "url": url,
            "body_format": "json",
            "parameters": [["to[]", "{phone}"], ["content.text", "{message}"], ["from", "{sender}"]],
            "sender": "Example",
            "secure_parameters": {"key": SECRETS[0]},
            "secure_headers": {"Authorization": f"Bearer {SECRETS[1]}"},
            "number_format": "digits",
            "success_rule": "json_equals",
            "success_field": "messages.0.accepted",
            "success_value": "true",
            "id_field": "messages.0.id",
        }

    @override
    def read_request(self, request: bytes) -> tuple[str, str]:
        head, _, body = request.partition(b"\r\n\r\n")
        assert f"Authorization: Bearer {SECRETS[1]}".encode() in head
        value = json.loads(body)
        assert {"to", "content", "from", "key"} == value.keys()
        return f"+{value['to'][0]}", str(value["content"]["text"])

    @override
    def read_sender(self, request: bytes) -> str:
        return "+" + str(json.loads(request.partition(b"\r\n\r\n")[2])["from"])


class TestRequest:
    """What the gateway gets."""

    def test_parameters_are_merged_into_an_existing_query(self):
        """A parameter takes the place of one of its name; the others stay."""
        request = _request(url="https://gateway.example/send?user=me&to=old&empty=", method="GET")

        assert {"user": ["me"], "empty": [""], "to": [PHONE], "text": [TEXT], "from": ["Example"]} == parse_qs(
            urlsplit(request.url).query, keep_blank_values=True
        )
        assert request.body is None

    def test_a_post_leaves_the_query_of_the_address_alone(self):
        """Some gateways want their key there."""
        assert "https://gateway.example/send?key=1" == _request(url="https://gateway.example/send?key=1").url

    @pytest.mark.parametrize(("form", "number"), [("plus", PHONE), ("digits", PHONE.lstrip("+"))])
    def test_the_number_has_the_form_the_gateway_wants(self, form, number):
        """Half of them refuse the plus sign."""
        body = parse_qs((_request(number_format=form).body or b"").decode())

        assert [number] == body["to"]

    def test_variables_stand_anywhere_in_a_value_and_braces_can_be_written(self):
        """Nothing else is looked at, least of all the message."""
        pairs = [["to", "tel:{phone}"], ["text", "{{otp}} {message}!"]]

        body = parse_qs((_request(parameters=pairs).body or b"").decode())

        assert [f"tel:{PHONE}"] == body["to"]
        assert ["{otp} " + TEXT + "!"] == body["text"]

    def test_pairs_may_be_typed_as_lines(self):
        """As the form's text field sends them; an equals sign in the value belongs to it."""
        body = parse_qs((_request(parameters="to={phone}\ntext={message}\n\nkey=a=b\n").body or b"").decode())

        assert ["a=b"] == body["key"]

    @pytest.mark.parametrize(
        "preset",
        [
            {
                "parameters": "user=me\nto={phone}\ntext={message}\napi_id=1\nfrom=Example",
                "secure_parameters": "password=secret",
                "number_format": "digits",
                "success_rule": "contains",
                "success_value": "ID:",
            },
            {"parameters": "to={phone}\nfrom=+14155550100\nbody={message}", "user": "project", "password": "token"},
            {"method": "GET", "parameters": "konto=1\nservice=3325\ntext={message}\nto={phone}\nreturn=xml"},
        ],
    )
    def test_the_classic_recipes_can_be_typed_in(self, preset):
        """Form with a secure parameter, form with Basic, and everything in the query."""
        assert _request(**preset).method in {"GET", "POST"}


class TestSettings:
    """What is refused on save, and beside which field the error is shown."""

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"url": ""}, "url"),
            ({"url": "gateway.example"}, "url"),
            ({"url": "https://user:pw@gateway.example/"}, "url"),
            ({"url": "https://gateway.example/#x"}, "url"),
            ({"url": "https://gateway.example/{message}"}, "url"),
            ({"parameters": "to={phone}"}, "parameters"),
            ({"parameters": "text={message}"}, "parameters"),
            ({"parameters": "to={phone}\ntext={message}\nx={otp}"}, "parameters"),
            ({"parameters": "to={phone}\ntext={message}\nx={phone.__class__}"}, "parameters"),
            ({"parameters": "to={phone}\ntext={message:>1000000000}"}, "parameters"),
            ({"parameters": "to={phone}\ntext={message}\nx={"}, "parameters"),
            ({"parameters": "to={phone}\nno equals sign"}, "parameters"),
            ({"secure_parameters": "a={secret}"}, "secure_parameters"),
            ({"headers": "X-Phone={phone}"}, "headers"),
            ({"headers": "X y=1"}, "headers"),
            ({"headers": [["X-A", "1\r\nX-B: 2"]]}, "headers"),
            ({"headers": [["X-A\r\nX-B", "2"]]}, "headers"),
            ({"headers": "Host=internal"}, "headers"),
            ({"headers": "Content-Length=5"}, "headers"),
            ({"headers": "Transfer-Encoding=chunked"}, "headers"),
            ({"headers": "X-A=€"}, "headers"),
            ({"method": "PUT"}, "method"),
            ({"success_rule": "contains"}, "success_value"),
            ({"success_rule": "json_equals", "success_value": "1"}, "success_field"),
            ({"success_rule": "json_one_of", "success_value": "1"}, "success_field"),
            ({"success_rule": "starts_with"}, "success_value"),
            ({"body_format": "json", "parameters": "a={phone}\na.b={message}"}, "parameters"),
            ({"body_format": "json", "parameters": "a={phone}\na={message}"}, "parameters"),
            ({"body_format": "json", "parameters": "a={phone}\na[]={message}"}, "parameters"),
        ],
    )
    def test_what_cannot_work_is_refused(self, changes, field):
        """Better on save than with every text."""
        with pytest.raises(InvalidInputError) as caught:
            _service(**changes)

        assert field == caught.value.field


class TestRules:
    """When an answer is success."""

    @pytest.mark.parametrize(
        ("rule", "value", "field", "body", "expected"),
        [
            ("status", "", "", b"", Accepted),
            ("status", "", "", b"anything", Accepted),
            ("contains", "OK", "", b"12 OK\n", Accepted),
            ("contains", "OK", "", b"not ok", Refused),
            ("starts_with", "ID:", "", b" ID: 5f2c", Accepted),
            ("starts_with", "ID:", "", b"ERR: 105, INVALID: 5f2c", Refused),
            ("starts_with", "ID:", "", b"", PerhapsTaken),
            ("equals", "01", "", b" 01\r\n", Accepted),
            ("equals", "01", "", b"1", Refused),
            ("equals", "01", "", b"", PerhapsTaken),
            ("json_equals", "0", "status", b'{"status": 0}', Accepted),
            ("json_equals", "0", "status", b'{"status": "0"}', Accepted),
            ("json_equals", "true", "ok", b'{"ok": true}', Accepted),
            ("json_equals", "0", "messages.0.status", b'{"messages": [{"status": "0"}]}', Accepted),
            ("json_equals", "0", "status", b'{"status": 5}', Refused),
            ("json_equals", "0", "status", b'{"other": 0}', Refused),
            ("json_equals", "0", "status", b"status 0", PerhapsTaken),
            ("json_equals", "sent queued", "status", b'{"status": "sent"}', Refused),
            ("json_one_of", "sent queued", "status", b'{"status": "queued"}', Accepted),
            ("json_one_of", "sent queued", "status", b'{"status": "sent queued"}', Refused),
            ("json_one_of", "sent queued", "status", b'{"status": null}', Refused),
            ("json_one_of", "sent queued", "status", b"sent", PerhapsTaken),
        ],
    )
    def test_status_and_rule_decide_together(self, rule, value, field, body, expected):
        """A body that is no answer at all leaves the outcome open."""
        rules = {"success_rule": rule, "success_value": value, "success_field": field}
        with HostileServer(hostile.answer(200, body)) as server:
            outcome = _service(url=server.url, **rules).submit(SUBMISSION)

        assert isinstance(outcome, expected)

    def test_the_rule_does_not_save_a_bad_status(self):
        """A proxy's error page may hold any word."""
        with HostileServer(hostile.answer(404, b"OK")) as server:
            outcome = _service(url=server.url, success_rule="contains", success_value="OK").submit(SUBMISSION)

        assert isinstance(outcome, Refused)

    def test_without_an_id_our_own_reference_stands_for_it(self):
        """So that a message is never without one."""
        with HostileServer(hostile.answer(200, b"{}")) as server:
            outcome = _service(url=server.url, id_field="id").submit(SUBMISSION)

        assert Accepted(SUBMISSION.message_id) == outcome
