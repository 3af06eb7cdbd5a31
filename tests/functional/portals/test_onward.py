"""After a login people go where the application's registered request says, and nowhere else."""

import pytest

from authsms.portals.notes import local_path
from tests.functional.portals.conftest import PUBLIC_URL, Visitor
from tests.functional.portals.twin import CONTINUATION, ScriptedLogon

ELSEWHERE = [
    *(
        "//evil.example",
        "///evil.example",
        "////evil.example",
        "/\\evil.example",
        "\\/evil.example",
        "\\\\evil.example",
    ),
    *(
        "https://evil.example",
        "http://evil.example",
        "https:evil.example",
        "https:/evil.example",
        "//evil.example/%2f..",
    ),
    *("javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "data:text/html,x", "vbscript:x", "blob:x"),
    *("\t//evil.example", "\n//evil.example", "\r\n//evil.example", "/\t/evil.example", "/\n/evil.example", "/\r/evil"),
    *(
        " //evil.example",
        "\x00//evil.example",
        "\x0b//evil",
        "\ufeff//evil.example",
        "\u2028//evil.example",
        "\uff0f\uff0fevil",
    ),
    *("https://login.example.test@evil.example", "https://login.example.test.evil.example", "//login.example.test"),
    *(
        "evil.example",
        "./evil",
        "../evil",
        "?next=//evil",
        "#//evil",
        "",
        " ",
        "mailto:x@evil.example",
        "tel:1",
        "ftp://e",
    ),
    *(
        "/ok\r\nSet-Cookie: a=b",
        "/ok\r\nLocation: //evil",
        "/ok\x00",
        "/ok\\..\\evil",
        "/ok evil",
        "/ok#x",
        '/ok"x',
        "/<x>",
    ),
    *("/%5cevil.example\\", "https:///evil.example", "https:\\\\evil.example", "http:/\\evil", "ws://evil", "//[::1]"),
    *(
        "//evil%E3%80%82example",
        "/\uff0fevil.example",
        "//0x7f000001",
        "//user:pass@evil",
        "file:///etc",
        "x-app://evil",
    ),
]
HERE = ["/oauth2/resume/" + CONTINUATION, "/", "/a/b?c=d&e=%2F%2Fevil", "/%2f%2fevil.example", "/a//b"]


@pytest.mark.parametrize("address", ELSEWHERE, ids=repr)
def test_an_address_elsewhere_is_no_local_path(address: str):
    """Whatever a browser might read as another host, or as another header."""
    assert local_path(address) is None


@pytest.mark.parametrize("address", HERE)
def test_a_path_of_this_host_is_one(address: str):
    """Percent-encoded slashes stay in the path."""
    assert local_path(address) == address


def test_the_corpus_is_long_enough():
    """ATK: sixty entries."""
    assert len(ELSEWHERE) >= 60


def test_a_finished_login_takes_the_person_back(visitor: Visitor):
    """By a page without a form: form-action would stop a redirect to another site."""
    visitor.sign_in(address=f"/login/web?c={CONTINUATION}")
    page = visitor.get("/signed-in").text

    assert f'<meta http-equiv="refresh" content="0; url=/oauth2/resume/{CONTINUATION}">' in page
    assert f'href="/oauth2/resume/{CONTINUATION}"' in page
    assert "Taking you to Sample application" in page
    assert "<form" not in page


def test_no_page_leads_elsewhere_even_if_the_service_said_so(visitor: Visitor, logon: ScriptedLogon):
    """The last lock, behind the one of the service."""
    for address in ELSEWHERE:
        logon.return_to = address
        answer = visitor.sign_in(address=f"/login/web?c={CONTINUATION}")
        assert answer.location == "/signed-in"
        assert "http-equiv" not in visitor.get("/signed-in").text


@pytest.mark.parametrize("path", ["/login/web", "/signed-in", "/signed-out", "/cancelled", "/sessions", "/"])
def test_what_stands_in_an_address_leads_nowhere(visitor: Visitor, path: str):
    """Pages take no target from the person's browser."""
    for address in ELSEWHERE:
        query = dict.fromkeys(["next", "rd", "return_to", "redirect_uri", "url", "to"], address)
        answer = visitor.client.get(path, base_url=PUBLIC_URL, query_string=query)
        assert answer.headers.get("Location", "/sessions") in {"/sessions", "/login/web"}
        assert "http-equiv" not in answer.text
        assert "evil" not in answer.text


def test_a_note_cannot_be_made_outside(visitor: Visitor):
    """It decides where people are taken, hence the seal."""
    visitor.sign_in(address=f"/login/web?c={CONTINUATION}")
    note = visitor.cookies()["note"]
    changed = ("B" if note[40] != "B" else "C").join((note[:40], note[41:]))
    visitor.client.set_cookie("__Host-authsms-note", changed, domain="login.example.test", secure=True)

    assert "http-equiv" not in visitor.get("/signed-in").text
