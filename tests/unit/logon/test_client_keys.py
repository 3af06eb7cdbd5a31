"""Which keys an endpoint may register for its signed requests."""

import json

import pytest
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

from authsms.foundation.errors import InvalidInputError
from authsms.logon.client_keys import read_client_keys

EC = ECKey.generate_key("P-256", {"kid": "one"})
RSA = RSAKey.generate_key(2048, {"kid": "two"})
PUBLIC_EC, PUBLIC_RSA = EC.as_dict(private=False), RSA.as_dict(private=False)


def test_public_keys_are_kept_and_nothing_else_of_them() -> None:
    """What is kept is what the library reads."""
    written = json.dumps({"keys": [{**PUBLIC_EC, "use": "sig", "x5u": "https://evil.example"}, PUBLIC_RSA]}, indent=2)
    kept = read_client_keys(written)

    assert [key.kid for key in KeySet.import_key_set(json.loads(kept)).keys] == ["one", "two"]
    assert "evil" not in kept
    assert read_client_keys(kept) == kept
    assert read_client_keys(" ") == ""


@pytest.mark.parametrize(
    "keys",
    [
        [],
        ["x"],
        None,
        [EC.as_dict(private=True)],
        [OctKey.generate_key(256).as_dict(private=True)],
        [{**PUBLIC_RSA, "n": PUBLIC_RSA["n"][:171]}],
        [ECKey.generate_key("P-521").as_dict(private=False)],
        [{**PUBLIC_EC, "x": "AAAA"}],
        [{**PUBLIC_EC, "x": "\u00e9" * 43}],
        [{**PUBLIC_EC, "use": "enc"}],
        [PUBLIC_EC, PUBLIC_EC],
        [PUBLIC_RSA] * 11,
    ],
    ids=["none", "no-object", "null", "private", "shared", "weak", "curve", "short", "letters", "use", "twice", "many"],
)
def test_what_cannot_serve_is_refused(keys: object) -> None:
    """Private, shared, weak and foreign keys."""
    with pytest.raises(InvalidInputError):
        read_client_keys(json.dumps({"keys": keys}))


@pytest.mark.parametrize("text", ["x", "[]", "{}", "[" * 10_000, json.dumps(PUBLIC_EC), "9" * 5000])
def test_what_is_no_set_is_refused(text: str) -> None:
    """Hostile input gets a clear error."""
    with pytest.raises(InvalidInputError):
        read_client_keys(text)
