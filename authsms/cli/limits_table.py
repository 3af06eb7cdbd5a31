"""The table of limits in the README: every one there is, with the value it has in the code."""

from datetime import timedelta

from authsms import app
from authsms.administration import senders_trials
from authsms.cli.reference import table
from authsms.cli.senders import TESTS
from authsms.foundation.limits import Rate
from authsms.foundation.sections import OtpSettings, ServerSettings, SessionSettings, SmsSettings
from authsms.foundation.vault import SLOT_WAIT_SECONDS
from authsms.logon import (
    endpoint_sessions,
    guesses,
    holder,
    machine,
    own_app,
    own_codes,
    own_number,
    own_passkeys,
    passkeys,
    processes,
)
from authsms.otp import engine
from authsms.protocols.oidc import families, identity_tokens, request_store, tokens

_UNITS = (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1)))


def limits_table() -> str:
    """Return what is limited, to how much, what happens then, and which setting changes it."""
    rows = [*_codes(), *_passwords(), *_texts(), *_sessions(), *_machinery()]
    return table(("what", "limit", "beyond it", "setting"), rows)


def _codes() -> list[tuple[str, ...]]:
    otp = OtpSettings()
    ladder = f"{_words(engine.FIRST_HOLD)}, doubling up to {_words(engine.LONGEST_HOLD)}"
    return [
        ("life of a code", _words(otp.lifetime), "refused, and its text is not sent", "`otp.lifetime_seconds`"),
        ("tries of one code", f"{otp.attempts}", "refused without looking", "`otp.attempts`"),
        ("use of a code", "once", "refused", ""),
        (
            "wrong codes of one person in a row; neither a new code nor another session resets it",
            f"{otp.hold_after}",
            f"each further try waits: {ladder}",
            "`otp.hold_after`",
        ),
        ("the same", f"{otp.failure_cap}", "codes are disabled until `authsms people rebind`", "`otp.failure_cap`"),
    ]


def _passwords() -> list[tuple[str, ...]]:
    return [
        ("password guesses at one person from one address", _rate(guesses.GUESSES_AT_ONE), "429, not checked", ""),
        ("password guesses from one address", _rate(guesses.GUESSES_FROM_ONE), "429, not checked", ""),
        ("wrong answers in one logon process", f"{machine.MOST_FAILURES}", "the process ends", ""),
    ]


def _texts() -> list[tuple[str, ...]]:
    sms = SmsSettings()
    pause = f"{_words(timedelta(seconds=sms.resend_seconds))}, doubling"
    kept = "the page says when; a code that is out stays good"
    return [
        ("wait before another code", pause, kept, "`sms.resend_seconds`"),
        (
            "codes to one number, and to one person",
            f"{sms.per_ten_minutes} in 10 minutes",
            kept,
            "`sms.per_ten_minutes`",
        ),
        ("the same", f"{sms.per_day} in a day", kept, "`sms.per_day`"),
        (
            "a number that was changed in a directory",
            f"{sms.number_change_hours} hours",
            "nothing is sent to it before",
            "`sms.number_change_hours`",
        ),
        ("countries that are texted", "all", "nothing is sent; the page looks the same", "`sms.countries`"),
        ("`authsms send-test`", f"{TESTS} in an hour", "refused", ""),
        ("tests by one administrator in the portal", _rate(senders_trials.OF_ONE), "the page says when", ""),
        ("tests by all administrators in the portal", _rate(senders_trials.OF_ALL), "the page says when", ""),
    ]


def _sessions() -> list[tuple[str, ...]]:
    sessions = SessionSettings()
    return [
        ("a logon process", _words(processes.LIFETIME), "start again", ""),
        ("a login session without use", _words(sessions.idle), "sign in again", "`sessions.idle_seconds`"),
        ("any login session", _words(sessions.absolute), "sign in again", "`sessions.absolute_seconds`"),
        ("a sign-in that allows to change one's ways to sign in", _words(holder.PROOF_LASTS), "sign in again", ""),
        ("secrets drawn for one person's app", _rate(own_app.DRAWS), "the page says when", ""),
        ("sheets of recovery codes made by one person", _rate(own_codes.SHEETS), "the page says when", ""),
        ("passkeys of one person", str(passkeys.MOST), "the page says so", ""),
        ("new passkeys that one person's browser sends", _rate(own_passkeys.TRIES), "the page says when", ""),
        ("codes of a token that counts, beyond the expected one", f"{engine.LOOK_AHEAD} ahead", "refused", ""),
        ("the same, when two in a row are typed", f"{engine.RESYNCHRONISED_AHEAD} ahead", "refused", ""),
        ("codes one person has sent to a new number", _rate(own_number.CODES), "the page says when", ""),
        ("codes one person tries on the page of his app", _rate(own_app.TRIALS), "the page says when", ""),
        ("an endpoint session (REST)", f"{_words(endpoint_sessions.LIFETIME)}, each salt once", "401, or 403", ""),
        ("a pushed request", f"{_words(request_store.PUSHED_LIFETIME)}, once", "a page says to start again", ""),
        ("an authorization code", f"{_words(tokens.CODE_LIFETIME)}, once", "refused; used twice, its tokens end", ""),
        ("an ID token", _words(timedelta(seconds=identity_tokens.ID_TOKEN_SECONDS)), "expired", ""),
        ("an access token", f"{_words(tokens.TOKEN_LIFETIME)}, and its login session", "refused", ""),
        ("a refresh token", f"{_words(families.UNUSED_LIFETIME)}, once", "refused; used twice, all its tokens end", ""),
        ("everything from one `offline_access`", _words(sessions.offline), "sign in again", "`sessions.offline_days`"),
    ]


def _machinery() -> list[tuple[str, ...]]:
    server = ServerSettings()
    flood = f"{server.requests_per_minute} in a minute, each process"
    return [
        ("requests from one address", flood, "429", "`server.requests_per_minute`"),
        ("size of a request", f"{app.LARGEST_BODY // 1024} KiB", "413", ""),
        ("hashing at once", "one call a core", f"503 after waiting {SLOT_WAIT_SECONDS:g} seconds", ""),
    ]


def _rate(rate: Rate) -> str:
    return f"{rate.count} in {_words(rate.per)}"


def _words(span: timedelta) -> str:
    for name, unit in _UNITS:
        if span >= unit and not span % unit:
            count = span // unit
            return f"{count} {name}{'s' if count > 1 else ''}"
    return f"{span.total_seconds():g} seconds"
