"""The addresses of the interface, below ``/privacyidea/<endpoint>``, which is the base that plug-ins are given."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import unquote

from flask import Blueprint, Response, jsonify, request

from authsms.foundation.characters import check_writable
from authsms.foundation.clock import Clock
from authsms.foundation.errors import InvalidInputError, UnavailableError
from authsms.foundation.limits import Limits
from authsms.foundation.logs import get_logger
from authsms.logon.endpoint_refusals import EndpointRefusals
from authsms.logon.endpoints import Endpoint
from authsms.logon.radius_profile import LOCALES
from authsms.logon.steps import Client
from authsms.protocols import problems
from authsms.protocols.client_address import IS_PROXYS_OWN
from authsms.protocols.radius.challenges import Challenges
from authsms.protocols.services import ProtocolServices
from authsms.protocols.told_address import told_address
from authsms.protocols.validate import answers
from authsms.protocols.validate.answers import ErrorCode, Outcome, Verdict
from authsms.protocols.validate.callers import CREDENTIAL_HEADERS, Callers
from authsms.protocols.validate.door import ValidateDoor, Visit
from authsms.protocols.validate.transactions import Transactions

BASE = "/privacyidea/<endpoint_id>"
_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
_LONGEST = 1024
_ENCODES_TWICE = "FreeRADIUS"
_log = get_logger(__name__)


class NotProvenError(Exception):
    """The caller is no registered endpoint."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the addresses call."""

    door: ValidateDoor
    callers: Callers
    clock: Clock

    @property
    def moment(self) -> float:
        """Now, as answers tell it."""
        return self.clock.now().timestamp()

    def caller(self, endpoint_id: str) -> Endpoint:
        """Return the endpoint that calls.

        Raises:
            NotProvenError: It has not proved to be one.
        """
        is_id = _ID.fullmatch(endpoint_id)
        credentials = [request.headers.get(name, "") for name in CREDENTIAL_HEADERS]
        # Whoever comes by a proxy that nobody has told us of stands nowhere, or everybody would stand where it does.
        address = "" if request.environ.get(IS_PROXYS_OWN) else request.remote_addr or ""
        found = self.callers.find(endpoint_id, credentials, address) if is_id else None
        if found is None:
            raise self.refusal(endpoint_id if is_id else "")
        return found

    def refusal(self, endpoint_id: str) -> NotProvenError:
        """Return the error for a caller that has not proved to be this endpoint; it is noted."""
        _log.warning("validate.caller_refused", endpoint=endpoint_id)
        if endpoint_id:
            self.callers.note_refusal(endpoint_id, request.remote_addr or "")
        return NotProvenError()


def open_validate(services: ProtocolServices) -> Blueprint:
    """Return the addresses over *services*."""
    challenges = Challenges(services.database, services.vault, services.clock)
    door = ValidateDoor(services, challenges, Transactions(services.vault))
    refusals = EndpointRefusals(services.database, services.audit, Limits(services.database, services.clock))
    callers = Callers(services.endpoints, services.vault, services.clock, refusals)
    return create_blueprint(Parts(door, callers, services.clock))


def create_blueprint(parts: Parts) -> Blueprint:
    """Return the addresses."""
    blueprint = Blueprint("validate", __name__)
    problems.register(blueprint)
    _add_errors(blueprint, parts)
    _add_addresses(blueprint, parts)
    return blueprint


def _add_addresses(blueprint: Blueprint, parts: Parts) -> None:
    @blueprint.post(f"{BASE}/validate/check")
    def check(endpoint_id: str) -> Response:
        return jsonify(answers.check_document(_check(parts, endpoint_id), parts.moment))

    @blueprint.post(f"{BASE}/validate/radiuscheck")
    def radius_check(endpoint_id: str) -> Response:
        is_in = _check(parts, endpoint_id).outcome is Outcome.ACCEPT
        return Response(status=HTTPStatus.NO_CONTENT if is_in else HTTPStatus.BAD_REQUEST)

    @blueprint.post(f"{BASE}/validate/triggerchallenge")
    def trigger(endpoint_id: str) -> Response:
        endpoint = parts.caller(endpoint_id)
        verdict = parts.door.trigger(_visit(endpoint, _values(), needs_password=False))
        return jsonify(answers.trigger_document(verdict, parts.moment))

    @blueprint.get(f"{BASE}/validate/polltransaction")
    @blueprint.get(f"{BASE}/validate/polltransaction/<transaction_id>")
    def poll(endpoint_id: str, transaction_id: str = "") -> Response:
        parts.caller(endpoint_id)
        del transaction_id  # whatever it is, nothing is accepted but through check
        return jsonify(answers.poll_document(parts.moment))

    @blueprint.post(f"{BASE}/auth")
    def authenticate(endpoint_id: str) -> Response:
        values = _values()
        is_id = values.get("username") == endpoint_id and _ID.fullmatch(endpoint_id)
        token = parts.callers.token(endpoint_id, values.get("password", "")) if is_id else None
        if token is None:
            raise parts.refusal(endpoint_id if is_id else "")
        return jsonify(answers.token_document(token, parts.moment))


def _add_errors(blueprint: Blueprint, parts: Parts) -> None:
    @blueprint.errorhandler(NotProvenError)
    def not_proven(_error: NotProvenError) -> tuple[Response, int, dict[str, str]]:
        document = answers.error_document(ErrorCode.NOT_PROVEN, "Show the endpoint's secret.", parts.moment)
        return jsonify(document), HTTPStatus.UNAUTHORIZED, {"WWW-Authenticate": 'Basic realm="authsms"'}

    @blueprint.errorhandler(InvalidInputError)
    def unusable(error: InvalidInputError) -> tuple[Response, int]:
        document = answers.error_document(ErrorCode.PARAMETER, str(error), parts.moment)
        return jsonify(document), HTTPStatus.BAD_REQUEST

    @blueprint.errorhandler(UnavailableError)
    def unavailable(_error: UnavailableError) -> tuple[Response, int]:
        document = answers.error_document(ErrorCode.BROKEN, "Nothing could be decided.", parts.moment)
        return jsonify(document), HTTPStatus.SERVICE_UNAVAILABLE


def _check(parts: Parts, endpoint_id: str) -> Verdict:
    endpoint = parts.caller(endpoint_id)
    return parts.door.check(_visit(endpoint, _values(), needs_password=True))


def _visit(endpoint: Endpoint, values: Mapping[str, str], *, needs_password: bool) -> Visit:
    user, realm, password = values.get("user", ""), values.get("realm", ""), values.get("pass", "")
    if not user.strip() or (needs_password and "pass" not in values):
        raise InvalidInputError("The request must name user and pass in its body; a serial is not enough.")
    if (request.user_agent.string or "").startswith(_ENCODES_TWICE):
        user, password = unquote(user), unquote(password)
    check_writable([user, password, *values.values()])
    agent = f"validate {endpoint.name}"
    locale = request.accept_languages.best_match(LOCALES) or LOCALES[0]
    told = told_address(values.get("client", ""))
    address = told or request.remote_addr or ""
    client = Client(
        address,
        agent,
        locale,
        endpoint.name,
        endpoint.id,
        can_choose=not endpoint.validate.joins_codes,
        is_address_told=bool(told),
    )
    name = f"{realm}\\{user}" if realm and "\\" not in user else user
    return Visit(endpoint, name, password, values.get("transaction_id") or values.get("state", ""), client)


def _values() -> Mapping[str, str]:
    """Return the parameters of the body.

    Raises:
        InvalidInputError: One of them is no text, or too long.
    """
    given = _json() if request.is_json else request.form.to_dict()
    if not isinstance(given, dict):
        raise InvalidInputError("The body must hold a form or a JSON object.")
    for name, value in given.items():
        if not isinstance(value, str) or len(value) > _LONGEST:
            raise InvalidInputError("A parameter is a text of at most 1024 characters.", field=str(name)[:40])
    return given


def _json() -> object:
    """Return the document that was sent; nothing when it is none, too deep, or holds half a surrogate pair."""
    try:
        given = request.get_json(silent=True)
        json.dumps(given, ensure_ascii=False).encode()
    except (RecursionError, UnicodeEncodeError):
        return None
    return given
