"""Presets and callback addresses on the command line."""

import tomllib


def test_a_preset_is_printed_filled_in_and_saved(shell, tmp_path):
    """From the list of kinds to a service that only wants to be tried."""
    assert "authsms sender preset lox" in shell.run("sender", "kinds")
    printed = shell.printed("sender", "preset", "lox")
    filled = printed.replace('konto = ""', 'konto = "12345"').replace('service = ""', 'service = "3325"')
    (tmp_path / "lox.toml").write_text(filled, "utf-8")
    (tmp_path / "secrets.toml").write_text('[secure_parameters]\npassword = "0123"\n', "utf-8")
    said = shell.run("sender", "set", "lox", "lox.toml", "--secrets", "secrets.toml")

    assert "12345" == tomllib.loads(filled)["parameters"]["konto"]
    assert "Stored secrets: secure_parameters." in said
    assert "takes no reports" in shell.run("sender", "callback", "lox")


def test_an_unknown_preset_is_refused_with_those_there_are(shell):
    """So that the next try works."""
    assert "clickatell, signalwire, lox" in shell.run("sender", "preset", "pigeon", status=1)


def test_the_callback_address_of_a_service_is_told(shell, tmp_path):
    """It is needed in the portals of providers that take no address with each text."""
    (tmp_path / "one.toml").write_text('kind = "clickatell_one"\napi_key = "abc=="\n', "utf-8")
    shell.run("sender", "set", "one", "one.toml")
    address = shell.run("sender", "callback", "one").strip()

    assert address.startswith("http://127.0.0.1:8080/webhooks/one/")
    assert 40 == len(address.rpartition("/")[2])
