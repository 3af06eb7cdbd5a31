"""Who may ask through the plug-ins' interface."""

import base64
import json

import pytest

from authsms.foundation.errors import InvalidInputError
from authsms.logon.kinds import EndpointKind, ValidateProfile
from authsms.protocols.client_address import ClientAddress
from tests.functional.protocols.validate.plug_in import PlugIn, open_app

FIELDS = {"user": "alice", "pass": "nope"}
ADDRESSES = ("/validate/check", "/validate/radiuscheck", "/validate/triggerchallenge", "/auth")


def test_nobody_is_answered_without_a_secret(plug_in, house):
    """At any address; and which endpoints there are is not told."""
    for path in ADDRESSES:
        without = plug_in.send(path, FIELDS, shows_secret=False)
        elsewhere = plug_in.http.post(f"/privacyidea/{'0' * 32}{path}", data=FIELDS)
        odd = plug_in.http.post(f"/privacyidea/x{path}", data=FIELDS)

        assert {401} == {one.status_code for one in (without, elsewhere, odd)}
        assert without.data == elsewhere.data == odd.data
        assert 4033 == without.json["result"]["error"]["code"]
    assert 401 == plug_in.http.get(f"{plug_in.base}/validate/polltransaction").status_code
    assert [] == house.sent


def test_the_secret_of_another_is_not_enough(plug_in, house):
    """Nor that of an application, nor one that was replaced."""
    other = PlugIn.register(house, open_app(house), "Other")
    wiki, secret = house.endpoints.create("Wiki", event="web", redirect_uris=("https://wiki.example.com/",))
    tries = [
        (plug_in.base, (plug_in.endpoint.id, other.secret)),
        (plug_in.base, (other.endpoint.id, other.secret)),
        (f"/privacyidea/{wiki.id}", (wiki.id, secret)),
        (plug_in.base, (plug_in.endpoint.id, "")),
    ]
    for base, auth in tries:
        assert 401 == plug_in.http.post(f"{base}/validate/check", data=FIELDS, auth=auth).status_code
    house.endpoints.renew_secret(plug_in.endpoint.id)
    assert 401 == plug_in.send("/validate/check", FIELDS).status_code


@pytest.mark.parametrize("header", ["Authorization", "PI-Authorization"])
def test_the_secret_may_come_bare(plug_in, header):
    for value in (plug_in.secret, f"Bearer {plug_in.secret}"):
        answer = plug_in.send("/validate/check", FIELDS, shows_secret=False, headers={header: value})

        assert 200 == answer.status_code


def test_a_service_account_gets_a_token_for_an_hour(plug_in, house):
    """In the shape of a JSON Web Token, from which clients read its end; a new secret kills it."""
    account = {"username": plug_in.endpoint.id, "password": plug_in.secret}
    given = plug_in.send("/auth", account, shows_secret=False).json
    token = given["result"]["value"]["token"]
    body = token.split(".")[1]
    ends = json.loads(base64.b64decode(body + "=" * (-len(body) % 4)))["exp"]

    def status(shown: str) -> int:
        headers = {"PI-Authorization": shown}
        return int(plug_in.send("/validate/check", FIELDS, shows_secret=False, headers=headers).status_code)

    assert 3600 == round(ends - given["time"])
    assert 200 == status(token)
    assert {401} == {
        status(one) for one in (token[:-4] + "AAAA", f"{token}.x", "..", f"x.y.{token.split('.')[2][:-2]}")
    }
    house.wait(3601)
    assert 401 == status(token)
    fresh = plug_in.send("/auth", account, shows_secret=False).json["result"]["value"]["token"]
    assert 200 == status(fresh)
    house.endpoints.renew_secret(plug_in.endpoint.id)
    assert 401 == status(fresh)


def test_an_account_is_its_own_endpoint(plug_in, house):
    other = PlugIn.register(house, open_app(house), "Other")
    account = {"username": other.endpoint.id, "password": other.secret}

    assert 401 == plug_in.send("/auth", account, shows_secret=False).status_code
    assert 401 == plug_in.send("/auth", {**account, "username": plug_in.endpoint.id}, shows_secret=False).status_code


def test_wrong_secrets_are_recorded_once_in_a_while(plug_in, house):
    """A-25: an administrator sees that somebody tries; a flood does not fill the trail."""
    account = {"username": plug_in.endpoint.id, "password": "wrong"}
    refused = [
        plug_in.send("/auth", account, shows_secret=False).status_code,
        plug_in.send("/validate/check", FIELDS, shows_secret=False).status_code,
    ]
    noted = house.tags().count("endpoint.refused")
    house.wait(11 * 60)
    plug_in.send("/auth", account, shows_secret=False)

    assert refused == [401, 401]
    assert (1, 2) == (noted, house.tags().count("endpoint.refused"))


def test_networks_that_need_no_secret(house):
    """Only those, and a wrong secret is wrong from there, too."""
    profile = ValidateProfile(("192.0.2.0/28", "2001:db8::1"))
    plug_in = PlugIn.register(house, open_app(house), "Windows", profile=profile)

    def status(address: str, *, secret: str = "") -> int:
        headers = {"Authorization": secret} if secret else {}
        options = {"headers": headers, "environ_base": {"REMOTE_ADDR": address}}
        return plug_in.send("/validate/check", FIELDS, shows_secret=False, **options).status_code

    assert [200, 200] == [status("192.0.2.3"), status("2001:db8::1")]
    assert [401, 401, 401] == [status("192.0.2.16"), status("2001:db8::2"), status("")]
    assert 401 == status("192.0.2.3", secret="wrong")


def test_a_proxy_does_not_lend_its_address(house):
    """It may stand in the network, but who comes by it does not, unless it is trusted to tell from where."""
    app = open_app(house)
    app.wsgi_app = ClientAddress(app.wsgi_app, ["192.0.2.9"])  # type: ignore[method-assign]
    plug_in = PlugIn.register(house, app, "Windows", profile=ValidateProfile(("192.0.2.0/28",)))

    def status(proxy: str, **headers: str) -> int:
        options = {"headers": headers, "environ_base": {"REMOTE_ADDR": proxy}}
        return plug_in.send("/validate/check", FIELDS, shows_secret=False, **options).status_code

    assert [200, 200] == [status("192.0.2.3"), status("192.0.2.9", **{"X-Forwarded-For": "192.0.2.3"})]
    assert 401 == status("192.0.2.9", **{"X-Forwarded-For": "198.51.100.7"})
    assert 401 == status("192.0.2.9", **{"X-Forwarded-Proto": "https"})
    assert {401} == {status("192.0.2.3", **{name: "192.0.2.3"}) for name in ("X-Forwarded-For", "Forwarded")}


@pytest.mark.parametrize("network", ["0.0.0.0/0", "::/0", "192.0.2.1/28", "example.com", ""])
def test_what_is_no_network_is_refused(house, network):
    with pytest.raises(InvalidInputError):
        house.endpoints.create(
            "Odd", event="web", kind=EndpointKind.VALIDATE, validate=ValidateProfile(networks=(network,))
        )


def test_no_secret_is_logged(plug_in, house, logged):
    """Neither the endpoint's nor what people type."""
    challenge = plug_in.check()
    plug_in.check(house.code(), transaction=challenge.transaction)
    plug_in.send("/validate/check", {**FIELDS, "pass": "MARK-PASSWORD"}, headers={"Authorization": "MARK-SECRET"})

    for secret in (plug_in.secret, challenge.transaction, house.code(), "MARK-PASSWORD", "MARK-SECRET"):
        assert secret not in logged.text
        assert secret not in house.dump() or secret == house.code()


def test_an_event_that_is_kept_for_some_endpoints_is_kept_for_them(plug_in, house):
    other = PlugIn.register(house, open_app(house), "Other")
    house.catalog.save_event("web", "Web login", ["directory-sms"], [plug_in.endpoint.id])

    assert ["CHALLENGE", "REJECT"] == [plug_in.check().outcome, other.check(user="nina").outcome]
