"""Directories that are down, silent, slow, or not who they say they are."""

import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from authsms.foundation.errors import ConfigurationError, DirectoryUnavailableError
from authsms.identity.ldap import LdapSettings
from authsms.identity.repository import PasswordVerdict
from tests.integration.identity.conftest import black_hole, person_ldif
from tests.parts.certificates import Authority
from tests.parts.processes import HOST, free_port
from tests.parts.slapd import SUFFIX, run_slapd

RIGHT = PasswordVerdict.RIGHT
IMPATIENT = {"connect_timeout_seconds": 2, "receive_timeout_seconds": 2}
"""For servers that say nothing: a test waits as long."""


@pytest.fixture
def pair(slapd, second_slapd):
    """Two servers that both know alice, and a CA file that vouches for both."""
    for server in (slapd, second_slapd):
        server.add(person_ldif("alice", "wonderland"))
    return slapd, second_slapd, {"ca_file": str(slapd.folder / "both.pem"), "id_attribute": "uid", "id_form": "text"}


@pytest.fixture
def _left_alone(monkeypatch):
    """A server that has failed is left alone for longer than a test takes on a busy machine."""
    monkeypatch.setattr("authsms.identity.ldap.pool._FIRST_HOLD_SECONDS", 60)


def login(repository):
    return repository.check_password(repository.find("alice"), "wonderland")


def seconds_of(work):
    started = time.monotonic()
    work()
    return time.monotonic() - started


def quickest(work):
    """Return how long *work* takes when nothing else keeps the machine busy."""
    return min(seconds_of(work) for _ in range(3))


def test_a_refused_connection_goes_to_the_next_server_at_once(pair, repository_for):
    _, second, settings = pair
    repository = repository_for(f"ldaps://{HOST}:{free_port()}", second, **settings)

    assert seconds_of(lambda: login(repository)) < 19
    assert login(repository) is RIGHT


@pytest.mark.usefixtures("_left_alone")
def test_a_black_hole_costs_one_connect_time_out_and_is_remembered(pair, repository_for):
    """F-17: the second server within the connect time-out."""
    _, second, settings = pair
    with black_hole() as port:
        repository = repository_for(f"ldaps://{HOST}:{port}", second, **settings, **IMPATIENT)

        assert 1.9 < seconds_of(lambda: login(repository)) < 20
        assert quickest(lambda: login(repository)) < 1.9


@pytest.mark.usefixtures("_left_alone")
def test_a_server_that_hangs_under_kept_connections_is_left_for_the_next(pair, repository_for):
    first, second, settings = pair
    repository = repository_for(first, second, **settings, **IMPATIENT)
    assert login(repository) is RIGHT
    first.process.pause()
    try:
        assert 1.9 < seconds_of(lambda: login(repository)) < 20
        assert quickest(lambda: login(repository)) < 1.9
    finally:
        first.process.resume()


def test_a_restart_of_the_only_server_is_not_noticed(slapd, repository_for):
    """Kept connections are dead after it; each is replaced by a fresh one, once."""
    slapd.add(person_ldif("alice", "wonderland"))
    repository = repository_for(slapd)
    assert login(repository) is RIGHT
    slapd.stop()
    slapd.start()

    assert login(repository) is RIGHT


def test_a_directory_that_is_down_is_never_an_unknown_user(slapd, repository_for):
    """F-17."""
    slapd.add(person_ldif("alice", "wonderland"))
    repository = repository_for(slapd)
    person = repository.find("alice")
    slapd.stop()
    try:
        for ask in (
            lambda: repository.find("alice"),
            lambda: repository.find("nobody"),
            lambda: repository.get(person.id),
            lambda: repository.check_password(person, "wonderland"),
            lambda: repository.check_password(None, "wonderland"),
            repository.ping,
        ):
            with pytest.raises(DirectoryUnavailableError):
                ask()
    finally:
        slapd.start()


def test_a_directory_that_is_back_works_within_a_second(slapd, repository_for):
    slapd.add(person_ldif("alice", "wonderland"))
    repository = repository_for(slapd)
    slapd.stop()
    with pytest.raises(DirectoryUnavailableError):
        repository.find("alice")
    slapd.start()
    time.sleep(0.6)

    assert login(repository) is RIGHT


def test_a_silent_directory_holds_few_threads_and_those_not_for_long(slapd, repository_for):
    """F-18: 20 callers at once; nobody waits longer than patience and time-outs together."""
    slapd.add(person_ldif("alice", "wonderland"))
    repository = repository_for(slapd, connections=3, patience_seconds=0.5, **IMPATIENT)
    repository.find("alice")
    slapd.process.pause()

    def ask(_):
        with pytest.raises(DirectoryUnavailableError):
            repository.find("alice")

    try:
        with ThreadPoolExecutor(20) as pool:
            times = list(pool.map(lambda index: seconds_of(lambda: ask(index)), range(20)))
    finally:
        slapd.process.resume()

    assert max(times) < 20
    assert sorted(times)[14] < 10


def test_a_refused_service_account_is_not_tried_again_and_again(slapd, repository_for):
    """Each try counts as a failure in the directory; a login storm would lock the account."""
    repository = repository_for(slapd, password="not-the-password")
    for _ in range(5):
        with pytest.raises(DirectoryUnavailableError):
            repository.find("alice")

    assert repository_for(slapd).find("nobody") is None


def test_plain_ldap_is_refused_before_anything_is_sent(slapd):
    with pytest.raises(ConfigurationError, match="allow_plaintext"):
        LdapSettings.read({"servers": [slapd.url], "base": SUFFIX})


def test_a_ca_file_wins_over_the_environment(slapd, repository_for, monkeypatch, tmp_path):
    """The environment presets bundles on many machines; they neither add trust nor take it away."""
    slapd.add(person_ldif("alice", "wonderland"))
    other = Authority(tmp_path)
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(other.file))
    assert login(repository_for(slapd)) is RIGHT

    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(slapd.ca_file))
    with pytest.raises(DirectoryUnavailableError, match="No server"):
        repository_for(slapd, ca_file=str(other.file)).find("alice")


def test_certificates_may_be_given_as_a_text(slapd, repository_for, tmp_path):
    """Whoever has only the browser cannot put a file onto the server."""
    slapd.add(person_ldif("alice", "wonderland"))
    other = Authority(tmp_path)
    text = slapd.ca_file.read_text()

    assert login(repository_for(slapd, ca_file="", certificates=text)) is RIGHT
    assert login(repository_for(slapd, ca_file=str(other.file), certificates=text)) is RIGHT
    with pytest.raises(DirectoryUnavailableError, match="No server"):
        repository_for(slapd, ca_file="", certificates=other.file.read_text()).find("alice")


@pytest.mark.parametrize(
    "text", ["no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "ä"]
)
def test_a_text_without_certificates_is_refused(slapd, text):
    """At once, not at the first login."""
    with pytest.raises(ConfigurationError, match=r"certificates: .*PEM form"):
        LdapSettings.read({"servers": [slapd.tls_url], "base": SUFFIX, "certificates": text})


def test_without_a_ca_file_the_machines_own_certificates_count(slapd, repository_for):
    with pytest.raises(DirectoryUnavailableError):
        repository_for(slapd, ca_file="").find("alice")


@pytest.mark.parametrize("start_tls", [False, True])
def test_a_certificate_of_another_name_is_refused(repository_for, start_tls):
    with run_slapd(names=("directory.example.test",)) as stranger:
        url = stranger.url if start_tls else stranger.tls_url
        repository = repository_for(url, ca_file=str(stranger.ca_file), start_tls=start_tls)

        with pytest.raises(DirectoryUnavailableError):
            repository.find("alice")


def test_a_file_without_certificates_is_refused(repository_for, tmp_path):
    empty = tmp_path / "ca.pem"
    empty.write_text("nothing")

    with pytest.raises(ConfigurationError, match="PEM"):
        repository_for(f"ldaps://{HOST}:1", ca_file=str(empty))


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_old_tls_is_refused(repository_for, tmp_path):
    """A-20: TLS 1.2 is the least."""
    authority = Authority(tmp_path)
    files = authority.issue("old")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    failures = []
    with socket.create_server((HOST, 0)) as listener:

        def serve():
            connection, _ = listener.accept()
            with connection:
                try:
                    context.wrap_socket(connection, server_side=True)
                except OSError as error:
                    failures.append(str(error))

        thread = threading.Thread(target=serve)
        thread.start()
        repository = repository_for(f"ldaps://{HOST}:{listener.getsockname()[1]}", ca_file=str(authority.file))
        with pytest.raises(DirectoryUnavailableError):
            repository.find("alice")
        thread.join()

    assert any("PROTOCOL" in failure for failure in failures)
