"""Planted words: passwords, tokens, codes, numbers and texts, and every place where they must not turn up."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import text

from authsms.identity.definitions import RepositoryDefinition
from authsms.simulator.faults import FaultKind
from tests.functional.attacks.conftest import secrets_in
from tests.functional.provided import Provider, add_gateway
from tests.functional.running import Installation, another, is_signed_in, run_installation
from tests.functional.visitor import Answer
from tests.parts.forks import Command
from tests.parts.postgresql import PostgreSQL

pytestmark = pytest.mark.xdist_group("secrets")
_BIND_PASSWORD = "MARK-BIND-" + os.urandom(6).hex()
_METRICS_TOKEN = "MARK-METRICS-" + os.urandom(6).hex()
_TROUBLE: list[tuple[FaultKind, dict[str, Any]]] = [
    (FaultKind.FAIL, {"code": "20003"}),
    (FaultKind.FAIL, {"status": 500}),
    (FaultKind.THROTTLE, {"seconds": 1.0}),
    (FaultKind.GARBAGE, {}),
    (FaultKind.EMPTY, {}),
    (FaultKind.RESET, {}),
    (FaultKind.CUT, {}),
    (FaultKind.REDIRECT, {}),
    (FaultKind.UNDELIVERED, {"code": "30003"}),
    (FaultKind.FORGE, {}),
    (FaultKind.MUTE, {}),
]
_FINAL_CODES = ("21211", "21610")
"""The number is bad, the person has opted out: no other sender service is asked then."""


class _Marked:
    """An installation after everything that may go wrong has gone wrong, and every answer it gave."""

    def __init__(self, installation: Installation, database: str) -> None:
        self.installation = installation
        self.database = database
        self.answers: list[Answer] = []
        self.texts: list[str] = []

    def live_through(self, provider: Provider) -> None:
        """Log in well and badly, with a provider in every mood, a directory that is away, and a broken server."""
        for code in _FINAL_CODES:  # before the trouble for which the breaker takes this service out
            self._wait_in_vain(provider, code)
        for kind, facts in _TROUBLE:
            self._log_in(provider, kind, facts)
        installation = self.installation
        browser = installation.browser()
        page = self._keep(browser.get("/login/web"))
        secret = "MARK-PW-" + os.urandom(6).hex()
        installation.secrets.add(secret)
        self._keep(browser.submit_only(page, "password", user_name="AWAY\\somebody", password=secret))
        self._keep(browser.get("/sessions?debug=1&__debugger__=yes"))
        self._keep(browser.get("/metrics", [("Authorization", f"Bearer {_METRICS_TOKEN}")]))
        self._keep(browser.get("/metrics"))
        self._keep(browser.get("/readyz"))
        self._break(secret)

    def _log_in(self, provider: Provider, kind: FaultKind, facts: dict[str, Any]) -> None:
        installation = self.installation
        person, browser = installation.person(), installation.browser()
        provider.spoil(kind, phone=person.phone, **facts)
        page = self._keep(installation.sign_in(person, browser))
        code = installation.code(person)
        self.texts += provider.texts(person.phone)
        self._keep(browser.submit(page, "code", code=another(code)))
        self._keep(browser.get(page.url.removeprefix(browser.origin) + "/status"))
        self._keep(browser.submit(page, "code", code=code))
        assert is_signed_in(browser)
        self._keep(browser.get("/sessions"))

    def _wait_in_vain(self, provider: Provider, code: str) -> None:
        person, browser = self.installation.person(), self.installation.browser()
        provider.spoil(FaultKind.FAIL, phone=person.phone, code=code)
        page = self._keep(self.installation.sign_in(person, browser))
        path, until = page.url.removeprefix(browser.origin), time.monotonic() + 30
        while '"failed"' not in (status := self._keep(browser.get(f"{path}/status"))).text.replace(" ", ""):
            assert time.monotonic() < until, status.text
            time.sleep(0.1)
        self._keep(browser.get(path))

    def _break(self, secret: str) -> None:
        """Make the server fail in a way nobody has thought of, while it holds secrets."""
        installation = self.installation
        person, browser = installation.person(), installation.browser()
        page = installation.sign_in(person, browser)
        code = installation.code(person)
        with installation.services.database.write() as session:
            session.execute(text("ALTER TABLE login_session RENAME COLUMN user_agent TO broken"))
            session.execute(text("ALTER TABLE local_person RENAME COLUMN login_key TO broken"))
        failed = self._keep(browser.submit(page, "code", code=code))
        page = self._keep(browser.get("/login/web"))
        also = self._keep(browser.submit(page, "password", user_name=person.login, password=secret))
        with installation.services.database.write() as session:
            session.execute(text("ALTER TABLE login_session RENAME COLUMN broken TO user_agent"))
            session.execute(text("ALTER TABLE local_person RENAME COLUMN broken TO login_key"))
        assert {500} == {failed.status, also.status}

    def _keep(self, answer: Answer) -> Answer:
        self.answers.append(answer)
        return answer


@pytest.fixture(scope="module")
def marked(
    tmp_path_factory: pytest.TempPathFactory, _provider_of_all: Provider, postgresql: PostgreSQL
) -> Iterator[_Marked]:
    """An installation on PostgreSQL with codes of ten digits, which cannot turn up by chance."""
    database = postgresql.url(postgresql.create_database())
    settings = {
        "DATABASE__URL": database.replace("postgres@", "postgres:MARK-DB-PASSWORD@"),
        "SERVER__WORKERS": "1",
        "OTP__LENGTH": "10",
        "METRICS__TOKEN": _METRICS_TOKEN,
    }
    with run_installation(tmp_path_factory.mktemp("marked"), _provider_of_all, settings) as installation:
        installation.secrets |= {_BIND_PASSWORD, _METRICS_TOKEN, "MARK-DB-PASSWORD"}
        add_gateway(installation.services, _provider_of_all)
        away = {"servers": ["ldap://127.0.0.1:9"], "allow_plaintext": True, "base": "dc=x", "bind_dn": "cn=reader,dc=x"}
        definition = RepositoryDefinition("AWAY", "ldap", {**away, "preset": "openldap"}, _BIND_PASSWORD)
        installation.services.people.save_repository(definition)
        lived = _Marked(installation, database)
        lived.live_through(_provider_of_all)
        _provider_of_all.mend()
        yield lived


def test_logs_hold_no_secret_even_when_they_tell_everything(marked: _Marked) -> None:
    """The level is DEBUG, and errors come with their traces. The oracle: no planted word, text or cookie."""
    logs = marked.installation.logs()

    assert '"level": "debug"' in logs
    assert "Traceback" in logs
    assert [] == secrets_in(marked.installation, logs)
    assert [] == [words for words in marked.texts if words.split("\n", 1)[0] in logs]


def test_pages_show_no_secret(marked: _Marked) -> None:
    """Login pages, error pages, metrics. The oracle: no planted word in any body, and none but its own cookie ahead."""
    told = "\n".join(answer.text for answer in marked.answers)
    headers = "\n".join(
        f"{name}: {value}"
        for answer in marked.answers
        for name, value in answer.headers
        if name.lower() != "set-cookie"
    )

    assert {200, 500, 503, 403} <= {answer.status for answer in marked.answers}
    assert [] == secrets_in(marked.installation, told)
    assert [] == secrets_in(marked.installation, headers)
    assert "Traceback" not in told


def test_the_audit_trail_shows_no_secret(marked: _Marked, tmp_path: Path) -> None:
    """The oracle: no planted word in what `authsms audit show` prints, and an unbroken chain."""
    printed = tmp_path / "printed"
    words = ["audit", "show", "--json", "--limit", "10000"]
    ended = Command(words, log=printed, environment=marked.installation.nodes[0].environment).wait()
    shown = printed.read_text("utf-8")
    tags = {json.loads(line)["tag"] for line in shown.splitlines()}

    assert ended == 0
    assert {"challenge.issued", "logon.finished", "logon.suspicious"} <= tags
    assert [] == secrets_in(marked.installation, shown)
    assert marked.installation.services.audit.verify().broken_at is None


def test_a_dump_of_the_database_holds_no_secret(marked: _Marked) -> None:
    """Whoever steals the database must not have codes, texts, numbers or credentials (ATK-55).

    People of the built-in repository are the one exception: their numbers stand there as they would in a directory.
    The oracle: no planted word in any column of any row, neither as text nor within bytes.
    """
    dump = _dump(marked.database)
    directory = dump.pop("local_person")
    readable = "\n".join(dump.values())
    words = {text.split("\n", 1)[0] for text in marked.texts}

    assert {"challenge", "message", "form_answer", "login_session"} <= dump.keys()
    assert [] == secrets_in(marked.installation, readable)
    assert [] == [secret for secret in secrets_in(marked.installation, directory) if not secret.startswith("+")]
    assert [] == [line for line in words if line in readable + directory]


def _dump(database: str) -> dict[str, str]:
    """Return the content of every table, and what its bytes look like as text."""
    with psycopg.connect(database) as connection:
        found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        dump = {}
        for (table,) in found:
            query = sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(table))
            rows = "\n".join(row[0] for row in connection.execute(query).fetchall())
            dump[table] = rows + "".join(bytes.fromhex(part).decode("latin-1") for part in _hex_parts(rows))
    return dump


def _hex_parts(dump: str) -> Iterator[str]:
    """Return what PostgreSQL shows of columns with bytes."""
    for part in dump.split("\\\\x")[1:]:
        digits = part[: next((place for place, mark in enumerate(part) if mark not in "0123456789abcdef"), len(part))]
        yield digits[: len(digits) // 2 * 2]
