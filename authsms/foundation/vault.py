"""Keys, randomness, sealing and hashing: the one home of everything that must stay secret.

The key file lies outside the database, so that a stolen database gives away no code, number or credential:

- *sealing keys* encrypt what must be read again (AES-256-GCM, NIST SP 800-38D). The place of a value is authenticated
  with it, so that a value copied to another row does not open there.
- *peppers* key every hash. A six-digit code under argon2id alone is exhausted in minutes; under HMAC with a key kept
  elsewhere it is not (OWASP Multifactor Authentication Cheat Sheet).

The first key of each list is used for new values, the others still open old ones. Hashing is bounded: each argon2id
call takes a slot, so that a flood of guesses takes neither all memory nor all cores.
"""

import base64
import hmac
import json
import os
import secrets
import time
from collections.abc import Callable, Mapping
from concurrent import futures
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import argon2
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError
from argon2.low_level import ARGON2_VERSION
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from authsms.foundation import metrics
from authsms.foundation.errors import ConfigurationError, OverloadedError, SealBrokenError

_KEY_BYTES = 32
_NONCE_BYTES = 12
_KEY_ID_BYTES = 4
SLOT_WAIT_SECONDS = 2.0
_OTHERS_MASK = 0o077
T = TypeVar("T")


class HashingProfile(Enum):
    """Cost of hashing a code: memory in KiB, passes, lanes (OWASP Password Storage Cheat Sheet)."""

    OWASP = (19 * 1024, 2, 1)
    LIGHT = (7 * 1024, 1, 1)
    TESTS = (64, 1, 1)

    def hasher(self) -> argon2.PasswordHasher:
        """Return an argon2id hasher of this cost."""
        memory, passes, lanes = self.value
        return argon2.PasswordHasher(time_cost=passes, memory_cost=memory, parallelism=lanes, hash_len=32, salt_len=16)


@dataclass(frozen=True, slots=True, repr=False)
class KeyRing:
    """The keys of one installation, newest first; each maps a short id to 32 random bytes."""

    sealing: Mapping[str, bytes]
    peppers: Mapping[str, bytes]

    @classmethod
    def generate(cls) -> "KeyRing":
        """Draw a new key of each kind."""
        return cls(
            {secrets.token_hex(_KEY_ID_BYTES): secrets.token_bytes(_KEY_BYTES)},
            {secrets.token_hex(_KEY_ID_BYTES): secrets.token_bytes(_KEY_BYTES)},
        )


class Vault:
    """Seals, hashes and draws; safe to share between threads.

    Args:
        ring: The keys.
        profile: Cost of hashing codes; local passwords are always hashed at `HashingProfile.OWASP`, except in tests.
        slots: How many argon2id calls may run at once; as many as there are cores when left out.
    """

    def __init__(
        self, ring: KeyRing, *, profile: HashingProfile = HashingProfile.OWASP, slots: int | None = None
    ) -> None:
        self._ring = ring
        self._ciphers = {key_id: AESGCM(key) for key_id, key in ring.sealing.items()}
        self._sealing_id = next(iter(ring.sealing))
        self._pepper_id = next(iter(ring.peppers))
        self._oldest_pepper = ring.peppers[next(reversed(list(ring.peppers)))]
        self._begun_macs: dict[tuple[bytes, str], hmac.HMAC] = {}  # as many as there are purposes in our own code
        self._code_hasher = profile.hasher()
        strong = profile if profile is HashingProfile.TESTS else HashingProfile.OWASP
        self._password_hasher = strong.hasher()
        self.slots = slots or os.cpu_count() or 1
        # Threads of their own: the allocator keeps argon2's memory for each thread that has ever hashed. Their queue
        # serves in the order of arrival; waiting for a semaphore instead, some were overtaken until they gave up.
        self._hashers = futures.ThreadPoolExecutor(self.slots, thread_name_prefix="hashing")
        self._nobody = _hash_of_nothing(self._password_hasher)

    @classmethod
    def open(
        cls, keys_file: Path, *, profile: HashingProfile = HashingProfile.OWASP, slots: int | None = None
    ) -> "Vault":
        """Return a vault over the keys in *keys_file*, which is made, readable by its owner only, when it is missing.

        Raises:
            ConfigurationError: Others can read the file, or it holds no keys.
        """
        return cls(_load_ring(keys_file), profile=profile, slots=slots)

    def new_id(self) -> str:
        """Return a public identifier: 32 hexadecimal digits that sort by time (RFC 9562, version 7)."""
        milliseconds = time.time_ns() // 1_000_000
        bits = milliseconds << 80 | secrets.randbits(80) & ~(0xF << 76 | 0b11 << 62) | 0x7 << 76 | 0b10 << 62
        return f"{bits:032x}"

    def new_token(self, size: int = 32) -> str:
        """Return a secret for a cookie, a link or a client: *size* random bytes in URL-safe base64."""
        return secrets.token_urlsafe(size)

    def draw_digits(self, length: int) -> str:
        """Return *length* uniformly drawn decimal digits, leading zeros included (NIST SP 800-63B-4, 3.1.3.2)."""
        return f"{secrets.randbelow(10**length):0{length}d}"

    def draw_letters(self, length: int, letters: str) -> str:
        """Return *length* of *letters*, each drawn uniformly."""
        return "".join(secrets.choice(letters) for _ in range(length))

    def draw_seed(self, size: int) -> bytes:
        """Return *size* random bytes that are shared with a device once, so that both can count codes from them."""
        return secrets.token_bytes(size)

    def seal(self, plain: bytes, *, context: str) -> bytes:
        """Encrypt *plain* for one place.

        Args:
            plain: What to hide.
            context: Where it will be kept, as ``table.column:row id``; only the same context opens it again.
        """
        nonce = secrets.token_bytes(_NONCE_BYTES)
        body = self._ciphers[self._sealing_id].encrypt(nonce, plain, self._sealing_context(self._sealing_id, context))
        return bytes.fromhex(self._sealing_id) + nonce + body

    def unseal(self, sealed: bytes, *, context: str) -> bytes:
        """Return what `seal` encrypted for *context*.

        Raises:
            SealBrokenError: It was altered, belongs elsewhere, or its key is gone.
        """
        key_id = sealed[:_KEY_ID_BYTES].hex()
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise SealBrokenError("The key of this value is not in the key file.")
        nonce = sealed[_KEY_ID_BYTES : _KEY_ID_BYTES + _NONCE_BYTES]
        try:
            return cipher.decrypt(nonce, sealed[_KEY_ID_BYTES + _NONCE_BYTES :], self._sealing_context(key_id, context))
        except (InvalidTag, ValueError) as error:
            raise SealBrokenError("This value was altered or moved.") from error

    def keyed_hash(self, purpose: str, *parts: str) -> str:
        """Return HMAC-SHA256 over *parts* under a key of its own for *purpose*, 64 hexadecimal digits.

        It hides numbers and tokens in the database (a plain hash of a phone number is found by trying all numbers).
        It always uses the oldest pepper, so that what is looked up by hash is still found after a new pepper was
        added for codes.
        """
        return self._mac(self._oldest_pepper, purpose, *parts).hex()

    def hash_code(self, challenge_id: str, code: str) -> str:
        """Return the keyed argon2id hash under which *code* is kept for one challenge.

        Raises:
            OverloadedError: No hashing slot became free in time.
        """
        mac = self._code_mac(self._pepper_id, challenge_id, code)
        digest = self._in_slot(lambda: self._code_hasher.hash(mac))
        return f"{self._pepper_id}{digest}"

    def verify_code(self, digest: str, challenge_id: str, code: str) -> bool:
        """Return whether *digest* was made from this challenge and this code.

        Raises:
            OverloadedError: No hashing slot became free in time.
        """
        pepper_id, _, encoded = digest.partition("$")
        if pepper_id not in self._ring.peppers:
            return False
        return self._verify(self._code_hasher, f"${encoded}", self._code_mac(pepper_id, challenge_id, code))

    def digest_of_no_code(self) -> str:
        """Return a digest that no code has; `verify_code` does the same work with it as with any other."""
        return f"{self._pepper_id}{_hash_of_nothing(self._code_hasher)}"

    def hash_password(self, password: str) -> str:
        """Return the argon2id hash of a password kept by this server.

        Raises:
            OverloadedError: No hashing slot became free in time.
        """
        return self._in_slot(lambda: self._password_hasher.hash(password))

    def verify_password(self, digest: str | None, password: str) -> bool:
        """Return whether *password* belongs to *digest*; for ``None`` do the same work and return False.

        Raises:
            OverloadedError: No hashing slot became free in time.
        """
        right = self._verify(self._password_hasher, digest or self._nobody, password)
        return right and digest is not None

    def _in_slot(self, work: Callable[[], T]) -> T:
        """Do *work* in one of the hashing threads, in the order of arrival."""
        hashing = self._hashers.submit(_measured, work, time.monotonic())
        try:
            return hashing.result(SLOT_WAIT_SECONDS)
        except futures.TimeoutError:
            if hashing.cancel():
                raise OverloadedError("Too many sign-ins at once.") from None
            return hashing.result()

    def _verify(self, hasher: argon2.PasswordHasher, encoded: str, secret: str | bytes) -> bool:
        try:
            return self._in_slot(lambda: hasher.verify(encoded, secret))
        except (VerifyMismatchError, VerificationError, InvalidHashError):
            return False

    def _code_mac(self, pepper_id: str, challenge_id: str, code: str) -> bytes:
        return self._mac(self._ring.peppers[pepper_id], "code", challenge_id, code)

    def _mac(self, key: bytes, purpose: str, *parts: str) -> bytes:
        begun = self._begun_macs.get((key, purpose))
        if begun is None:
            begun = hmac.new(hmac.digest(key, purpose.encode(), sha256), digestmod=sha256)
            self._begun_macs[key, purpose] = begun
        mac = begun.copy()
        for part in parts:
            data = part.encode()
            mac.update(len(data).to_bytes(4) + data)
        return mac.digest()

    @staticmethod
    def _sealing_context(key_id: str, context: str) -> bytes:
        return f"{key_id}:{context}".encode()


def _hash_of_nothing(hasher: argon2.PasswordHasher) -> str:
    """Return a hash of this cost that was drawn, not computed: no start of a server waits for it."""
    sizes = (hasher.salt_len, hasher.hash_len)
    salt, tag = (base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in sizes)
    cost = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v={ARGON2_VERSION}${cost}${salt}${tag}"


def _measured(work: Callable[[], T], asked: float) -> T:
    metrics.HASHING_WAIT_SECONDS.observe(time.monotonic() - asked)
    started = time.thread_time()
    try:
        return work()
    finally:
        metrics.HASHING_CPU_SECONDS.inc(time.thread_time() - started)


def _load_ring(file: Path) -> KeyRing:
    if not file.exists():
        _create(file, KeyRing.generate())
    if file.stat().st_mode & _OTHERS_MASK:
        raise ConfigurationError(f"Others can read the keys in {file}. Run: chmod 600 {file}")
    try:
        document = json.loads(file.read_text("utf-8"))
        ring = KeyRing(
            {name: base64.b64decode(key, validate=True) for name, key in document["sealing"].items()},
            {name: base64.b64decode(key, validate=True) for name, key in document["peppers"].items()},
        )
    except (ValueError, KeyError, AttributeError) as error:
        raise ConfigurationError(f"{file} holds no keys. Put back the copy from your backup.") from error
    lengths = {len(key) for key in (*ring.sealing.values(), *ring.peppers.values())}
    if lengths != {_KEY_BYTES} or not ring.sealing or not ring.peppers:
        raise ConfigurationError(f"{file} holds keys of a wrong length. Put back the copy from your backup.")
    return ring


def _create(file: Path, ring: KeyRing) -> None:
    document = {
        "sealing": {name: base64.b64encode(key).decode() for name, key in ring.sealing.items()},
        "peppers": {name: base64.b64encode(key).decode() for name, key in ring.peppers.items()},
    }
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_name(f"{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        json.dump(document, stream, indent=2)
        stream.flush()
        os.fsync(stream.fileno())
    try:
        os.link(draft, file)
    except FileExistsError:
        return
    finally:
        draft.unlink()
