"""What the door says of itself, and whether it keeps to it when it is asked nonsense."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from authsms.protocols.rest.catalog import EVERYTHING
from authsms.protocols.rest.openapi import describe
from authsms.protocols.rest.operations import OPERATIONS, PREFIX
from tests.functional.protocols.rest.program import Program
from tests.integration.logon.house import PASSWORD

_CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)
_BRIEFLY = settings(
    max_examples=6,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def _operations(program: Program) -> Iterator[APIOperation]:
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", program.http.application)
    paths = {f"{PREFIX}{one.path}" for one in OPERATIONS}
    yield from (
        found.ok() for found in schema.get_all_operations() if isinstance(found, Ok) and found.ok().path in paths
    )


def test_every_operation_is_described_with_all_it_answers():
    """The addresses are made from the same list, so none can be missing."""
    described = describe("https://login.example.test")
    found = {one["operationId"]: one for path in described["paths"].values() for one in path.values()}

    assert "3.1.0" == described["openapi"]
    assert [one.name for one in EVERYTHING] == list(found)
    assert all({"400", "503"} < set(one["responses"]) for one in found.values())
    assert {"OpenSession", "Begin", "DoLogon", "LogonState", "Faults"} < set(described["components"]["schemas"])


@pytest.mark.slow
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["usual", "odd"])
def test_the_door_keeps_to_its_description(program, house, mode):
    """Whatever is sent: no 500, and every answer has a status and a shape that are described."""
    seen = [_ask(program, operation, mode) for operation in _operations(program)]

    assert len(OPERATIONS) == len(seen)
    assert all(seen)


def _ask(program: Program, operation: APIOperation, mode: GenerationMode) -> list[int]:
    """Send requests of one kind and return how they were answered.

    Every other one names a logon or a login session there is, or little but refusals would be seen.
    """
    real = {"endpoint_id": program.endpoint.id}
    if "{login_session_id}" in operation.path:
        real["login_session_id"] = program.log_in()["login_session_id"]
    if "{logon_process_id}" in operation.path:
        real["logon_process_id"] = program.do(program.begin(), PASSWORD)["logon_process_id"]
    seen: list[int] = []

    @given(case=operation.as_strategy(generation_mode=mode))
    @_BRIEFLY
    def ask(case: Any) -> None:
        if len(seen) % 2:
            given_path = case.path_parameters or {}
            case.path_parameters = {name: real.get(name, value) for name, value in given_path.items()}
        answer = case.call(headers={"Authorization": f"Bearer {program.token}"})
        case.validate_response(answer, checks=_CHECKS)
        seen.append(answer.status_code)
        if answer.status_code == HTTPStatus.NO_CONTENT and "endpoint" in operation.path:
            program.open(f"salt number {len(seen)}")  # it has just ended its own session

    ask()
    return seen
