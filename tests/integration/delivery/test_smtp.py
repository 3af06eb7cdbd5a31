"""Mails are handed over to the right server, for one recipient, and never in clear unless somebody said so."""

import pytest

from authsms.delivery.mails import Mail
from authsms.delivery.smtp import Handover, MailCarrier, compose
from authsms.foundation.mail_settings import MailSettings
from tests.fakes import ManualClock
from tests.parts.certificates import Authority
from tests.parts.smtp import MailServer, serving

SENDER = "login@example.com"
PASSWORD = "a very secret word"


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def files(authority):
    return authority.issue("post")


def settings(server: MailServer, authority: Authority | None = None, **values) -> MailSettings:
    """Return settings for a server on this machine."""
    ca_file = {"ca_file": authority.file} if authority else {}
    known = {"host": "127.0.0.1", "port": server.port, "from_address": SENDER, **ca_file, **values}
    return MailSettings.model_validate(known)


def mail(address: str = "alice@example.org", subject: str = "here: a change") -> Mail:
    """Return a mail."""
    return Mail("id1", address, subject, "Für Sie: Grüße\n.\nMehr\n", "de", ManualClock().now())


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_mail_goes_by_tls_to_one_recipient(authority, files, security):
    """Name, password, addresses and words are read by nobody on the way."""
    with serving(MailServer(files, sealed=security == "tls", user=("login", PASSWORD))) as server:
        chosen = settings(server, authority, security=security, user="login", password=PASSWORD)
        end = MailCarrier(chosen).carry(mail())
    (letter,) = server.letters

    assert Handover() == end
    assert ["alice@example.org"] == letter.recipients
    assert letter.is_sealed
    assert "Für Sie: Grüße\n.\nMehr\n" == letter.message.get_content().replace("\r\n", "\n")
    assert ("alice@example.org", SENDER) == (letter.message["To"], letter.message["From"])
    assert "de" == letter.message["Content-Language"]
    assert ("<id1@example.com>", "auto-generated") == (letter.message["Message-ID"], letter.message["Auto-Submitted"])
    assert {"ehlo example.com", "STARTTLS"} >= set(server.in_clear().split("\n")) - {""}


def test_nothing_goes_to_a_server_that_does_not_offer_starttls(authority):
    """Somebody in between may have taken the offer away (RFC 3207 section 6)."""
    with serving(MailServer(user=("login", PASSWORD))) as server:
        end = MailCarrier(settings(server, authority, user="login", password=PASSWORD)).carry(mail())

    assert (True, False, []) == (end.is_about_server, end.is_final, server.letters)
    assert "STARTTLS" in end.failure
    assert "ehlo example.com" == server.in_clear()


@pytest.mark.parametrize("refusal", ["454 4.7.0 not now", "500 what?"])
def test_nothing_goes_to_a_server_that_takes_its_offer_back(authority, files, refusal):
    """No way leads back to clear text."""
    with serving(MailServer(files, answers={"STARTTLS": refusal})) as server:
        end = MailCarrier(settings(server, authority)).carry(mail())

    assert (True, []) == (end.is_about_server, server.letters)
    assert "MAIL" not in server.in_clear()


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize("wrong", ["name", "authority"])
def test_nothing_goes_to_a_server_with_a_wrong_certificate(authority, tmp_path, security, wrong):
    """One of another host, or by an authority that is not trusted."""
    issuer = authority if wrong == "name" else Authority(tmp_path)
    files = issuer.issue("other", *(["mail.example.net"] if wrong == "name" else []))
    with serving(MailServer(files, sealed=security == "tls", user=("login", PASSWORD))) as server:
        chosen = settings(server, authority, security=security, user="login", password=PASSWORD)
        end = MailCarrier(chosen).carry(mail())

    assert ("the certificate cannot be trusted", True, []) == (end.failure, end.is_about_server, server.letters)
    assert not [line for how, line in server.heard if how == "sealed"]


def test_clear_text_has_to_be_asked_for():
    """A relay on this machine, for example."""
    with serving(MailServer()) as server:
        end = MailCarrier(settings(server, security="none")).carry(mail())

    assert Handover() == end
    assert [False] == [one.is_sealed for one in server.letters]


@pytest.mark.parametrize(
    ("answers", "is_final", "is_about_server"),
    [
        ({"RCPT": "550 5.1.1 there is no alice"}, True, False),
        ({"RCPT": "450 4.2.0 greylisted"}, False, False),
        ({"RCPT": "554 5.7.1 relaying denied"}, False, False),
        ({"MAIL": "550 5.1.8 who are you"}, False, True),
        ({"EHLO": "554 go away", "HELO": "554 go away"}, False, True),
        ({"DATA": "554 5.6.0 no"}, False, False),
    ],
    ids=["no-such-recipient", "greylisted", "no-relay", "sender", "greeting", "data"],
)
def test_refusals_are_told_apart(answers, is_final, is_about_server):
    """Only of an address that is wrong for good a further try is in vain."""
    with serving(MailServer(answers=answers)) as server:
        end = MailCarrier(settings(server, security="none")).carry(mail())

    assert (is_final, is_about_server, []) == (end.is_final, end.is_about_server, server.letters)
    assert next(iter(answers.values()))[:3] in end.failure


def test_a_mail_that_was_taken_counts_whatever_comes_of_the_farewell():
    """It would come twice."""
    with serving(MailServer(answers={"QUIT": "500 stay"})) as server:
        end = MailCarrier(settings(server, security="none")).carry(mail())

    assert (Handover(), 1) == (end, len(server.letters))


def test_a_server_that_answers_byte_by_byte_comes_to_an_end():
    """Time-outs of sockets begin anew with each byte."""
    with serving(MailServer(drips=True)) as server:
        hasty = settings(server, security="none").model_copy(update={"timeout_seconds": 0.2})
        end = MailCarrier(hasty).carry(mail())

    assert end.is_about_server
    assert end.failure


def test_a_wrong_password_is_told_without_it(authority, files):
    """The server's own words are for the administrator at a test."""
    with serving(MailServer(files, user=("login", "another"))) as server:
        end = MailCarrier(settings(server, authority, user="login", password=PASSWORD)).carry(mail())

    assert "the sign-in was refused (535)" == end.failure
    assert PASSWORD not in repr(end)


def test_a_file_of_certificates_that_is_missing_is_told(tmp_path):
    """Nothing is trusted in its place."""
    chosen = settings(MailServer(port=9), ca_file=tmp_path / "missing.pem")

    assert "ca_file cannot be read" == MailCarrier(chosen).carry(mail()).failure


@pytest.mark.parametrize("field", ["subject", "address"])
def test_the_last_lock_against_headers_in_headers(field):
    """Whatever got past the first one: the library refuses line ends."""
    with pytest.raises(ValueError, match=r".+"):
        compose(mail(**{field: "alice@example.org\r\nBcc: eve@example.net"}), SENDER)
