"""The description of the REST door as a page for people; read from what programs read, so both say the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from authsms.protocols.rest.openapi import describe


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that is sent or answered.

    Attributes:
        kind: What it is, in words of JSON; the name of a shape leads to it.
        shape: That name, or empty.
    """

    name: str
    kind: str
    shape: str
    is_required: bool
    about: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """One way in which an operation ends."""

    status: str
    about: str
    shape: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One operation.

    Attributes:
        given: What stands in the address.
        takes: Shape of what is sent, or empty.
        is_open: It is asked without an endpoint session.
        scope: What an access token has to be good for, where nothing else will do.
        takes_token: An access token stands in for one.
    """

    name: str
    summary: str
    method: str
    path: str
    given: Sequence[Field]
    takes: str
    outcomes: Sequence[Outcome]
    is_open: bool
    takes_token: bool
    scope: str


@dataclass(frozen=True, slots=True)
class Shape:
    """What a body looks like."""

    name: str
    about: str
    fields: Sequence[Field]
    words: Sequence[str]


@dataclass(frozen=True, slots=True)
class Reference:
    """The whole page."""

    about: str
    entries: Sequence[Entry]
    shapes: Sequence[Shape]


def reference(public_url: str) -> Reference:
    """Return the description of the door of a server, for people."""
    described = describe(public_url)
    entries = [
        _entry(path, method, operation)
        for path, operations in described["paths"].items()
        for method, operation in operations.items()
    ]
    shapes = [_shape(name, schema) for name, schema in described["components"]["schemas"].items()]
    return Reference(described["info"]["description"], entries, shapes)


def _entry(path: str, method: str, operation: Mapping[str, Any]) -> Entry:
    outcomes = [
        Outcome(status, one["description"], _shape_in(one)) for status, one in sorted(operation["responses"].items())
    ]
    return Entry(
        operation["operationId"],
        operation["summary"],
        method.upper(),
        path,
        [_field(one["name"], one["schema"], is_required=one["required"]) for one in operation["parameters"]],
        _shape_in(operation.get("requestBody", {})),
        outcomes,
        operation.get("security") == [],
        "security" not in operation,
        _scope(operation.get("security", ())),
    )


def _scope(security: Sequence[Mapping[str, Sequence[str]]]) -> str:
    return next((scope for one in security for scope in one.get("accessToken", ())), "")


def _shape(name: str, schema: Mapping[str, Any]) -> Shape:
    required = schema.get("required", ())
    fields = [_field(one, about, is_required=one in required) for one, about in schema.get("properties", {}).items()]
    return Shape(name, schema.get("description", ""), fields, schema.get("enum", ()))


def _field(name: str, schema: Mapping[str, Any], *, is_required: bool) -> Field:
    kind, shape = _kind(schema)
    return Field(name, kind, shape, is_required, schema.get("description", ""))


def _kind(schema: Mapping[str, Any]) -> tuple[str, str]:
    """Return what a value is, and the name of its shape if it has one."""
    if "$ref" in schema:
        return "", _name(schema["$ref"])
    if "anyOf" in schema:
        kinds = [_kind(one) for one in schema["anyOf"]]
        words = dict.fromkeys(word for word, _ in kinds if word)
        return " or ".join(words), next((shape for _, shape in kinds if shape), "")
    if schema.get("type") == "array":
        kind, shape = _kind(schema["items"])
        return f"list of {kind}".strip() if kind else "list of", shape
    return schema.get("format", schema.get("type", "")), ""


def _shape_in(part: Mapping[str, Any]) -> str:
    content = part.get("content")
    return _name(content["application/json"]["schema"]["$ref"]) if content else ""


def _name(reference_to: str) -> str:
    return reference_to.rpartition("/")[2]
