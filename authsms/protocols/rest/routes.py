"""The addresses of the REST door: read the request, let the operation run, write its answer as JSON."""

import re
from collections.abc import Callable
from functools import cache
from typing import Final

from flask import Blueprint, Response, jsonify, render_template, request
from pydantic import BaseModel, ValidationError
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import NotFound, Unauthorized, UnsupportedMediaType
from werkzeug.routing import Map, Rule

from authsms.foundation.characters import check_writable
from authsms.foundation.errors import InvalidInputError
from authsms.logon.endpoint_sessions import EndpointSession
from authsms.protocols import problems
from authsms.protocols.rest import bodies
from authsms.protocols.rest.catalog import EVERYTHING
from authsms.protocols.rest.door import RestDoor
from authsms.protocols.rest.message_door import MessageDoor
from authsms.protocols.rest.openapi import describe
from authsms.protocols.rest.operations import PREFIX, Call, Operation
from authsms.protocols.rest.reference import reference

_LARGEST_BODY: Final = 16 * 1024
_JSON: Final = "application/json"
_SCHEME: Final = "Bearer "
_LONGEST_TOKEN: Final = 200
_NOBODY: Final = "0" * 32
_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")


def create_blueprint(door: RestDoor, messages: MessageDoor, public_url: str) -> Blueprint:
    """Return the addresses below ``/api/v1``."""
    blueprint = Blueprint("rest", __name__)
    problems.register(blueprint, fault)
    for operation in EVERYTHING:
        rule = _rule(operation.path)
        view = _view(door, messages, operation)
        blueprint.add_url_rule(rule, operation.name, view, methods=[operation.method])
    _add_description(blueprint, public_url)
    _add_elsewhere(blueprint)
    return blueprint


def fault(status: int, kind: str, title: str, detail: str) -> Response:
    """Return an error as this door writes it."""
    name = kind.rpartition(":")[2] if kind.startswith("urn:") else title.lower().replace(" ", "-")
    found = bodies.Faults(errors=[bodies.Fault(name=name, description=detail or f"{title}.")])
    return _answer(found, status)


def _view(door: RestDoor, messages: MessageDoor, operation: Operation) -> Callable[..., Response]:
    pattern = re.compile(operation.pattern)

    def view(**ids: str) -> Response:
        request.max_content_length = _LARGEST_BODY
        sent = _sent(operation)
        caller = None if operation.is_open else _caller(door, operation, sent)
        given = next(iter(ids.values()), _NOBODY)
        # What cannot be an id is nobody's: the answer is the same, and the database is not asked for odd characters.
        known = given if pattern.fullmatch(given) else _NOBODY
        done = operation.run(Call(door, caller, known, sent, messages))
        return _answer(done, operation.status)

    return view


def _sent(operation: Operation) -> BaseModel | None:
    """Return what was sent, checked."""
    if operation.takes is None:
        return None
    try:
        if operation.method == "GET":
            sent = operation.takes.model_validate(request.args.to_dict())
        elif request.mimetype != _JSON:
            raise UnsupportedMediaType
        else:
            sent = operation.takes.model_validate_json(request.get_data())
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])[:100]
        raise InvalidInputError(f"{where}: {first['msg']}" if where else first["msg"], field=where) from None
    check_writable(sent.model_dump())
    return sent


def _caller(door: RestDoor, operation: Operation, sent: BaseModel | None) -> EndpointSession:
    """Return whose endpoint session is shown, in the header or in the body, or whose access token, in the header."""
    header = request.headers.get("Authorization", "")
    shown = header.removeprefix(_SCHEME) if header.startswith(_SCHEME) else ""
    token = shown or getattr(sent, "endpoint_session_id", None) or ""
    is_session = operation.takes_session and 0 < len(token) <= _LONGEST_TOKEN
    found = door.endpoint_sessions.find(token) if is_session else None
    if found is None and operation.scope and 0 < len(shown) <= _LONGEST_TOKEN:
        found = door.bearers.find(shown, operation.scope)
    if found is None:
        raise Unauthorized(www_authenticate=WWWAuthenticate("bearer", {"realm": "authsms"}))
    return found


def _answer(done: BaseModel | None, status: int) -> Response:
    body = b"" if done is None else done.model_dump_json().encode()
    answer = Response(body, status, content_type=_JSON, headers={"Cache-Control": "no-store"})
    if done is None:
        del answer.headers["Content-Type"]
    return answer


def _add_description(blueprint: Blueprint, public_url: str) -> None:
    @blueprint.get(f"{PREFIX}/openapi.json")
    def description() -> Response:
        return jsonify(describe(public_url))

    @blueprint.get(f"{PREFIX}/docs")
    def page() -> str:
        return render_template("protocols/rest.html", reference=reference(public_url), prefix=PREFIX)


def _add_elsewhere(blueprint: Blueprint) -> None:
    """Answer what no operation answers in the form of this door, too."""

    @cache  # a fifth of the time in which an application is put together, and hardly anybody asks
    def paths() -> Map:
        rules = [Rule(_rule(one.path), methods=[one.method]) for one in EVERYTHING]
        return Map([*rules, *(Rule(f"{PREFIX}/{one}", methods=["GET"]) for one in ("openapi.json", "docs"))])

    @blueprint.route("/api/", defaults={"path": ""}, methods=_METHODS)
    @blueprint.route("/api/<path:path>", methods=_METHODS)
    def elsewhere(path: str) -> Response:
        paths().bind("").match(f"/api/{path}", request.method)
        raise NotFound


def _rule(path: str) -> str:
    return PREFIX + path.replace("{", "<").replace("}", ">")
