"""README, manual and CHANGELOG: what they say is so. Tables are fresh, commands exist, files are there."""

import io
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

import click
import pytest
from cogapp import Cog

from authsms import __version__
from authsms.cli import commands
from authsms.delivery.states import Failure, Withheld
from authsms.foundation.settings import Settings
from authsms.identity.ldap import LdapSettings
from authsms.plugins import load_plugins
from authsms.simulator import GatewayAccount, SimulatorConfig, TwilioAccount, WebServer, create_simulator
from tests.parts import manual
from tests.parts.manual import PAGES, blocks, section
from tests.parts.slapd import READER_DN, READER_PASSWORD, SUFFIX, Slapd, run_slapd

ROOT = Path(__file__).parent.parent
MANUAL = manual.whole()
_LINK = re.compile(r"""(?:\]\(|src="|href=")([^)"]+)""")
_COMMAND = re.compile(r"^(?:sudo )?authsms (.+?)(?:\s+[#&].*|\s*)$", re.MULTILINE)
_ALICE = f"""\
dn: uid=alice,ou=people,{SUFFIX}
objectClass: inetOrgPerson
uid: alice
cn: Alice Liddell
sn: Liddell
telephoneNumber: 0171 555 01 01
"""


TOML = {block.name: block.code for block in blocks(MANUAL) if block.language == "toml"}


def _settings(model=Settings, prefix=""):
    for name, field in model.model_fields.items():
        if hasattr(field.annotation, "model_fields"):
            yield from _settings(field.annotation, f"{prefix}{name}.")
        elif not field.exclude:
            yield f"{prefix}{name}", field


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


class TestTables:
    """What is made from the code."""

    def test_no_table_is_stale(self):
        """A setting, command, limit or audit tag that is new stands in the manual as soon as it exists."""
        told = io.StringIO()
        cog = Cog()
        cog.set_output(told, told)
        pages = [str(ROOT / page) for page in PAGES]

        assert 0 == cog.main(["cog", "--check", "--diff", "-P", *pages]), (
            told.getvalue() + "\nRenew them: .venv/bin/cog -r -P README.md docs/*.md"
        )

    def test_every_setting_explains_itself(self):
        """An empty cell in the table helps nobody."""
        assert [] == [name for name, field in _settings() if not field.description]

    def test_every_command_explains_itself(self):
        """In a sentence that fits the width of a terminal."""
        rows = re.findall(r"^\| `authsms ([^`]+)` \| (.*) \|$", MANUAL, re.MULTILINE)

        assert len(rows) > 20
        assert [] == [name for name, words in rows if not words or words.endswith("...")]

    def test_the_table_of_limits_names_settings_that_exist(self):
        """ASVS 6.1.1: each control with the setting that changes it."""
        known = {name for name, _ in _settings()}
        limits = section("Limits")
        named = set(re.findall(r"`((?:otp|sms|sessions|server)\.\w+)`", limits))

        assert len(named) > 8
        assert set() == named - known


class TestWords:
    """What is written by hand."""

    def test_every_reason_for_a_missing_code_is_explained(self):
        """The audit trail says the word, the manual what to do about it."""
        table = section("Somebody got no code")

        assert [] == [word for word in (*Withheld, *Failure) if word not in table]

    def test_every_folder_stands_in_the_map(self):
        """A newcomer looks there first."""
        house = section("A map of the house")
        folders = [f"authsms/{file.parent.name}" for file in (ROOT / "authsms").glob("*/__init__.py")]

        assert [] == [name for name in (*folders, "plugins", "templates", "tests") if f"`{name}`" not in house]

    def test_every_link_leads_somewhere(self):
        """Files exist, headings too."""
        anchors = {page: {_anchor(heading) for heading in manual.headings(page)} for page in PAGES}
        links = [
            (page, (ROOT / page).parent / file if file else ROOT / page, anchor)
            for page, text in PAGES.items()
            for file, _, anchor in (link.partition("#") for link in _LINK.findall(text) if not link.startswith("http"))
        ]
        places = [(page, file.resolve(), anchor) for page, file, anchor in links]
        known = {(ROOT / page).resolve(): found for page, found in anchors.items()}

        assert len(places) > 60
        assert [] == [(page, file) for page, file, _ in places if not file.exists()]
        assert [] == [(page, anchor) for page, file, anchor in places if anchor and anchor not in known.get(file, ())]

    @pytest.mark.parametrize("picture", sorted((ROOT / ".ci/screenshots").glob("*.png")), ids=lambda file: file.name)
    def test_pictures_are_small_and_shown(self, picture):
        """A README is read over slow lines, too."""
        assert picture.stat().st_size < 150_000
        assert picture.relative_to(ROOT).as_posix() in PAGES["README.md"]

    def test_the_changelog_knows_this_version(self):
        """Operators read it before they upgrade."""
        assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text("utf-8")


class TestCode:
    """Blocks of code that are not part of the set-up."""

    def test_every_command_line_is_understood(self):
        """Commands and options as the code has them."""
        shell = "\n".join(block.code for block in blocks(MANUAL) if block.language == "sh")
        inline = re.findall(r"`(authsms [a-z][^`…]*)`", MANUAL)
        lines = [*_COMMAND.findall(shell), *(line.removeprefix("authsms ") for line in inline)]

        assert len(lines) > 30
        for line in lines:
            _understand(commands, shlex.split(line))

    def test_the_application_registers(self):
        """The example with Flask and Authlib, as far as it goes without a server."""
        (code,) = (block.code for block in blocks(section("First set-up")) if block.language == "python")
        names: dict[str, object] = {"__name__": "application"}
        exec(compile(code, "manual", "exec"), names)  # noqa: S102 - our own manual

        rules = {rule.rule for rule in names["app"].url_map.iter_rules()}  # type: ignore[attr-defined]
        assert {"/login", "/oidc/callback"} <= rules

    def test_the_proxy_does_what_the_server_relies_on(self):
        """The rule for forwarding headers, and the port the server listens on unless told otherwise."""
        proxies = {block.language: block.code for block in blocks(section("Behind nginx or Caddy"))}

        for line in ("underscores_in_headers off;", "proxy_set_header Host $host;", "X-Forwarded-For $remote_addr;"):
            assert line in proxies["nginx"]
        assert "header_up -*_*" in proxies["caddy"]
        for code in (proxies["nginx"], proxies["caddy"]):
            assert "127.0.0.1:8080" in code

    def test_the_sample_configuration_is_accepted(self):
        """With every line that is commented out."""
        sample = (ROOT / "instance/config.sample.toml").read_text("utf-8")
        settings = re.sub(r"^# (\[\w+\]|\w+ = )", r"\1", sample, flags=re.MULTILINE)

        assert len(Settings.model_validate(tomllib.loads(settings)).model_fields_set) > 4


@pytest.mark.slow
class TestSetUp:
    """The first set-up, typed as it stands there, against a directory and providers on this machine."""

    def test_it_works(self, tmp_path):
        """A tired administrator copies it line by line."""
        twilio, gateway = TwilioAccount(), GatewayAccount()
        providers = WebServer(create_simulator(SimulatorConfig(accounts=(twilio, gateway))), "127.0.0.1", 0)
        with run_slapd(_ALICE) as slapd, providers:
            said = _walk(tmp_path, slapd, _here(providers.url, twilio, gateway))

        assert "COMPANY is saved and answers" in said
        assert "Texts to •••••••01" in said
        assert "2 created" in said
        assert "LOCAL:" in said
        assert "\naccepted" in said
        assert "Client secret" in said

    def test_both_directories_are_understood(self, tmp_path):
        """Also the one that cannot run here."""
        authority = tmp_path / "ca.pem"
        authority.touch()
        for name in ("openldap.toml", "active-directory.toml"):
            values = tomllib.loads(TOML[name]) | {"ca_file": str(authority)}

            assert "ldap" == values.pop("kind")
            assert LdapSettings.read(values).ca_file

    def test_both_providers_are_understood(self):
        """With their secrets, as the file of settings and the file of secrets are laid together."""
        kinds = {kind.key: kind for kind in load_plugins(Settings.model_fields["plugins"].default)}
        for name in ("twilio", "gateway"):
            values = tomllib.loads(TOML[f"{name}.toml"]) | tomllib.loads(TOML[f"{name}-secrets.toml"])

            assert kinds[values.pop("kind")].read_settings(values).secrets


def _understand(group: click.Command, words: list[str]) -> None:
    """Parse a command line without running it; files it names need not be there."""
    context = click.Context(group)
    if isinstance(group, click.Group):
        command = group.get_command(context, words[0]) if words else None
        assert command is not None or not words, f"authsms knows no {words[0]}"
        if command is not None:
            _understand(command, words[1:])
        return
    known = {option for parameter in group.params for option in parameter.opts}
    assert [] == [word for word in words if word.startswith("--") and word not in known | {"--help"}]


def _here(providers: str, twilio: TwilioAccount, gateway: GatewayAccount) -> Mapping[str, str]:
    """Return what has to be written instead of the examples."""
    host = providers.removeprefix("http://")
    return {
        "[sms]\n": f'[network]\nallowed = ["{host}"]\n[sms]\n',
        'kind = "twilio"\n': f'kind = "twilio"\nbase_url = "{providers}/twilio"\n',
        "AC00000000000000000000000000000000": twilio.sid,
        "0123456789abcdef0123456789abcdef": twilio.token,
        "https://gateway.example.com/send": f"{providers}/gateway/send",
        'user = "me"': f'user = "{gateway.user}"',
        'password = "secret"': f'password = "{gateway.password}"',
    }


def _walk(folder: Path, slapd: Slapd, here: Mapping[str, str]) -> str:
    """Write the files and run the commands of the chapter, in order; return what was printed."""
    here = {
        **here,
        "ldaps://ldap1.example.com": slapd.tls_url,
        ', "ldaps://ldap2.example.com"': "",
        "/etc/ssl/certs/example-ca.pem": str(slapd.ca_file),
        "cn=authsms,ou=services,dc=example,dc=com": READER_DN,
        "dc=example,dc=com": SUFFIX,
    }
    said = []
    for block in blocks(section("First set-up").partition("\n### 2.")[2]):
        if block.language == "toml":
            text = block.code
            for example, real in here.items():
                text = text.replace(example, real)
            (folder / block.name).write_text(text, "utf-8")
        elif block.language == "sh":
            said.append(_run(folder, block.code))
    return "\n".join(said)


def _run(folder: Path, script: str) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-eu", "-c", script],
        cwd=folder,
        env={"PATH": path, "HOME": str(folder), "AUTHSMS_INSTANCE": str(folder), "LANG": "C.UTF-8"},
        input=READER_PASSWORD + "\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert 0 == done.returncode, f"{script}\n{done.stdout}{done.stderr}"
    return done.stdout
