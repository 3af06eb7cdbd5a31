"""`authsms radius` as an administrator types it."""

import pytest

LOUD = "requests without a Message-Authenticator are taken"


def _secret(said: str) -> str:
    return next(line.split()[1] for line in said.splitlines() if line.startswith("Secret"))


def test_a_device_is_added_listed_renewed_and_removed(shell):
    """Its secret is shown when it is made, and never again; the audit trail tells what was done, not the secret."""
    first = _secret(shell.run("radius", "client", "add", "VPN", "192.0.2.0/28", "--class", "*=all", "--separator", "#"))
    listed = shell.run("radius", "client", "list")
    second = _secret(shell.run("radius", "client", "renew", "VPN"))
    removed = shell.run("radius", "client", "remove", "VPN")
    audited = shell.run("audit", "show", "--since", "1h")

    assert first != second
    assert "192.0.2.0/28" in listed
    assert "VPN  (chains behind #, Class *=all)" in listed
    assert "VPN may not ask any more." in removed
    assert "No RADIUS client yet" in shell.run("radius", "client", "list")
    assert ["endpoint.created", "endpoint.renewed", "endpoint.removed"] == [
        word for line in audited.splitlines() for word in line.split() if word.startswith("endpoint.")
    ]
    for secret in (first, second):
        assert secret not in listed + removed + audited


def test_whoever_takes_unsigned_requests_is_warned(shell):
    """When it is done, and whenever somebody looks."""
    assert LOUD in shell.run("radius", "client", "add", "Old", "192.0.2.1", "--unsigned")
    assert f"Old: {LOUD}" in shell.run("radius", "client", "list")


def test_a_given_secret_is_kept_and_not_printed(shell):
    """Of a device that has one already; a file, because other users can read command lines."""
    file = shell.file("secret", "the-secret-of-an-old-device\n")

    assert "the-secret" not in shell.run("radius", "client", "add", "Old", "192.0.2.1", "--secret-file", file)
    assert "the-secret" not in shell.run("radius", "client", "renew", "Old", "--secret-file", file)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("add", "VPN", "192.0.2.1/24"), "Write one address, or a network"),
        (("add", "VPN", "192.0.2.1", "--event", "none"), "There is no event of this name."),
        (("add", "VPN", "192.0.2.1", "--event", "admin"), "for the administrators' portal only"),
        (("add", "VPN", "192.0.2.1", "--class", "staff"), "Write Class as group=value"),
        (("remove", "VPN"), "There is no such RADIUS client."),
        (("renew", "VPN"), "There is no such RADIUS client."),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else "",
)
def test_what_cannot_be_is_refused_with_a_reason(shell, words, told):
    """One sentence that says what to do instead."""
    assert told in shell.run("radius", "client", *words, status=1)


def test_it_does_not_run_where_nobody_said_where(shell):
    """RADIUS is off until it is switched on."""
    assert "Set host in the table [radius]" in shell.run("radius", status=1)
    assert "RADIUS is off" in shell.run("radius", "client", "add", "VPN", "192.0.2.1")
