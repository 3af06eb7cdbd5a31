"""Whom the guarded way out trusts."""

import ssl
import time
from pathlib import Path

import pytest

from authsms.foundation.errors import ConfigurationError
from authsms.senders.exchange import NotSent, ProviderAnswer, ProviderRequest, Silence
from authsms.senders.http import Deadlines, HttpGuard
from tests.parts.certificates import Authority
from tests.plugins import hostile
from tests.plugins.hostile import PATIENT, QUICK, HostileServer


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> Authority:
    """A certificate authority of our own."""
    return Authority(tmp_path_factory.mktemp("ca"))


def _guard(*allowed: str, deadlines: Deadlines = PATIENT, **options) -> HttpGuard:
    return HttpGuard(allowed or ("127.0.0.1",), deadlines=deadlines, **options)


def _form(url: str) -> ProviderRequest:
    return ProviderRequest.form(url, (("to", "+491"),), basic=("user", "password"))


def _server(authority: Authority, *names: str) -> HostileServer:
    files = authority.issue("server", *names)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    return HostileServer(hostile.answer(200, b"ok"), tls=context)


def test_an_unknown_certificate_is_refused_before_anything_is_sent(authority):
    """Neither secret nor text may reach somebody who cannot prove who he is."""
    with _server(authority) as server:
        reply = _guard().client().send(_form(server.url))

    assert isinstance(reply, NotSent)
    assert "tls" == reply.code
    assert [] == [request for request in server.requests if request]


def test_a_certificate_for_another_name_is_refused(authority):
    """The name is checked although the connection goes to an address."""
    with _server(authority, "elsewhere.example") as server:
        reply = _guard(ca_file=authority.file).client().send(_form(server.url))

    assert isinstance(reply, NotSent)
    assert "tls" == reply.code


def test_the_configured_authority_is_trusted(authority):
    """A gateway with a certificate of the company's own works."""
    with _server(authority) as server:
        by_file = _guard(ca_file=authority.file).client().send(_form(server.url))
        by_text = _guard().client(certificates=authority.file.read_text()).send(_form(server.url))

    assert isinstance(by_file, ProviderAnswer)
    assert isinstance(by_text, ProviderAnswer)


def test_the_environment_adds_no_trust_and_takes_none_away(authority, monkeypatch):
    """REQUESTS_CA_BUNDLE beats ``session.verify`` in requests; it must not beat ours."""
    with _server(authority) as server:
        for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
            monkeypatch.setenv(name, str(authority.file))
        refused = _guard().client().send(_form(server.url))
        for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
            monkeypatch.setenv(name, str(Path(ssl.__file__)))
        taken = _guard(ca_file=authority.file).client().send(_form(server.url))

    assert isinstance(refused, NotSent)
    assert "tls" == refused.code
    assert isinstance(taken, ProviderAnswer)


def test_a_handshake_that_never_ends_is_cut_off(authority):
    """The deadline of connecting covers TLS, too."""
    with HostileServer(hostile.silence) as server:
        started = time.monotonic()
        reply = (
            _guard(ca_file=authority.file, deadlines=QUICK).client().send(_form(server.url.replace("http:", "https:")))
        )

    assert isinstance(reply, NotSent)
    assert "connect" == reply.code
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("behave", [hostile.drip_head, hostile.drip_body, hostile.drip_last_body, hostile.silence])
def test_the_deadline_holds_inside_tls(authority, behave):
    """The connection is shut down beneath TLS, from another thread."""
    with _server(authority) as server:
        server.behave = behave
        started = time.monotonic()
        deadlines = Deadlines(connect=PATIENT.connect, total=2)  # shaking hands is work, which may take its time
        reply = _guard(ca_file=authority.file, deadlines=deadlines).client().send(_form(server.url))

    assert isinstance(reply, Silence)
    assert "timeout" == reply.code
    assert time.monotonic() - started < 10


def test_certificates_that_are_none_are_a_configuration_error(tmp_path):
    """The administrator is told, instead of every text failing."""
    (tmp_path / "ca.pem").write_text("nothing")

    with pytest.raises(ConfigurationError):
        HttpGuard(ca_file=tmp_path / "ca.pem")
    with pytest.raises(ConfigurationError):
        HttpGuard().client(certificates="nothing")
    with pytest.raises(ConfigurationError):
        HttpGuard().client(certificates="not ASCII: ä")
