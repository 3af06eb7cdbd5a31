"""The test of a directory's connection, against real directories."""

import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest

from authsms.identity.ldap import LdapSettings
from authsms.identity.ldap.findings import Finding, StepName
from authsms.identity.ldap.probe import LONGEST, probe
from tests.fakes import ManualClock
from tests.integration.identity.conftest import black_hole, group_ldif, person_ldif
from tests.parts import certificates
from tests.parts.slapd import READER_DN, READER_PASSWORD, SUFFIX, run_slapd


def settings_of(*servers, ca_file="", **more):
    return LdapSettings.read(
        {
            "servers": servers,
            "base": SUFFIX,
            "bind_dn": READER_DN,
            "ca_file": str(ca_file),
            "default_region": "DE",
            "connect_timeout_seconds": 20,
            "receive_timeout_seconds": 20,
            **more,
        }
    )


def findings_of(report):
    return {step.name: step.finding for step in report.steps}


@pytest.fixture
def alice(slapd):
    slapd.add(person_ldif("alice", "wonderland", mobile="0171 2345678"))
    slapd.add(group_ldif("staff", "alice"))


@pytest.mark.parametrize("transport", ["ldaps", "start-tls", "plain"])
def test_every_step_is_told_with_what_it_found(slapd, alice, transport):
    settings = settings_of(
        slapd.tls_url if transport == "ldaps" else slapd.url,
        ca_file=slapd.ca_file,
        start_tls=transport == "start-tls",
        allow_plaintext=transport == "plain",
    )
    (report,) = probe(settings, READER_PASSWORD, ManualClock(), login="alice")
    tls, person = report.steps[2], report.steps[5]

    assert report.is_usable
    assert [step.name for step in report.steps] == list(StepName)
    assert tls.finding is (Finding.PLAIN if transport == "plain" else Finding.TLS_ACCEPTED)
    assert transport == "plain" or ("127.0.0.1" in tls.facts["names"] and tls.facts["expires"])
    assert person.finding is Finding.PERSON_FOUND
    assert (person.facts["login"], person.facts["groups"]) == ("alice", "staff")
    assert person.facts["phone"].endswith("78")
    assert "2345678" not in str(person.facts)


def test_anybody_is_the_sample_when_nobody_is_named(slapd, alice):
    (report,) = probe(settings_of(slapd.tls_url, ca_file=slapd.ca_file), READER_PASSWORD, ManualClock())

    assert report.steps[-1].facts["login"] == "alice"


def test_a_wrong_password_is_told_as_such(slapd, alice):
    (report,) = probe(settings_of(slapd.tls_url, ca_file=slapd.ca_file), "wrong", ManualClock())

    assert findings_of(report)[StepName.BIND] is Finding.WRONG_PASSWORD
    assert report.steps[-1].name is StepName.BIND
    assert not report.is_usable


def test_a_base_that_is_not_there_is_told(slapd, alice):
    settings = settings_of(slapd.tls_url, ca_file=slapd.ca_file, base=f"ou=nowhere,{SUFFIX}")
    (report,) = probe(settings, READER_PASSWORD, ManualClock())

    assert report.steps[-1].finding is Finding.BASE_MISSING


def test_a_person_without_a_number_makes_one_doubt(slapd):
    slapd.add(person_ldif("bob", "builder"))
    settings = settings_of(slapd.tls_url, ca_file=slapd.ca_file)
    (report,) = probe(settings, READER_PASSWORD, ManualClock(), login="bob")

    assert report.steps[-1].finding is Finding.PERSON_WITHOUT_NUMBER


def test_nobody_of_the_name_is_told(slapd, alice):
    settings = settings_of(slapd.tls_url, ca_file=slapd.ca_file)
    (report,) = probe(settings, READER_PASSWORD, ManualClock(), login="*")

    assert report.steps[-1].finding is Finding.PERSON_NONE


def test_a_certificate_of_an_unknown_authority_is_refused_but_shown(slapd):
    (report,) = probe(settings_of(slapd.tls_url), READER_PASSWORD, ManualClock())
    step = report.steps[-1]

    assert step.finding is Finding.TLS_UNTRUSTED
    assert "127.0.0.1" in step.facts["names"]


@pytest.mark.parametrize("transport", ["ldaps", "start-tls"])
def test_a_certificate_for_another_name_is_refused_before_the_password_goes_out(transport):
    with run_slapd(names=("directory.example.test",)) as server:
        address = server.tls_url if transport == "ldaps" else server.url
        settings = settings_of(address, ca_file=server.ca_file, start_tls=transport == "start-tls")
        (report,) = probe(settings, READER_PASSWORD, ManualClock())

    assert report.steps[-1].finding is Finding.TLS_OTHER_NAME
    assert report.steps[-1].facts["names"] == "directory.example.test"


def test_an_expired_certificate_is_told_with_its_date(monkeypatch):
    real = certificates._builder

    def ended(subject, issuer, key):
        made = real(subject, issuer, key)
        if subject != issuer:
            made._not_valid_before = datetime.now(UTC).replace(tzinfo=None) - timedelta(days=9)
            made._not_valid_after = datetime.now(UTC).replace(tzinfo=None) - timedelta(days=1)
        return made

    monkeypatch.setattr(certificates, "_builder", ended)
    with run_slapd() as server:
        (report,) = probe(settings_of(server.tls_url, ca_file=server.ca_file), READER_PASSWORD, ManualClock())

    assert report.steps[-1].finding is Finding.TLS_EXPIRED
    assert report.steps[-1].facts["expires"] < datetime.now(UTC).date().isoformat()


def test_a_server_that_is_away_does_not_hide_the_next_one(slapd, alice):
    settings = settings_of("ldaps://127.0.0.1:9", slapd.tls_url, ca_file=slapd.ca_file)
    away, there = probe(settings, READER_PASSWORD, ManualClock(), login="alice")

    assert away.steps[-1].finding is Finding.REFUSED
    assert there.is_usable


def test_a_name_that_does_not_exist_is_told(slapd):
    (report,) = probe(settings_of("ldaps://nowhere.invalid"), READER_PASSWORD, ManualClock())

    assert report.steps[-1].name is StepName.RESOLVE
    assert report.steps[-1].finding in {Finding.NO_SUCH_NAME, Finding.TOO_SLOW}


def test_servers_that_never_answer_cost_no_more_than_the_bound():
    with ExitStack() as stack:
        ports = [stack.enter_context(black_hole()) for _ in range(3)]
        began = time.monotonic()
        reports = probe(
            settings_of(*(f"ldaps://127.0.0.1:{port}" for port in ports), connect_timeout_seconds=60),
            READER_PASSWORD,
            ManualClock(),
        )
        took = time.monotonic() - began

    assert took < LONGEST
    assert {report.steps[-1].finding for report in reports} == {Finding.TOO_SLOW}
