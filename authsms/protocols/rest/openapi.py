"""The description of the REST door in the words of OpenAPI 3.1, made from its operations and models."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from authsms import __version__
from authsms.logon.endpoints import LOGON_SCOPE
from authsms.logon.oidc_profile import MESSAGING, OidcOption
from authsms.protocols.rest import bodies
from authsms.protocols.rest.catalog import EVERYTHING
from authsms.protocols.rest.operations import PREFIX, Operation

_REF: Final = "#/components/schemas/"
_USUAL: Final = (400, 401, 429, 503)
_ABOUT: Final = (
    "Log people in from your own pages. Open an endpoint session first, or get an access token by client credentials "
    "where you may, and show it as a bearer token; then walk a person through a chain: begin a logon, and answer its "
    "methods until the status is OK or FAILED. Programs with an access token that is good for it have people texted "
    "and asked who have agreed, and see and name their contacts."
)
_SCOPES: Final = {
    LOGON_SCOPE: "Log people in.",
    MESSAGING[OidcOption.SEND_MESSAGES]: "Send notices and make offers, follow them, and take them back.",
    MESSAGING[OidcOption.READ_CONTACTS]: "See contacts, masked.",
    MESSAGING[OidcOption.WRITE_CONTACTS]: "Name contacts and take them away.",
}
_MEANINGS: Final = {
    400: "What was sent cannot be used.",
    401: "No endpoint session or access token was shown, or it is over.",
    403: "The proof is not right, not recent enough, or the access token is not for this.",
    404: "There is no such thing, it is over, or it is another's.",
    409: "There is one already, it is another's, or it stands differently by now.",
    415: "What was sent is not JSON.",
    429: "There were too many tries; see `Retry-After`.",
    503: "Something this server depends on is away; nothing was decided.",
}


def describe(public_url: str) -> dict[str, Any]:
    """Return the description of the door of a server."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in EVERYTHING:
        paths.setdefault(f"{PREFIX}{operation.path}", {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "authsms", "version": __version__, "description": _ABOUT},
        "servers": [{"url": public_url}],
        "paths": paths,
        "components": {
            "schemas": _schemas(),
            "securitySchemes": _schemes(public_url),
        },
        "security": [{"endpointSession": []}, {"accessToken": [LOGON_SCOPE]}],
    }


def _operation(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": [*_ids(operation), *_query(operation)],
        "responses": _responses(operation),
    }
    if operation.takes is not None and operation.method != "GET":
        described["requestBody"] = {"required": True, "content": _content(operation.takes)}
    if operation.is_open:
        described["security"] = []
    elif not operation.scope:
        described["security"] = [{"endpointSession": []}]
    elif not operation.takes_session:
        described["security"] = [{"accessToken": [operation.scope]}]
    return described


def _schemes(public_url: str) -> dict[str, Any]:
    own = {"tokenUrl": f"{public_url}/oauth2/token", "scopes": _SCOPES}
    return {
        "endpointSession": {"type": "http", "scheme": "bearer"},
        "accessToken": {"type": "oauth2", "flows": {"clientCredentials": own}},
    }


def _ids(operation: Operation) -> Sequence[dict[str, Any]]:
    names = [part[1:-1] for part in operation.path.split("/") if part.startswith("{")]
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": operation.pattern}}
        for name in names
    ]


def _query(operation: Operation) -> Sequence[dict[str, Any]]:
    if operation.takes is None or operation.method != "GET":
        return []
    schema = operation.takes.model_json_schema()
    required = set(schema.get("required", ()))
    return [
        {"name": name, "in": "query", "required": name in required, "schema": found}
        for name, found in schema["properties"].items()
    ]


def _responses(operation: Operation) -> dict[str, Any]:
    done: dict[str, Any] = {"description": HTTPStatus(operation.status).phrase}
    if operation.answer is not None:
        done["content"] = _content(operation.answer)
    faults = {*_USUAL, *operation.faults} - ({401} if operation.is_open else set())
    if operation.scope and not operation.is_open:
        faults.add(403)
    if operation.takes is not None and operation.method != "GET":
        faults.add(415)
    described = {str(status): _fault(status) for status in sorted(faults)}
    return {str(operation.status): done, **described}


def _fault(status: int) -> dict[str, Any]:
    return {"description": _MEANINGS[status], "content": _content(bodies.Faults)}


def _content(model: type[BaseModel]) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"{_REF}{model.__name__}"}}}


def _schemas() -> dict[str, Any]:
    taken: list[tuple[type[BaseModel], JsonSchemaMode]] = [
        (one.takes, "validation") for one in EVERYTHING if one.takes is not None and one.method != "GET"
    ]
    given: list[tuple[type[BaseModel], JsonSchemaMode]] = [
        (one.answer, "serialization") for one in EVERYTHING if one.answer is not None
    ]
    _, schema = models_json_schema(
        list(dict.fromkeys([*taken, *given, (bodies.Faults, "serialization")])), ref_template=f"{_REF}{{model}}"
    )
    definitions: dict[str, Any] = schema["$defs"]
    return definitions
