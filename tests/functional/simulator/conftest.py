"""A running simulator, and a web server that writes down what it is sent."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import parse_qsl

import pytest
import requests
from flask import Flask, request
from twilio.rest import Client

from authsms.simulator import GatewayAccount, SimulatorConfig, TwilioAccount, WebServer, create_simulator
from authsms.simulator.providers.contract import Network

SENDER = "+15005550006"
SERVICE = "MG" + "0123456789abcdef" * 2
PHONE = "+491711234567"


@dataclass(frozen=True, slots=True)
class Running:
    """A simulator under test, and a session that talks to it."""

    url: str
    twilio: TwilioAccount
    gateway: GatewayAccount
    network: Network
    http: requests.Session

    @property
    def messages_url(self) -> str:
        """Where Twilio takes messages."""
        return f"{self.url}/twilio/2010-04-01/Accounts/{self.twilio.sid}/Messages.json"

    def submit(self, **parameters: str) -> requests.Response:
        """Submit a text to Twilio's side."""
        form = {"To": PHONE, "From": SENDER, "Body": "hello"} | parameters
        auth = (self.twilio.sid, self.twilio.token)
        return self.http.post(self.messages_url, data=form, auth=auth, timeout=10)

    def set_fault(self, provider: str = "twilio", **fault: object) -> None:
        """Let something go wrong."""
        self.http.put(f"{self.url}/faults/{provider}", json=fault, timeout=10).raise_for_status()

    def texts(self, phone: str = PHONE, wait: float = 0) -> list[dict[str, object]]:
        """Return what is on a phone."""
        answer = self.http.get(f"{self.url}/phones/{phone}/messages", params={"wait": wait}, timeout=70)
        answer.raise_for_status()
        found: list[dict[str, object]] = answer.json()["messages"]
        return found

    def client(self) -> Client:
        """Return Twilio's own SDK, pointed here."""
        client = Client(self.twilio.sid, self.twilio.token)
        client.api.base_url = f"{self.url}/twilio"
        return client


@dataclass(frozen=True, slots=True)
class Posted:
    """A request that arrived at the receiver."""

    url: str
    pairs: list[tuple[str, str]]
    headers: dict[str, str]

    @property
    def form(self) -> dict[str, str]:
        """The parameters; none comes twice."""
        return dict(self.pairs)


@dataclass(slots=True)
class Receiver:
    """What a customer's webhooks got."""

    url: str = ""
    status: int = 204
    posts: list[Posted] = field(default_factory=list)
    news: threading.Condition = field(default_factory=threading.Condition)

    def wait_for(self, count: int) -> list[Posted]:
        """Return the first *count* requests, in the order in which they came."""
        with self.news:
            assert self.news.wait_for(lambda: len(self.posts) >= count, timeout=30), self.posts
            return list(self.posts)

    def application(self) -> Flask:
        """Return the web application that writes down."""
        app = Flask("receiver")

        @app.post("/hook")
        def hook() -> tuple[str, int]:
            body = request.get_data(as_text=True)
            with self.news:
                pairs = parse_qsl(body, keep_blank_values=True, strict_parsing=True)
                self.posts.append(Posted(request.url, pairs, dict(request.headers)))
                self.news.notify_all()
            return "", self.status

        return app


@pytest.fixture
def simulator() -> Iterator[Running]:
    """A simulator whose receipts come at once."""
    twilio = TwilioAccount(numbers=(SENDER, "+15551230000"), service=SERVICE, keys=(("SK" + "a" * 32, "key secret"),))
    gateway = GatewayAccount()
    app = create_simulator(SimulatorConfig(accounts=(twilio, gateway), pace=timedelta(0)))
    network: Network = app.extensions["simulator"]
    with WebServer(app, "127.0.0.1", 0) as server, requests.Session() as session:
        session.trust_env = False
        yield Running(server.url, twilio, gateway, network, session)
        network.postman.stop()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A web server that takes receipts and replies at `/hook`."""
    receiver = Receiver()
    with WebServer(receiver.application(), "127.0.0.1", 0) as server:
        receiver.url = f"{server.url}/hook"
        yield receiver
