"""Any provider or gateway that takes a text by one HTTP request.

The administrator describes the request; ``{phone}``, ``{message}`` and, if wanted, ``{sender}`` stand in the values of
its parameters, and are the only variables. They are encoded for the place they stand in, so that no text can add a
parameter or a field. Success is decided by the status *and* a rule on the body: many gateways refuse with
HTTP 200.
"""

from typing_extensions import override

from authsms.plugin_api import (
    Accepted,
    InvalidInputError,
    JsonValue,
    Outcome,
    Pairs,
    PhoneNumber,
    Preset,
    ProviderAnswer,
    ProviderRequest,
    RefusalScope,
    Refused,
    SenderService,
    Setting,
    SettingKind,
    SettingValues,
    Submission,
    Template,
    hookimpl,
    parse_template,
)

_NEEDED = ("phone", "message")
_VARIABLES = (*_NEEDED, "sender")
_LONGEST_VALUE = 1000
_RULES = (
    ("status", "The status alone"),
    ("starts_with", "The body begins with the text below"),
    ("contains", "The body contains the text below"),
    ("equals", "The body is exactly the text below"),
    ("json_equals", "A field of a JSON body has the value below"),
    ("json_one_of", "A field of a JSON body has one of the words below"),
)
_JSON_RULES = ("json_equals", "json_one_of")
_PRESETS = (
    Preset(
        "clickatell",
        "Clickatell",
        "The classic HTTP interface: fill in user, api_id, from (a registered sender, digits only) and password. "
        "For receipts and letters beyond ASCII use the kind clickatell_http.",
        {
            "url": "https://api.clickatell.com/http/sendmsg",
            "method": "POST",
            "body_format": "form",
            "parameters": (("user", ""), ("to", "{phone}"), ("text", "{message}"), ("api_id", ""), ("from", "")),
            "secure_parameters": (("password", ""),),
            "number_format": "digits",
            "success_rule": "starts_with",
            "success_value": "ID:",
        },
    ),
    Preset(
        "signalwire",
        "SignalWire",
        "Put your space and the project key into the address, the project key into user, the API token into password, "
        "and a number of the project, as +14155550100, into From.",
        {
            "url": "https://SPACE.signalwire.com/api/laml/2010-04-01/Accounts/PROJECT/Messages",
            "method": "POST",
            "body_format": "form",
            "user": "",
            "password": "",
            "parameters": (("To", "{phone}"), ("From", ""), ("Body", "{message}")),
            "number_format": "plus",
            "success_rule": "json_one_of",
            "success_field": "status",
            "success_value": "queued initiated sending sent delivered",
            "id_field": "sid",
        },
    ),
    Preset(
        "lox",
        "LOX24",
        "Fill in konto (customer number), service (its number) and, as password, the MD5 of your password in 32 "
        "lower-case hexadecimal digits. It all stands in the address, which proxies may log.",
        {
            "url": "https://www.lox24.eu/API/httpsms.php",
            "method": "GET",
            "parameters": (
                *(("konto", ""), ("service", ""), ("text", "{message}"), ("encoding", "0")),
                *(("to", "{phone}"), ("return", "xml"), ("action", "send")),
            ),
            "secure_parameters": (("password", ""),),
            "number_format": "plus",
            "success_rule": "contains",
            "success_value": "<code>1",
        },
    ),
)


class GenericHttpService(SenderService):
    """A gateway described by its administrator."""

    key = "generic_http"
    title = "Generic HTTP"
    presets = _PRESETS
    sender_setting = "sender"
    settings = (
        Setting(
            "url",
            "Service URL",
            "Address that takes a message; it may hold a fixed query.",
            SettingKind.URL,
            required=True,
            guards_secrets=True,
        ),
        Setting(
            "method",
            "Method",
            "GET puts all parameters into the address, where proxies may log them; prefer POST.",
            SettingKind.CHOICE,
            default="POST",
            choices=(("POST", "POST"), ("GET", "GET")),
        ),
        Setting(
            "body_format",
            "Body of a POST",
            "In JSON, a dot in a parameter's name nests (message.text), and [] at its end makes a list.",
            SettingKind.CHOICE,
            default="form",
            choices=(("form", "Form"), ("json", "JSON")),
        ),
        Setting("user", "Basic user", "User of HTTP Basic authentication, if the gateway wants it."),
        Setting("password", "Basic password", "Its password.", SettingKind.SECRET),
        Setting(
            "parameters",
            "Parameters",
            "Lines of name=value. {phone}, {message} and {sender} are put in; write {{ and }} for braces.",
            SettingKind.PAIRS,
            default=(),
        ),
        Setting(
            "secure_parameters",
            "Secure parameters",
            "Like parameters, but never shown again: keys, passwords.",
            SettingKind.SECRET_PAIRS,
            default=(),
        ),
        Setting("sender", "Sender", "Stands where a parameter says {sender}; the policy may choose another."),
        Setting("headers", "Headers", "Lines of name=value; no variables.", SettingKind.PAIRS, default=()),
        Setting(
            "secure_headers",
            "Secure headers",
            "Like headers, but never shown again, e.g. Authorization=Bearer …",
            SettingKind.SECRET_PAIRS,
            default=(),
        ),
        Setting(
            "number_format",
            "Form of the number",
            "Whether the gateway wants numbers with or without the plus sign.",
            SettingKind.CHOICE,
            default="plus",
            choices=(("plus", "+491715550100"), ("digits", "491715550100")),
        ),
        Setting(
            "success_rule",
            "Success means status 2xx, and",
            "What else must be true. Many gateways answer 200 to everything.",
            SettingKind.CHOICE,
            default="status",
            choices=_RULES,
        ),
        Setting("success_field", "Field of the answer", "Where in the JSON, e.g. messages.0.status."),
        Setting(
            "success_value",
            "Text or value",
            "What success looks like, case as written; several words with spaces between.",
        ),
        Setting("id_field", "Field of the message id", "Where in a JSON answer the id stands, e.g. messages.0.id."),
    )

    @override
    @classmethod
    def check(cls, values: SettingValues) -> None:
        pairs = [(name, value) for name in ("parameters", "secure_parameters") for _, value in values.pairs(name)]
        used = {word for name, value in pairs for word in _template(value, name).names}
        fixed = [("url", values.text("url"))]
        fixed += [(name, value) for name in ("headers", "secure_headers") for _, value in values.pairs(name)]
        for variable in _NEEDED:
            if variable not in used:
                raise InvalidInputError(f"One parameter must hold {{{variable}}}.", field="parameters")
        for name, text in fixed:
            if any(f"{{{variable}}}" in text for variable in _VARIABLES):
                raise InvalidInputError("Variables belong into parameters only.", field=name)
        if ("sender" in used) != bool(values.text("sender")):
            raise InvalidInputError("A sender and a parameter that holds {sender} belong together.", field="sender")
        rule = values.text("success_rule")
        if rule != "status" and not values.text("success_value"):
            raise InvalidInputError("Say what success looks like.", field="success_value")
        if rule in _JSON_RULES and not values.text("success_field"):
            raise InvalidInputError("Say which field of the answer to look at.", field="success_field")
        cls._request(values, Submission("x", PhoneNumber("+10000000000"), "x"))

    @override
    @classmethod
    def check_sender(cls, values: SettingValues, sender: str) -> None:
        super().check_sender(values, sender)
        if not values.text("sender"):
            raise InvalidInputError("Put {sender} into a parameter of the service first.", field="senders")

    @override
    def build_request(self, submission: Submission) -> ProviderRequest:
        return self._request(self.values, submission)

    @override
    def read_answer(self, answer: ProviderAnswer, submission: Submission) -> Outcome:
        rule, id_field = self.values.text("success_rule"), self.values.text("id_field")
        is_readable = rule == "status" or bool(answer.body.strip())
        if rule in _JSON_RULES:
            is_readable = isinstance(answer.json_value(), dict | list)
        if not (answer.is_success and answer.is_whole and is_readable):
            return self.failure(answer)
        if not self._is_success(answer):
            return Refused(RefusalScope.MESSAGE, "rejected", answer.text())
        provider_id = answer.find(*_path(id_field)) if id_field else None
        return Accepted(provider_id or submission.message_id)

    def _is_success(self, answer: ProviderAnswer) -> bool:
        body, wanted = answer.text().strip(), self.values.text("success_value")
        rule, field = self.values.text("success_rule"), _path(self.values.text("success_field"))
        if rule in _JSON_RULES:
            return answer.find(*field) in ([wanted] if rule == "json_equals" else wanted.split())
        met = {"starts_with": body.startswith(wanted), "contains": wanted in body, "equals": body == wanted}
        return met.get(rule, True)

    @staticmethod
    def _request(values: SettingValues, submission: Submission) -> ProviderRequest:
        plus = "" if values.text("number_format") == "plus" else "+"
        words = {
            "phone": submission.recipient.lstrip(plus),
            "message": submission.text,
            "sender": (submission.sender or values.text("sender")).lstrip(plus),
        }
        pairs = tuple(
            (name, _template(value, setting).fill(words))
            for setting in ("parameters", "secure_parameters")
            for name, value in values.pairs(setting)
        )
        headers = (*values.pairs("headers"), *values.pairs("secure_headers"))
        basic = (values.text("user"), values.text("password")) if values.text("user") else None
        if values.text("method") == "GET":
            return ProviderRequest.get(values.text("url"), pairs, headers=headers, basic=basic)
        if values.text("body_format") == "json":
            return ProviderRequest.json(values.text("url"), _nested(pairs), headers=headers, basic=basic)
        return ProviderRequest.form(values.text("url"), pairs, headers=headers, basic=basic)


def _template(value: str, setting: str) -> Template:
    try:
        return parse_template(value, names=_VARIABLES, required=(), longest=_LONGEST_VALUE)
    except InvalidInputError as error:
        raise InvalidInputError(str(error), field=setting) from error


def _path(text: str) -> list[str | int]:
    return [int(step) if step.isdigit() else step for step in text.split(".")]


def _nested(pairs: Pairs) -> dict[str, JsonValue]:
    """Return *pairs* as a JSON object; ``to.number`` nests, ``to[]`` is a list."""
    root: dict[str, JsonValue] = {}
    for name, value in pairs:
        *parents, last = name.split(".")
        place = root
        for parent in parents:
            inner = place.setdefault(parent, {})
            if not isinstance(inner, dict):
                raise _twice(name)
            place = inner
        key = last.removesuffix("[]")
        values = place.setdefault(key, []) if last.endswith("[]") else None
        if isinstance(values, list):
            values.append(value)
        elif key in place:
            raise _twice(name)
        else:
            place[key] = value
    return root


def _twice(name: str) -> InvalidInputError:
    return InvalidInputError(f"Parameter {name} stands where another one stands already.", field="parameters")


@hookimpl
def authsms_sender_services() -> list[type[SenderService]]:
    """Bring the generic gateway."""
    return [GenericHttpService]
