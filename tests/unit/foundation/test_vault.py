"""The vault keeps keys outside the database and everything else unreadable without them."""

import json
import stat
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2 import extract_parameters
from argon2.exceptions import VerifyMismatchError

from authsms.foundation.errors import ConfigurationError, OverloadedError, SealBrokenError
from authsms.foundation.vault import HashingProfile, KeyRing, Vault


def test_a_key_file_is_made_readable_by_its_owner_only(tmp_path):
    """Keys that others can read protect nothing."""
    file = tmp_path / "new" / "keys.json"

    Vault.open(file)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_keys_that_others_can_read_are_refused_with_the_command_that_helps(tmp_path):
    """The administrator should not have to look anything up."""
    file = tmp_path / "keys.json"
    Vault.open(file)
    file.chmod(0o640)

    with pytest.raises(ConfigurationError, match=r"chmod 600"):
        Vault.open(file)


@pytest.mark.parametrize(
    "content", ["", "{}", '{"sealing": {}, "peppers": {}}', '{"sealing": {"a": "x"}, "peppers": 1}']
)
def test_a_damaged_key_file_is_never_replaced(tmp_path, content):
    """A new key would make everything sealed so far unreadable."""
    file = tmp_path / "keys.json"
    file.write_text(content)
    file.chmod(0o600)

    with pytest.raises(ConfigurationError):
        Vault.open(file)

    assert content == file.read_text()


def test_many_first_starts_at_once_agree_on_one_key(tmp_path):
    """Web processes and the delivery process start together."""
    file = tmp_path / "keys.json"
    hashes = []
    threads = [threading.Thread(target=lambda: hashes.append(Vault.open(file).keyed_hash("x", "y"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(hashes) == 8
    assert len(set(hashes)) == 1


def test_sealed_data_opens_in_its_own_place_only(vault):
    """A value copied to another row must not open there (row swap)."""
    sealed = vault.seal(b"secret", context="message.text:1")

    assert vault.unseal(sealed, context="message.text:1") == b"secret"
    with pytest.raises(SealBrokenError):
        vault.unseal(sealed, context="message.text:2")


@pytest.mark.parametrize("position", [0, 5, 20, -1])
def test_altered_data_does_not_open(vault, position):
    """AES-GCM refuses any change, the key id included."""
    sealed = bytearray(vault.seal(b"secret", context="x"))
    sealed[position] ^= 1

    with pytest.raises(SealBrokenError):
        vault.unseal(bytes(sealed), context="x")


@pytest.mark.parametrize("junk", [b"", b"1234", b"\0" * 16])
def test_junk_does_not_open(vault, junk):
    """Whatever stands in the column, the error is the same one."""
    with pytest.raises(SealBrokenError):
        vault.unseal(junk, context="x")


def test_what_was_sealed_or_hashed_under_an_old_key_still_opens_after_rotation():
    """A key is rotated while codes are on their way."""
    old = KeyRing.generate()
    new = KeyRing.generate()
    before = Vault(old, profile=HashingProfile.TESTS)
    after = Vault(KeyRing({**new.sealing, **old.sealing}, {**new.peppers, **old.peppers}), profile=HashingProfile.TESTS)
    sealed, digest = before.seal(b"x", context="c"), before.hash_code("challenge", "123456")

    assert after.unseal(sealed, context="c") == b"x"
    assert after.verify_code(digest, "challenge", "123456")
    assert before.keyed_hash("phone", "+15550101") == after.keyed_hash("phone", "+15550101")
    assert not before.verify_code(after.hash_code("challenge", "123456"), "challenge", "123456")


def test_a_code_is_bound_to_its_challenge(vault):
    """A digest copied into another challenge's row must not verify there."""
    digest = vault.hash_code("one", "123456")

    assert vault.verify_code(digest, "one", "123456")
    assert not vault.verify_code(digest, "two", "123456")
    assert not vault.verify_code(digest, "one", "123457")


def test_a_digest_without_the_pepper_says_nothing(vault):
    """A thief of the database has no pepper and cannot try the million codes."""
    stranger = Vault(KeyRing.generate(), profile=HashingProfile.TESTS)

    assert not stranger.verify_code(vault.hash_code("one", "123456"), "one", "123456")


def test_a_password_verifies_and_nobody_has_none(vault):
    """An unknown person costs the same work and is always refused."""
    digest = vault.hash_password("correct horse")

    assert vault.verify_password(digest, "correct horse")
    assert not vault.verify_password(digest, "wrong")
    assert not vault.verify_password(None, "correct horse")


@pytest.mark.parametrize("profile", HashingProfile)
def test_comparing_with_nothing_costs_what_comparing_with_something_costs(profile):
    """Else the time of an answer told who has no password; what stands for nothing is drawn and never hashed."""
    vault = Vault(KeyRing.generate(), profile=profile)
    codes, passwords = vault.hash_code("one", "123456"), vault.hash_password("correct horse")
    (pepper, _, code), (own_pepper, _, real) = vault.digest_of_no_code().partition("$"), codes.partition("$")

    assert pepper == own_pepper
    assert extract_parameters(f"${real}") == extract_parameters(f"${code}")
    assert extract_parameters(passwords) == extract_parameters(vault._nobody)
    assert not vault.verify_code(vault.digest_of_no_code(), "one", "123456")
    with pytest.raises(VerifyMismatchError):
        vault._password_hasher.verify(vault._nobody, "correct horse")


def test_codes_are_uniform_and_start_with_zero_now_and_then(vault):
    """NIST SP 800-63B-4, 3.1.3.2; chi-square with 9 degrees of freedom stays below its 99.99 % point."""
    codes = [vault.draw_digits(6) for _ in range(100_000)]
    for place in range(6):
        counts = Counter(code[place] for code in codes)
        chi = sum((counts[str(digit)] - 10_000) ** 2 / 10_000 for digit in range(10))
        assert chi < 33.7
    assert all(len(code) == 6 for code in codes)


def test_ids_sort_by_time_and_do_not_repeat(vault):
    """Ids are keys of indexes; later ones go to the end."""
    ids = [vault.new_id() for _ in range(1000)]

    assert len(set(ids)) == 1000
    assert [one[:12] for one in ids] == sorted(one[:12] for one in ids)


def test_hashing_beyond_the_slots_is_refused_in_time(monkeypatch):
    """A flood of guesses takes neither all memory nor all cores; the caller answers 503."""
    monkeypatch.setattr("authsms.foundation.vault.SLOT_WAIT_SECONDS", 0.05)
    vault = Vault(KeyRing.generate(), profile=HashingProfile.TESTS, slots=1)

    busy = threading.Event()
    vault._hashers.submit(busy.wait, 60)
    try:
        with pytest.raises(OverloadedError):
            vault.hash_code("one", "123456")
    finally:
        busy.set()


def test_hashing_is_done_in_the_order_of_arrival(monkeypatch):
    """Nobody who came later is served first; under load some would never be."""
    monkeypatch.setattr("authsms.foundation.vault.SLOT_WAIT_SECONDS", 60)
    vault = Vault(KeyRing.generate(), profile=HashingProfile.TESTS, slots=1)
    begun, busy, served = threading.Event(), threading.Event(), list[int]()

    def keep_busy() -> None:
        begun.set()
        busy.wait(60)

    def hash_one(number: int) -> None:
        vault._in_slot(lambda: served.append(number))

    vault._hashers.submit(keep_busy)
    assert begun.wait(30)
    with ThreadPoolExecutor(8) as callers:
        for number in range(8):
            callers.submit(hash_one, number)
            while vault._hashers._work_queue.qsize() <= number:
                time.sleep(0.001)
        busy.set()

    assert served == list(range(8))


def test_hashing_happens_in_as_few_threads_as_there_are_slots(monkeypatch):
    """The allocator keeps 19 MiB for each thread that has ever hashed; a server has dozens of threads."""
    monkeypatch.setattr("authsms.foundation.vault.SLOT_WAIT_SECONDS", 60)
    vault = Vault(KeyRing.generate(), profile=HashingProfile.TESTS, slots=2)
    with ThreadPoolExecutor(8) as callers:
        list(callers.map(lambda number: vault.hash_code("one", f"{number:06d}"), range(40)))

    assert 1 <= len(vault._hashers._threads) <= 2


def test_parts_of_a_keyed_hash_cannot_be_shifted(vault):
    """`ab`+`c` and `a`+`bc` are different things, and so are different purposes."""
    assert vault.keyed_hash("x", "ab", "c") != vault.keyed_hash("x", "a", "bc")
    assert vault.keyed_hash("x", "a") != vault.keyed_hash("y", "a")


def test_the_key_file_is_json_that_can_be_backed_up(tmp_path):
    """Operators copy it; it holds both kinds of key."""
    file = tmp_path / "keys.json"
    Vault.open(file)

    assert set(json.loads(file.read_text())) == {"sealing", "peppers"}
