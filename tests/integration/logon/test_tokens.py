"""Tokens that were bought: given by a file, asked for at the sign-in, and brought into step again."""

import base64
import hashlib

import pyotp
import pytest
from click.testing import CliRunner

from authsms.audit import AuditTag
from authsms.cli import commands
from authsms.foundation.db import Database
from authsms.foundation.errors import TooManyRequestsError
from authsms.identity.drafts import PersonDraft
from authsms.identity.imports import ImportRefusedError
from authsms.identity.local_people import LocalPeople
from authsms.logon.enrollment import HOTP
from authsms.logon.holder import Holder
from authsms.logon.machine import MessageKey, Status
from authsms.logon.methods.totp import TOTP
from authsms.logon.own_app import Verdict
from authsms.logon.tokens import Spelling, read_tokens
from tests.integration.logon.house import HERE
from tests.integration.logon.keyring import ALICE_KEY, holder, own_token, token_import
from tests.integration.otp.racing import at_once

SEED = bytes(range(20))
HEX = SEED.hex()
HEAD = "serial,seed,user"


@pytest.fixture
def database(sqlite_database_url):
    """One kind of database: the statements are those of apps, which are tried on both."""
    opened = Database(sqlite_database_url)
    yield opened
    opened.dispose()


def take(house, *lines, method=HOTP, spelling=Spelling.HEX):
    """Import a file with these lines."""
    return token_import(house).run("\n".join([HEAD, *lines]).encode(), method, spelling)


def given(house):
    """Give alice a token; return it."""
    assert 1 == take(house, f"T-1,{HEX},alice").given
    return pyotp.HOTP(base64.b32encode(SEED).decode())


def at_token(house):
    """Pass the password and choose the token."""
    return house.logon.choose(house.at_code().ticket, "directory-hotp", HERE)


def answer(house, code):
    """Log in with a code."""
    return house.logon.answer(at_token(house).ticket, {"code": code}, HERE)


def test_a_token_lets_in_and_each_code_once(house):
    """R-05: strictly greater; codes that were skipped are gone, too."""
    token = given(house)
    done = answer(house, token.at(3))
    again = [answer(house, token.at(count)).message_key for count in (3, 2)]

    assert Status.OK is done.status
    assert ("pwd", "otp") == house.sessions.find(done.session_token).methods
    assert [MessageKey.HOTP_REFUSED] * 2 == again
    assert Status.OK is answer(house, token.at(4)).status


def test_of_many_right_codes_at_once_one_is_taken(house):
    """ATK-05: in several logins of the same person."""
    token = given(house)
    steps = iter([at_token(house) for _ in range(4)])
    code = token.at(0)
    outcomes = at_once(4, lambda: house.logon.answer(next(steps).ticket, {"code": code}, HERE).status)

    assert 1 == outcomes.count(Status.OK)


def test_two_codes_in_a_row_bring_a_token_into_step(house):
    """R-04: one code is looked for a little ahead, two a lot; both are used up."""
    token = given(house)
    alone = answer(house, token.at(300))
    apart = own_token(house).synchronise(holder(), token.at(300), token.at(302))
    right = own_token(house).synchronise(holder(), token.at(300), f" {token.at(301)[:3]} {token.at(301)[3:]}")
    again = own_token(house).synchronise(holder(), token.at(300), token.at(301))

    assert MessageKey.HOTP_REFUSED is alone.message_key
    assert [Verdict.WRONG, Verdict.RIGHT, Verdict.WRONG] == [apart, right, again]
    assert MessageKey.HOTP_REFUSED is answer(house, token.at(301)).message_key
    assert Status.OK is answer(house, token.at(302)).status
    assert AuditTag.METHOD_SYNCHRONISED in house.tags()


def test_tries_at_bringing_it_into_step_are_charged(house):
    """To the counter of the sign-in, before they are compared."""
    token = given(house)
    for _ in range(house.otp.hold_after):
        own_token(house).synchronise(holder(), "000000", "000000")

    with pytest.raises(TooManyRequestsError):
        own_token(house).synchronise(holder(), token.at(0), token.at(1))
    assert MessageKey.CODE_HELD is answer(house, token.at(0)).message_key


def test_whoever_has_no_token_has_nothing_to_bring_into_step(house):
    """And a slip is no try."""
    given(house)
    nina = Holder("corp:id-nina", "nina", "web", "", holder().proof_age, is_two_factors=True)

    assert Verdict.OVER is own_token(house).synchronise(nina, "123456", "234567")
    assert Verdict.MALFORMED is own_token(house).synchronise(holder(), "123456", "")
    assert own_token(house).view(nina) is None
    assert "T-1" == own_token(house).view(holder()).serial


def test_totp_tokens_are_given_like_apps(house):
    """Their owner is told, the seed is sealed, and an app that waits for its first code makes room."""
    with house.database.write() as session:
        house.enrollments.draw(session, ALICE_KEY, TOTP, "alice")
    report = take(house, f"C-9,{base64.b32encode(SEED).decode().lower()},alice", method=TOTP, spelling=Spelling.BASE32)
    step = house.logon.choose(house.at_code().ticket, "directory-totp", HERE)
    code = pyotp.TOTP(base64.b32encode(SEED).decode()).at(house.clock.now())

    assert 1 == report.given
    assert Status.OK is house.logon.answer(step.ticket, {"code": code}, HERE).status
    assert any("token was assigned" in draft.text for draft in house.sent)
    assert AuditTag.METHOD_ASSIGNED in house.tags()
    assert repr(SEED)[2:-1] not in house.dump()
    assert HEX not in house.dump()


def test_what_somebody_has_stays(house):
    """Neither his token nor anybody else's is given twice."""
    given(house)
    report = take(house, f"T-1,{HEX},nina", f"T-2,{HEX},alice", f"T-3,{HEX},nina")

    assert 1 == report.given
    assert [2, 3] == [problem.line for problem in report.refused]


def test_a_new_token_is_not_switched_off_for_the_old_one(house):
    """Whatever wrong codes there were belonged to another seed."""
    for _ in range(house.otp.failure_cap):
        with house.database.write() as session:
            house.challenges.failures.add(session, ALICE_KEY, HOTP)
        house.wait(3700)
    token = given(house)

    assert Status.OK is answer(house, token.at(0)).status


def test_a_token_that_was_used_before_begins_at_its_counter(house):
    """Its used codes stay used, and a token far on need not be brought into step."""
    file = f"serial,seed,user,counter\nT-1,{HEX},alice, 2000\nT-2,{HEX},nina,".encode()
    report = token_import(house).run(file, HOTP, Spelling.HEX)
    token = pyotp.HOTP(base64.b32encode(SEED).decode())

    assert 2 == report.given
    assert MessageKey.HOTP_REFUSED is answer(house, token.at(1999)).message_key
    assert Status.OK is answer(house, token.at(2000)).status


@pytest.mark.parametrize(
    ("method", "counter", "told"),
    [
        (HOTP, "-1", "counter: digits"),
        (HOTP, "1" * 10, "counter: digits"),
        (HOTP, "\u0661", "counter: digits"),
        (TOTP, "7", "counter: only tokens that count"),
    ],
    ids=["negative", "large", "other digits", "clock"],
)
def test_a_wrong_counter_is_named(house, method, counter, told):
    """Before anything is written."""
    file = f"serial,seed,user,counter\nT-1,{HEX},alice,{counter}".encode()
    with pytest.raises(ImportRefusedError) as refused:
        token_import(house).run(file, method, Spelling.HEX)

    assert f"line 2: {told}" in str(refused.value)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("T-1,0102,alice", "seed: it has 16 bits"),
        (f"T-1,{'0' * 200},alice", "seed: it has 800 bits"),
        ("T-1,not a seed at all,alice", "seed: it is not written in hex"),
        (f"T-1,{HEX},", "user: it is missing"),
        (f"T-1,{HEX},mallory", "user: nobody has this user name"),
        (f"<b>,{HEX},alice", "serial: "),
        (f"T-1,{HEX}", "2 fields instead of 3"),
        (f'T-1,"{HEX},alice', "this is no line of CSV"),
    ],
    ids=["short", "long", "spelling", "nobody", "stranger", "serial", "fields", "quote"],
)
def test_a_wrong_line_is_named_and_nothing_is_written(house, line, told):
    """All of them at once, and never with the seed."""
    with pytest.raises(ImportRefusedError) as refused:
        take(house, f"T-0,{HEX},alice", line)

    assert told in str(refused.value)
    assert "line 3" in str(refused.value)
    assert HEX not in str(refused.value)
    assert own_token(house).view(holder()) is None


WIDE = "serial,seed,user,digits,algorithm"


@pytest.mark.parametrize(("algorithm", "digest"), [("SHA-256", hashlib.sha256), ("hmacsha512", hashlib.sha512)])
def test_tokens_of_eight_digits_and_other_hash_functions_are_taken(house, algorithm, digest):
    """The page asks for as many digits as the token shows, once the password was right."""
    file = f"{WIDE}\nT-1,{HEX},alice,8,{algorithm}\nT-2,{HEX},nina,,"
    token_import(house).run(file.encode(), TOTP, Spelling.HEX)
    seed = base64.b32encode(SEED).decode()
    token, common = pyotp.TOTP(seed, digits=8, digest=digest), pyotp.TOTP(seed)
    step = house.logon.choose(house.at_code().ticket, "directory-totp", HERE)
    short = house.logon.answer(step.ticket, {"code": token.at(house.clock.now())[2:]}, HERE)
    done = house.logon.answer(step.ticket, {"code": token.at(house.clock.now())}, HERE)
    other = house.logon.choose(house.at_code("nina").ticket, "directory-totp", HERE)

    assert (8, MessageKey.CODE_MALFORMED) == (step.asks.length, short.message_key)
    assert done.status is Status.OK
    assert 6 == other.asks.length
    assert house.logon.answer(other.ticket, {"code": common.at(house.clock.now())}, HERE).status is Status.OK


def test_a_token_of_eight_digits_is_brought_into_step(house):
    """Two codes in a row, with the token's own function; six digits of them are not enough."""
    token_import(house).run(f"{WIDE}\nT-1,{HEX},alice,8,SHA256".encode(), HOTP, Spelling.HEX)
    token = pyotp.HOTP(base64.b32encode(SEED).decode(), digits=8, digest=hashlib.sha256)
    service = own_token(house)

    assert Verdict.WRONG is service.synchronise(holder(), token.at(300)[2:], token.at(301)[2:])
    assert Verdict.RIGHT is service.synchronise(holder(), token.at(300), token.at(301))
    assert Status.OK is answer(house, token.at(302)).status


@pytest.mark.parametrize(("cells", "told"), [("7,", "digits: 6 or 8"), ("8,MD5", "algorithm: SHA1, SHA256, SHA512")])
def test_what_no_token_does_is_refused(house, cells, told):
    """Before anything is written."""
    with pytest.raises(ImportRefusedError) as refused:
        token_import(house).run(f"{WIDE}\nT-1,{HEX},alice,{cells}".encode(), TOTP, Spelling.HEX)

    assert told in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"serial;seed;user", b"\xff\xfe", b"serial,seed,user\n"])
def test_a_file_of_another_kind_is_refused(content):
    """With the line at fault."""
    found, problems = read_tokens(content, Spelling.HEX)

    assert [] == found
    assert [1] == [problem.line for problem in problems]


def test_the_command_takes_a_file(sqlite_database_url, instance, monkeypatch, house):
    """As an operator types it; who could not be given one makes it fail."""
    monkeypatch.setenv("AUTHSMS_INSTANCE", str(instance))
    monkeypatch.setenv("AUTHSMS_ENVIRONMENT", "development")
    monkeypatch.setenv("AUTHSMS_DATABASE__URL", sqlite_database_url)
    emma = LocalPeople(house.database, house.vault, house.clock).create(PersonDraft("emma", "Emma", ()))
    file = instance / "tokens.csv"
    file.write_text(f"{HEAD}\nT-1,{HEX},emma\n")
    command = ["token", "import", str(file), "--kind", "hotp"]
    taken, again = (CliRunner().invoke(commands, command) for _ in range(2))

    assert (0, True) == (taken.exit_code, "1 given." in taken.output)
    assert (1, True) == (again.exit_code, "line 2: serial: somebody has this token already" in again.output)
    assert HOTP in house.enrollments.ready(emma.key)
