"""The sender policy as a file on the command line."""

import re
import tomllib

import pytest

SECRET = "pl4nted-s3cret"
SETTINGS = f'kind = "twilio"\naccount_sid = "AC{"0" * 32}"\nauth_token = "{SECRET}"\nsender_phone = "+14155550100"\n'
SENDERS = "DE = +491715550101, +491715550102"


@pytest.fixture
def run(shell):
    """Return what a command prints in an installation with one service."""
    shell.file("main.toml", SETTINGS)
    shell.run(
        "sender", "set", "main", "main.toml", "--prefixes", "+49 +43", "--group", "Field staff", "--senders", SENDERS
    )
    return shell.printed


def test_what_is_exported_is_imported_without_a_change(run, tmp_path):
    """And a file with another value changes just that, after a look at it; secrets travel in neither direction."""
    text = run("policy", "export")
    (tmp_path / "policy.toml").write_text(text, "utf-8")
    same = run("policy", "import", "policy.toml")
    (tmp_path / "policy.toml").write_text(text.replace("+14155550100", "12345"), "utf-8")
    checked = run("policy", "import", "policy.toml", "--check")
    untouched = run("policy", "export")
    done = run("policy", "import", "policy.toml")

    assert SECRET not in text
    assert "" == same
    assert "main.sender_phone: +14155550100 -> 12345\n" == checked == done
    assert text == untouched
    assert text.replace("+14155550100", "12345") == run("policy", "export")
    assert {"DE": ["+491715550101", "+491715550102"]} == tomllib.loads(text)["services"][0]["senders"]
    assert " on\n     prefixes: +43, +49\n     groups: Field staff\n" in run("sender", "list")


def test_the_way_of_a_text_is_told_before_one_is_sent(run):
    """With the sender it would come from, and the reason where there is none."""
    ways = run("sender", "routes", "+49 171 2345678", "--group", "FIELD STAFF")
    nobody = run("sender", "routes", "+1 202 555 0123", "--group", "others")

    assert re.fullmatch(r"  1  main +from \+49171555010[12]\n", ways)
    assert re.fullmatch(r"  -  main +passed over: meant for other numbers; meant for other groups\n", nobody)


def test_a_file_that_does_not_fit_is_refused(run, tmp_path):
    """With the reason, and nothing is changed."""
    (tmp_path / "policy.toml").write_text('[[services]]\nname = "main"\nkind = "pigeon"\n', "utf-8")
    run("policy", "import", "policy.toml", status=1)

    assert " on\n" in run("sender", "list")
