"""What people read in the window of a VPN client or of SSH: one short line, in the language of the device."""

from collections.abc import Sequence
from typing import Final

from authsms.logon.machine import Asks, MessageKey
from authsms.logon.steps import ChainChoice

_LONGEST_LIST: Final = 180
"""In bytes: with the words around it, what one attribute of RADIUS holds."""
_NEW: Final = frozenset({"", "new", "neu"})
_SENTENCES: Final = {
    "en": {
        "code": "Enter the code we sent to {masked} (or type new to get another one):",
        "own_code": "Enter your code:",
        "password": "Password:",
        "emergency": "Emergency password:",
        "recovery": "Enter one of your recovery codes:",
        "chain": "How do you want to sign in? Enter a number: {ways}",
        "own_separate": "Sign in again with your password, a comma and your code.",
        "separate": "We sent a code to {masked}. Sign in again with your password, a comma and the code.",
        "accepted": "You are signed in.",
        "wrong": "That was not right.",
        "held": "There were too many wrong codes. Please wait a little.",
        "wait": "A new code cannot be sent yet. Please wait a moment.",
        "disabled": "This way of signing in is switched off for you. Please ask your help desk.",
        "number": "Your phone number was changed a short time ago. Please ask your help desk.",
        "missing": "This way of signing in is not set up for you yet. Please ask your help desk.",
        "browser": "Signing in here takes a browser. Please ask your help desk.",
        "overdue": "Your password must be changed first, on a web page or with the help desk.",
        "refused": "User name, password or code is not right.",
        "over": "That took too long. Please sign in again.",
        "limited": "There were too many tries. Please wait {minutes} min.",
    },
    "de": {
        "code": "Code eingeben, den wir an {masked} geschickt haben (oder neu für einen anderen):",
        "own_code": "Code eingeben:",
        "password": "Passwort:",
        "emergency": "Notfallpasswort:",
        "recovery": "Einen Ihrer Wiederherstellungscodes eingeben:",
        "chain": "Wie wollen Sie sich anmelden? Nummer eingeben: {ways}",
        "own_separate": "Bitte noch einmal anmelden: Passwort, Komma, Code.",
        "separate": "Ein Code ging an {masked}. Bitte noch einmal anmelden: Passwort, Komma, Code.",
        "accepted": "Sie sind angemeldet.",
        "wrong": "Das war nicht richtig.",
        "held": "Es gab zu viele falsche Codes. Bitte kurz warten.",
        "wait": "Ein neuer Code kann noch nicht gesendet werden. Bitte einen Moment warten.",
        "disabled": "Diese Art der Anmeldung ist für Sie abgeschaltet. Bitte wenden Sie sich an den Helpdesk.",
        "number": "Ihre Telefonnummer wurde vor kurzem geändert. Bitte wenden Sie sich an den Helpdesk.",
        "missing": "Diese Art der Anmeldung ist für Sie noch nicht eingerichtet. Bitte fragen Sie den Helpdesk.",
        "browser": "Diese Anmeldung geht nur im Browser. Bitte wenden Sie sich an den Helpdesk.",
        "overdue": "Ihr Passwort muss zuerst geändert werden, im Browser oder mit dem Helpdesk.",
        "refused": "Benutzername, Passwort oder Code ist nicht richtig.",
        "over": "Das hat zu lange gedauert. Bitte noch einmal anmelden.",
        "limited": "Es gab zu viele Versuche. Bitte {minutes} min warten.",
    },
}
_BEFORE_THE_QUESTION: Final[dict[str, str]] = {
    MessageKey.WRONG_PASSWORD: "wrong",
    MessageKey.CODE_REFUSED: "wrong",
    MessageKey.CODE_MALFORMED: "wrong",
    "app.refused": "wrong",
    MessageKey.HOTP_REFUSED: "wrong",
    MessageKey.PLUGGED_REFUSED: "wrong",
    MessageKey.EMERGENCY_REFUSED: "wrong",
    MessageKey.RECOVERY_REFUSED: "wrong",
    MessageKey.RECOVERY_MALFORMED: "wrong",
    MessageKey.CODE_HELD: "held",
    MessageKey.CODE_WAIT: "wait",
    MessageKey.CHAIN_UNKNOWN: "wrong",
}
_ENDINGS: Final[dict[str, str]] = {
    MessageKey.PASSWORD_ELSEWHERE: "overdue",
    MessageKey.METHOD_DISABLED: "disabled",
    MessageKey.NUMBER_HELD: "number",
    "app.not-set-up": "missing",
    MessageKey.HOTP_MISSING: "missing",
    MessageKey.PLUGGED_MISSING: "missing",
    MessageKey.EMERGENCY_MISSING: "missing",
    MessageKey.RECOVERY_MISSING: "missing",
}


def ending(key: MessageKey) -> str:
    """Return what to say, as a word for `say`, when no answer would help any more; empty while one would."""
    return _ENDINGS.get(key, "")


def wants_another(answer: str) -> bool:
    """Return whether somebody who was asked for a code wants a new one instead."""
    return answer.strip().casefold() in _NEW


def say(word: str, locale: str, **facts: object) -> str:
    """Return one of the sentences."""
    return _SENTENCES[locale if locale in _SENTENCES else "en"][word].format(**facts)


def question(asks: Asks, key: MessageKey, locale: str, *, is_separate: bool, ways: Sequence[ChainChoice] = ()) -> str:
    """Return what to ask, behind what was wrong or has to be waited for.

    Args:
        asks: The open question.
        key: What the logon service says.
        locale: Language of the device.
        is_separate: The device cannot show a second question, so the answer comes with the next login.
        ways: The chains that may be taken.
    """
    word = "separate" if is_separate else asks.prompt.value
    if word in {"separate", "code"} and not asks.masked:
        word = f"own_{word}"
    parts = [say(_BEFORE_THE_QUESTION[key], locale)] if key in _BEFORE_THE_QUESTION else []
    # Devices show what is no ASCII as anything but what it is.
    masked = "".join(m if m.isascii() else "*" for m in asks.masked)
    return " ".join([*parts, say(word, locale, masked=masked, ways=_ways(ways))])


def _ways(chains: Sequence[ChainChoice]) -> str:
    """Return the chains with their numbers, by their titles, or by their names where those would not fit."""
    titles, names = (
        ", ".join(f"{place} {told}" for place, told in enumerate(told_by, 1))
        for told_by in ([chain.title for chain in chains], [chain.name for chain in chains])
    )
    return titles if len(titles.encode()) <= _LONGEST_LIST else names
