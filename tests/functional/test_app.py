"""What meets every request before a door does."""

import pytest
from flask import request
from werkzeug.test import create_environ

from authsms.app import create_app
from authsms.foundation.settings import Settings
from authsms.logon.kinds import EndpointKind
from authsms.wiring import assemble

HOME = "http://127.0.0.1:8080"


@pytest.fixture
def build(database, vault, clock, instance):
    """Make an application with some settings of the server changed."""

    def make(public_url=HOME, **server):
        settings = Settings(instance=instance, environment="development", public_url=public_url, server=server)
        services = assemble(settings, database, vault, clock)
        services.prepare()
        return create_app(settings, services)

    return make


def test_a_flood_from_one_address_is_answered_with_429_and_others_are_served(build):
    """Each address has its own count; a minute may end in the middle of the flood, and a new one begin."""
    client = build(requests_per_minute=5).test_client()
    flood = [client.get("/login/web", base_url=HOME).status_code for _ in range(11)]
    other = client.get("/login/web", base_url=HOME, environ_base={"REMOTE_ADDR": "192.0.2.7"})

    assert [200] * 5 == flood[:5]
    assert {429} == set(flood[5:]) - {200}
    assert other.status_code == 200


def test_an_unknown_host_is_refused_and_probes_may_call_by_address(build):
    """Links are never made from the Host header; a probe knows no name."""
    client = build().test_client()

    assert client.get("/login/web", base_url="http://evil.example").status_code == 400
    assert client.get("/healthz", base_url="http://10.0.0.5:8080").status_code == 200


def test_a_proxy_may_ask_for_a_site_under_any_host(build):
    """Not every proxy can choose what it calls the host; and what a site answers is not under our rule for https."""
    app = build(public_url="https://login.example.test")
    site, _ = app.extensions["authsms"].endpoints.create(
        "Wiki", event="web", redirect_uris=("https://wiki.example.test",), kind=EndpointKind.FORWARD_AUTH
    )
    check = f"/forward-auth/{site.id}"
    client = app.test_client()
    stray = client.get(f"{check}/site/else?language=de&ui_locales=de", base_url="https://wiki.example.test")
    answers = {
        path: client.get(path, base_url="http://10.0.0.5:8080")
        for path in (check, f"{check}/site/start", f"{check}/site/callback", f"{check}/site/else", f"{check}/sign-in")
    }

    assert [302, 303, 303, 404, 400] == [answer.status_code for answer in answers.values()]
    assert {f"{check}/sign-in"} == {path for path, one in answers.items() if "Strict-Transport-Security" in one.headers}
    assert answers[check].headers["Location"] == "https://wiki.example.test/.authsms/start?to=/"
    assert [] == stray.headers.getlist("Set-Cookie")
    assert answers[f"{check}/site/callback"].headers["Location"] == f"https://login.example.test{check}/refused"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_an_answer_that_is_there_is_handed_over_in_one_piece(build, method):
    """The server sends a list at once; a file it takes piece by piece."""
    app = build()
    page, file = (
        app.wsgi_app(create_environ(path, HOME, method=method), lambda *_: None)
        for path in ("/healthz", "/static/portals.css")
    )
    file.close()

    assert isinstance(page, list)
    assert bool(page) is (method == "GET")
    assert not isinstance(file, list) or method == "HEAD"


def test_every_answer_carries_its_request_id(build):
    """Whoever asks for help can name it, and the log line has it."""
    client = build().test_client()
    ids = {client.get("/login/web", base_url=HOME).headers["X-Request-Id"] for _ in range(3)}

    assert len(ids) == 3


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"user_name": "alice"}, 403),  # it is read, and has no token of a form of ours
        ({f"f{number}": "" for number in range(101)}, 413),
        ({"user_name": "a" * 65 * 1024}, 413),
        ({f"f{number}": "a" * 60 * 1024 for number in range(5)}, 413),
    ],
    ids=["modest", "many-parts", "large-part", "large"],
)
def test_a_body_out_of_proportion_is_refused_whoever_sends_it(build, form, status):
    """Before anybody is looked for; doors may only ask for less."""
    answer = (
        build()
        .test_client()
        .post("/login/web", base_url=HOME, data=form, content_type="multipart/form-data", headers={"Origin": HOME})
    )

    assert answer.status_code == status


@pytest.mark.parametrize(
    ("peer", "header", "seen"),
    [
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "garbage", "10.0.0.1"),
        ("10.0.0.1", "6.6.6.6, garbage", "10.0.0.1"),
        ("10.0.0.1", "fe80::1%eth0", "fe80::1%eth0"),
        ("10.0.0.1", "1.1.1.1," * 5000 + "198.51.100.1", "198.51.100.1"),
    ],
)
def test_forwarding_headers_count_from_trusted_proxies_only(build, peer, header, seen):
    """The last address that is no proxy of ours; what stands before it was written by the client."""
    app = build(trusted_proxies=("10.0.0.0/24",), proxy_drops_underscores=True)
    found = []
    app.before_request(lambda: found.append(request.remote_addr))
    app.test_client().get(
        "/healthz", base_url=HOME, headers={"X-Forwarded-For": header}, environ_base={"REMOTE_ADDR": peer}
    )

    assert found == [seen]
