"""`authsms webhook` as an administrator types it."""

import re

from tests.parts.shell import Shell


def _client(shell: Shell) -> str:
    said = shell.run("endpoint", "create", "Roster", "--redirect-uri", "https://roster.example/cb")
    return str(re.findall(r"Client id\s+(\w+)", said)[0])


def test_a_webhook_is_set_tried_renewed_and_removed(shell):
    """As on its page: the secret is shown when it is made, and what was done is on record."""
    client = _client(shell)
    made = shell.run("webhook", "set", client, "https://roster.example/told", "--tell", "notice.recipient")
    shell.run("webhook", "test", client)
    listed = shell.run("webhook", "list")
    again = shell.run("webhook", "again", client)
    renewed = shell.run("webhook", "renew", client)
    shell.run("webhook", "remove", client)
    audited = shell.run("audit", "show", "--since", "1h")
    secrets = re.findall(r"Secret\s+(\S+)", made + renewed)

    assert f"{client}  Roster  https://roster.example/told  notice.recipient  1 waiting, 0 given up" in listed
    assert "0 sent again." in again
    assert 2 == len(set(secrets))
    assert "no webhook" in shell.run("webhook", "show", client)
    assert "" == shell.run("webhook", "list")
    assert ["hook.saved", "hook.saved", "hook.removed"] == re.findall(r"hook\.\w+", audited)
    assert not any(secret in listed + audited for secret in secrets)


def test_what_cannot_be_set_is_said(shell):
    """Where nobody listens, and for nobody."""
    client = _client(shell)

    assert "https" in shell.run("webhook", "set", client, "ftp://roster.example", "--tell", "contact.stopped", status=1)
    assert "no such endpoint" in shell.run("webhook", "show", "0" * 32, status=1)
