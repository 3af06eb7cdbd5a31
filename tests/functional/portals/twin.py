"""A scripted twin of the logon service: what the pages call, in memory, with a record of what would have been sent."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask, redirect

from authsms import portals
from authsms.delivery.states import MessageState
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database
from authsms.foundation.errors import NotFoundError, TooManyRequestsError
from authsms.foundation.resources import static_folder, templates_folder
from authsms.foundation.settings import Settings
from authsms.foundation.vault import HashingProfile, Vault
from authsms.logon.machine import WHICH_CHAIN, Asks, MessageKey, Prompt, Status
from authsms.logon.methods.plugged import PluggedMethod
from authsms.logon.sessions import LoginSessions, SessionDraft
from authsms.logon.steps import ChainChoice, Client, DeliveryStatus, Entrance, Step

PASSWORD = "correct horse"
CODE = "123456"
CONTINUATION = "c" * 32
PEOPLE = {"alice": "•••••••42", "ben": "•••••••17"}
SMS_CHAIN = ChainChoice("sms", "Password and text message", ("LDAP_PASSWORD:1", "SMS_OTP:1"))
TOTP_CHAIN = ChainChoice("totp", "Password and authenticator app", ("LDAP_PASSWORD:1", "TOTP:1"))


@dataclass
class Walk:
    """One process."""

    login: str
    secret: str
    continuation_id: str | None
    asks: Asks
    completed: tuple[str, ...] = ()
    status: Status = Status.MORE_DATA


@dataclass
class ScriptedLogon:
    """Does what the logon service promises its doors, for two people and one chain."""

    clock: Clock
    database: Database
    sessions: LoginSessions
    walks: dict[str, Walk] = field(default_factory=dict)
    sent: list[str] = field(default_factory=list)
    plugged: tuple[PluggedMethod, ...] = ()
    answers: list[dict[str, str]] = field(default_factory=list)
    clients: list[Client] = field(default_factory=list)
    delivery: DeliveryStatus = field(default_factory=lambda: DeliveryStatus(MessageState.QUEUED, "", final=False))
    failure: Exception | None = None
    return_to: str = "/oauth2/resume/" + CONTINUATION
    lifetime: timedelta = timedelta(seconds=120)
    resend_after: timedelta = timedelta(seconds=30)
    ways: tuple[ChainChoice, ...] = (TOTP_CHAIN,)
    asks_chain: bool = False

    def entrance(self, event, *, continuation_id):
        """Return what the first page shows."""
        if event != "web" or continuation_id not in {None, CONTINUATION}:
            raise NotFoundError("nothing here")
        if continuation_id is None:
            return Entrance("web", "Web login", "", "")
        return Entrance("web", "Web login", "Sample application", "")

    def begin(self, event, user_name, client, *, continuation_id, response=None):
        """Ask for a password, whoever it is, and check it when it came along."""
        if self.failure:
            raise self.failure
        self.entrance(event, continuation_id=continuation_id)
        self.clients.append(client)
        asks = Asks("LDAP_PASSWORD:1", Prompt.PASSWORD, MessageKey.ASK_PASSWORD)
        process_id = secrets.token_hex(16)
        self.walks[process_id] = Walk(user_name.strip().lower(), secrets.token_urlsafe(32), continuation_id, asks)
        step = self._step(process_id, MessageKey.ASK_PASSWORD)
        return step if response is None else self.answer(step.ticket, response, client)

    def answer(self, ticket, response, client):
        """Check a password or a code."""
        if self.failure:
            raise self.failure
        walk = self._open(ticket)
        self.answers.append(response)
        if walk.asks is WHICH_CHAIN:
            return self._step(ticket.process_id, MessageKey.CHAIN_UNKNOWN)
        if walk.asks.prompt is Prompt.PASSWORD:
            return self._password(ticket.process_id, walk, response.get("password", ""))
        if not response.get("code", "").replace(" ", "").isdigit():
            return self._step(ticket.process_id, MessageKey.CODE_MALFORMED)
        if response["code"].replace(" ", "") != CODE:
            return self._step(ticket.process_id, MessageKey.CODE_REFUSED)
        return self._finish(ticket.process_id, walk, client)

    def resend(self, ticket, _client):
        """Send another code once the wait is over."""
        walk = self._open(ticket)
        wait = walk.asks.resend_at - self.clock.now()
        if wait > timedelta():
            raise TooManyRequestsError("too early", retry_after=wait)
        self._send(ticket.process_id, walk)
        return self._step(ticket.process_id, MessageKey.CODE_SENT)

    def choose(self, ticket, chain_name, _client):
        """Go on with the authenticator app; or with the text, where it is asked which chain it shall be."""
        walk = self._open(ticket)
        if walk.asks is WHICH_CHAIN and chain_name == SMS_CHAIN.name:
            self._send(ticket.process_id, walk)
            return self._step(ticket.process_id, MessageKey.CODE_SENT)
        if chain_name != TOTP_CHAIN.name:
            raise NotFoundError("no such chain")
        walk.asks = Asks("TOTP:1", Prompt.CODE, MessageKey.CODE_SENT, length=6)
        return self._step(ticket.process_id, MessageKey.CODE_SENT)

    def cancel(self, ticket):
        """Forget the process, and say where an application hears of it."""
        walk = self._open(ticket)
        del self.walks[ticket.process_id]
        return self.return_to + "/give-up" if walk.continuation_id else None

    def view(self, ticket, client=None):  # noqa: ARG002 - everybody sees the same here
        """Return where the process stands."""
        walk = self._open(ticket)
        return self._step(ticket.process_id, walk.asks.message_key)

    def delivery_of(self, step):
        """Tell what is scripted, if details may be told."""
        return self.delivery if step.asks.details else DeliveryStatus()

    def delivery_status(self, ticket):
        """Return what the test has set, once a method has passed."""
        walk = self._open(ticket)
        return self.delivery if walk.asks.details else DeliveryStatus()

    def _password(self, process_id, walk, password):
        if walk.login not in PEOPLE or password != PASSWORD:
            return self._step(process_id, MessageKey.WRONG_PASSWORD)
        walk.completed = ("LDAP_PASSWORD:1",)
        walk.secret = secrets.token_urlsafe(32)
        if self.asks_chain:
            walk.asks = WHICH_CHAIN
            return replace(self._step(process_id, MessageKey.CHAIN_ASKED), status=Status.NEXT)
        self._send(process_id, walk)
        return replace(self._step(process_id, MessageKey.CODE_SENT), status=Status.NEXT)

    def _send(self, process_id, walk):
        self.sent.append(process_id)
        now = self.clock.now()
        walk.asks = Asks(
            "SMS_OTP:1",
            Prompt.CODE,
            MessageKey.CODE_SENT,
            masked=PEOPLE[walk.login],
            length=6,
            expires_at=now + self.lifetime,
            resend_at=now + self.resend_after,
            message_id="m",
            details=True,
        )

    def _finish(self, process_id, walk, client):
        step = self._step(process_id, MessageKey.FINISHED)
        del self.walks[process_id]
        draft = SessionDraft(
            person_key=f"local:{walk.login}",
            login=walk.login,
            display_name=walk.login.title() + " Example",
            mail="",
            repository="local",
            groups=frozenset(),
            methods=("pwd", "otp", "sms", "mfa"),
            chain="sms",
            event="web",
            address=client.address,
            user_agent=client.user_agent,
        )
        with self.database.write() as session:
            token = self.sessions.begin(session, draft)
        return_to = self.return_to if walk.continuation_id else None
        return replace(step, secret="", status=Status.OK, asks=None, session_token=token, return_to=return_to)

    def _open(self, ticket):
        walk = self.walks.get(ticket.process_id)
        if walk is None or walk.secret != ticket.secret:
            raise NotFoundError("not open")
        return walk

    def _step(self, process_id, message_key):
        walk = self.walks[process_id]
        others = self.ways if walk.completed and walk.asks.method == "SMS_OTP:1" else ()
        return Step(
            process_id=process_id,
            secret=walk.secret,
            status=walk.status,
            message_key=message_key,
            asks=walk.asks,
            completed=walk.completed,
            chains=(SMS_CHAIN, *self.ways) if walk.asks is WHICH_CHAIN else others,
            session_token=None,
            return_to=None,
            event="web",
            event_title="Web login",
            login=walk.login,
        )


@dataclass
class TwinServices:
    """What the pages find in the application."""

    settings: Settings
    database: Database
    clock: Clock
    vault: Vault
    logon: ScriptedLogon
    sessions: LoginSessions


@contextmanager
def open_twin(folder: Path, database_url: str, clock: Clock, *, public_url: str) -> Iterator[Flask]:
    """Yield an application that has the portals, and the twin in the place of the logon service."""
    environment = "production" if public_url.startswith("https:") else "development"
    settings = Settings.model_validate({"instance": folder, "environment": environment, "public_url": public_url})
    database = Database(database_url)
    vault = Vault.open(folder / "keys.json", profile=HashingProfile.TESTS)
    sessions = LoginSessions(database, vault, clock, settings.sessions)
    logon = ScriptedLogon(clock, database, sessions)
    app = Flask("authsms", template_folder=str(templates_folder()), static_folder=str(static_folder()))
    app.config.update(TRUSTED_HOSTS=[urlsplit(public_url).netloc])
    app.extensions["authsms"] = TwinServices(settings, database, clock, vault, logon, sessions)
    portals.register(app)
    app.config["APPLICATION"] = "https://app.example.test/callback"
    app.add_url_rule("/oauth2/resume/<_>", "resume", lambda _: redirect(app.config["APPLICATION"]))
    yield app
    database.dispose()
