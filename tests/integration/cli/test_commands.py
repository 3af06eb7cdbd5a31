"""The commands as an administrator types them."""

import json
import socket
import subprocess
import sys

import pytest

from authsms.cli.ports import require_free
from authsms.foundation.errors import ConfigurationError
from authsms.identity.drafts import PersonDraft
from authsms.identity.local_people import LocalPeople
from authsms.logon.sessions import SessionDraft
from authsms.wiring import Services
from tests.parts.slapd import READER_DN, SUFFIX

SMS = "SMS_OTP:1"
CAP = 5


def _add_alice(services: Services) -> str:
    local = LocalPeople(services.database, services.vault, services.clock)
    return local.create(PersonDraft("alice", "Alice", (), password="correct horse")).key


def test_a_fresh_database_has_the_right_shape(shell):
    """The check knows the tables of every feature, also of those the command itself does not use."""
    assert "as it should be" in shell.run("db", "check")


def test_an_endpoint_is_allowed_more_and_less(shell):
    """Nothing of it by itself; somebody who takes it back is obeyed at once."""
    services = shell.services()
    services.prepare()
    made, _ = services.endpoints.create("Wiki", event="web", redirect_uris=("https://wiki.example/",))
    services.close()
    before = shell.run("endpoint", "options", made.id)
    on = shell.run("endpoint", "options", made.id, "--on", "refresh-tokens")
    off = shell.run("endpoint", "options", made.id, "--off", "refresh-tokens")

    key = {"kty": "EC", "crv": "P-256", "x": "A" * 43, "y": "A" * 43}
    keys = str(shell.file("request-keys.json", json.dumps({"keys": [key]})))

    assert "registered" in shell.run("endpoint", "options", made.id, "--request-keys", keys)
    assert "https://wiki.example/bye" in shell.run(
        "endpoint", "options", made.id, "--logout-call", "https://wiki.example/bye"
    )
    assert before == off
    assert ("on" in before.split(), "on" in on.split()) == (False, True)
    assert "no such endpoint" in shell.run("endpoint", "options", "nothing", status=1)
    assert "endpoint.changed" in shell.run("audit", "show")


def test_somebody_whose_codes_were_disabled_may_try_again(shell):
    """The end of the ladder is final until an administrator binds the method again, which is recorded."""
    services = shell.services(AUTHSMS_OTP__FAILURE_CAP=str(CAP))
    key = _add_alice(services)
    failures = services.challenges.failures
    with services.database.write() as session:
        standings = [failures.add(session, key, SMS) for _ in range(CAP)]
    said = shell.run("people", "rebind", "alice")
    with services.database.read() as session:
        after = failures.standing(session, key, SMS)
    services.close()

    assert standings[-1].disabled
    assert "alice may try again." in said
    assert (0, None, False) == (after.failures, after.held_until, after.disabled)
    assert "method.re-bound" in shell.run("audit", "show", "--user", "alice")


def test_somebody_may_be_made_to_change_the_password(shell):
    """Sessions end with it. And no longer, when that was a mistake; both are recorded."""
    services = shell.services()
    alice = _add_alice(services)
    with services.database.write() as session:
        draft = SessionDraft(alice, "alice", "Alice", "", "LOCAL", frozenset(), ("pwd",), "c", "web", "", "")
        services.sessions.begin(session, draft)

    assert "alice has to choose a new password." in shell.run("people", "must-change", "alice")
    assert "Nothing to do" in shell.run("people", "must-change", "alice", status=1)
    assert "need not" in shell.run("people", "must-change", "alice", "--withdraw")
    assert "password.change-demanded" in shell.run("audit", "show", "--user", "alice")
    assert not services.sessions.list(alice)
    services.close()


def test_somebody_who_left_is_gone(shell):
    """Only from the built-in repository; a second time there is nobody."""
    services = shell.services()
    _add_alice(services)
    services.close()

    assert "alice is gone" in shell.run("people", "remove", "alice")
    assert "Nobody" in shell.run("people", "remove", "alice", status=1)


def test_a_directory_that_does_not_answer_is_saved_and_can_be_forgotten(shell):
    """The command says both, because the next one depends on it."""
    settings = shell.file("away.toml", 'servers = ["ldaps://127.0.0.1:1"]\nbase = "dc=example"\n')

    assert "AWAY is saved, but cannot be used" in shell.run("repository", "set", "AWAY", settings, status=1)
    assert "AWAY" in shell.run("repository", "list")
    assert "AWAY is gone" in shell.run("repository", "remove", "AWAY")
    assert "AWAY" not in shell.run("repository", "list")


def test_a_service_account_that_is_refused_is_told_as_such(shell, slapd):
    """Whoever reads that nobody answers looks for the fault in the network."""
    settings = shell.file(
        "corp.toml",
        f'servers = ["{slapd.url}"]\nallow_plaintext = true\nbase = "{SUFFIX}"\nbind_dn = "{READER_DN}"\n',
    )
    secret = shell.file("secret", "not the password")

    said = shell.run("repository", "set", "CORP", settings, "--secret-file", secret, status=1)
    assert "The directory refused the service account" in said
    assert "No server" not in said


def test_a_misspelt_key_of_a_repository_is_named(shell):
    """As with the settings of the server."""
    settings = shell.file("corp.toml", 'servers = ["ldaps://a.example"]\nbase = "dc=example"\nbind_dm = "cn=reader"\n')

    assert "Unknown setting bind_dm" in shell.run("repository", "set", "CORP", settings, status=1)


def test_a_changed_address_forgets_the_password_and_says_so(shell):
    """Nobody may have a stored secret sent elsewhere; an administrator must not find that out by a failed login."""
    text = 'kind = "generic_http"\nurl = "https://{}.example/"\nuser = "me"\nparameters = "a={{phone}}{{message}}"\n'
    secrets = shell.file("secrets.toml", 'password = "hunter22"\n')
    first, second = (shell.file(f"{name}.toml", text.format(name)) for name in ("one", "two"))

    assert "Stored secrets: password." in shell.run("sender", "set", "gateway", first, "--secrets", secrets)
    assert "Stored secrets: password." in shell.run("sender", "set", "gateway", first)
    assert "Stored secrets: none" in shell.run("sender", "set", "gateway", second)
    assert "gateway is gone" in shell.run("sender", "remove", "gateway")
    assert "No sender service" in shell.run("sender", "list")


def test_the_audit_trail_is_readable(shell):
    """A fact without a value is noise at three in the morning."""
    shell.run("admin", "create", "root", "--phone", "+49 171 5550100")
    line = shell.run("audit", "show", "--since", "1h")

    assert "administrator.created" in line
    assert "= " not in line


def test_settings_that_are_refused_name_the_file(tmp_path):
    """A wrong folder is the usual reason."""
    command = [sys.executable, "-m", "authsms", "db", "check"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert 1 == done.returncode
    assert f"{tmp_path}/instance/config.toml (which is missing)" in done.stderr


def test_an_address_that_is_taken_is_said_in_a_sentence():
    """Before any process starts."""
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(ConfigurationError, match="already in use"):
        require_free("127.0.0.1", taken.getsockname()[1])


def test_somebody_is_handed_out_and_erased(shell):
    """By name, and by key when nobody has the name any more."""
    services = shell.services()
    services.prepare()
    key = _add_alice(services)
    services.close()
    told = json.loads(shell.printed("people", "export", r"LOCAL\alice"))
    kept = shell.run("people", "erase", r"LOCAL\alice", "--reason", "asked")
    gone = shell.run("people", "erase", key, "--reason", "asked", "--yes")

    assert (told["key"], told["directory"]["login"]) == (key, "alice")
    assert "Nothing was done" in kept
    assert f"{key} is erased" in gone
    assert "Nobody of that name" in shell.run("people", "export", "nobody", status=1)
