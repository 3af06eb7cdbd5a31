"""An authenticator and the browser before it, in software: makes and uses passkeys as WebAuthn Level 3 says."""

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

ORIGIN = "https://login.example.com"
PRESENT, VERIFIED, SYNCED, WITH_KEY = 0x01, 0x04, 0x08, 0x40


def encode(plain: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(plain).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Undo `encode`."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Authenticator:
    """One key; what it says can be bent in every way a test wants.

    Attributes:
        count: What its counter says next; None when it does not count.
        flags: Besides that its owner was there.
        statement: Who has made it.
    """

    origin: str = ORIGIN
    rp_id: str = "login.example.com"
    count: int | None = 1
    flags: int = VERIFIED
    credential: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    handle: bytes = b""
    statement: dict = field(default_factory=lambda: {"fmt": "none", "attStmt": {}})

    def __post_init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())

    def create(self, options: str, **changes) -> str:
        """Return what a browser brings when a page wants a new key."""
        asked = json.loads(options)
        self.handle = decode(asked["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        public = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)})
        length = len(self.credential).to_bytes(2)
        data = self._data(WITH_KEY) + bytes(16) + length + self.credential + public
        made = {**self.statement, "authData": data}
        response = {"attestationObject": encode(cbor2.dumps(made)), "transports": ["internal", "usb", "telepathy"]}
        return self._bring("webauthn.create", asked["challenge"], response, changes)

    def get(self, options: str, *, spoil: bool = False, **changes) -> str:
        """Return what a browser brings when a page wants a key to be used; with *spoil* its signature is altered."""
        asked = json.loads(options)
        client = self._client("webauthn.get", asked["challenge"], changes)
        data = self._data(0)
        signature = bytearray(self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256())))
        signature[-1] ^= spoil
        response = {"authenticatorData": encode(data), "signature": encode(bytes(signature))}
        if self.handle:
            response["userHandle"] = encode(self.handle)
        return self._brought(client, response)

    def _data(self, flags: int) -> bytes:
        told = self.count or 0
        if self.count is not None:
            self.count += 1
        return hashlib.sha256(self.rp_id.encode()).digest() + bytes([PRESENT | self.flags | flags]) + told.to_bytes(4)

    def _client(self, kind: str, challenge: str, changes: dict) -> bytes:
        told = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False, **changes}
        return json.dumps(told).encode()

    def _bring(self, kind: str, challenge: str, response: dict, changes: dict) -> str:
        return self._brought(self._client(kind, challenge, changes), response)

    def _brought(self, client: bytes, response: dict) -> str:
        name = encode(self.credential)
        told = {"clientDataJSON": encode(client), **response}
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": told})
