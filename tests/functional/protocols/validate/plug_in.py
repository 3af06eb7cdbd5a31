"""A plug-in as those for privacyIDEA are: it sends forms, and reads the members of the answer that they read."""

from dataclasses import dataclass
from typing import Any, cast

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from authsms.logon.endpoint_refusals import EndpointRefusals
from authsms.logon.endpoints import Endpoint
from authsms.logon.kinds import SECRET_ONLY, EndpointKind, ValidateProfile
from authsms.protocols.radius.challenges import Challenges
from authsms.protocols.validate.callers import Callers
from authsms.protocols.validate.door import ValidateDoor
from authsms.protocols.validate.routes import Parts, create_blueprint
from authsms.protocols.validate.transactions import Transactions
from tests.integration.logon.house import PASSWORD, House


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer."""

    response: TestResponse

    @property
    def body(self) -> dict[str, Any]:
        """The whole document."""
        return cast("dict[str, Any]", self.response.json)

    @property
    def outcome(self) -> str:
        """What clients since version 3.6 read."""
        return str(self.body["result"].get("authentication"))

    @property
    def value(self) -> object:
        """What all clients read."""
        return self.body["result"]["value"]

    @property
    def transaction(self) -> str:
        """The id to answer with; empty when there is none."""
        return str(self.body["detail"].get("transaction_id", ""))

    @property
    def message(self) -> str:
        """What people are told."""
        return str(self.body["detail"]["message"])


@dataclass
class PlugIn:
    """A plug-in, and what it was configured with."""

    http: FlaskClient
    endpoint: Endpoint
    secret: str

    @classmethod
    def register(
        cls, house: House, app: Flask, name: str, *, event: str = "web", profile: ValidateProfile = SECRET_ONLY
    ) -> "PlugIn":
        """Return a plug-in that is a registered endpoint."""
        endpoint, secret = house.endpoints.create(name, event=event, kind=EndpointKind.VALIDATE, validate=profile)
        return cls(app.test_client(), endpoint, secret)

    @property
    def base(self) -> str:
        """Where it was told that the server is."""
        return f"/privacyidea/{self.endpoint.id}"

    def send(self, path: str, fields: dict[str, str], *, shows_secret: bool = True, **options: Any) -> TestResponse:
        """Send a form."""
        auth = (self.endpoint.id, self.secret) if shows_secret else None
        return self.http.post(f"{self.base}{path}", data=fields, auth=auth, **options)

    def check(self, password: str = PASSWORD, user: str = "alice", transaction: str = "", **fields: str) -> Heard:
        """Send a password, or the code of a transaction."""
        sent = {"user": user, "pass": password, **fields}
        return Heard(self.send("/validate/check", sent | ({"transaction_id": transaction} if transaction else {})))

    def trigger(self, user: str = "alice") -> Heard:
        """Ask for a challenge."""
        return Heard(self.send("/validate/triggerchallenge", {"user": user}))


def open_app(house: House) -> Flask:
    """Return an application with nothing but this door."""
    app = Flask("validate")
    challenges = Challenges(house.database, house.vault, house.clock)
    door = ValidateDoor(house, challenges, Transactions(house.vault))
    refusals = EndpointRefusals(house.database, house.audit, house.limits)
    callers = Callers(house.endpoints, house.vault, house.clock, refusals)
    app.register_blueprint(create_blueprint(Parts(door, callers, house.clock)))
    return app
