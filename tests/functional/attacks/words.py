"""What a page says, without what differs from one time to the next."""

import re

from tests.functional.visitor import Answer

_CHANGING = (
    (re.compile(r'(name="csrf_token"[^>]*value=")[^"]*'), r"\1"),
    (re.compile(r"\b[0-9a-f]{32}\b"), "ID"),
    (re.compile(r'(data-countdown=")\d+(">)[\d:]+'), r"\1\2"),
    (re.compile(r"(•+)\d\d"), r"\1"),
    (re.compile(r"(ending in )\d\d"), r"\1"),
    (re.compile(r'(<input id="user_name"[^>]*value=")[^"]*'), r"\1"),
)
_CHANGING_HEADERS = frozenset({"date", "x-request-id", "content-length", "set-cookie", "location"})


def announcement(page: Answer) -> str:
    """Return the sentence at the top of a page, or nothing."""
    return page.text.partition('id="announcement"')[2].partition("</p>")[0].partition("<span>")[2].partition("<")[0]


def unchanging(page: Answer) -> str:
    """Return a page without tokens, ids, countdowns, the typed name and the digits of a mask."""
    text = page.text
    for pattern, replacement in _CHANGING:
        text = pattern.sub(replacement, text)
    return text


def outline(answer: Answer) -> tuple[object, ...]:
    """Return what an outsider can compare of an answer: status, headers, cookies by name and length, page, target."""
    headers = sorted((name.lower(), value) for name, value in answer.headers if name.lower() not in _CHANGING_HEADERS)
    cookies = sorted(_cookie(each) for each in answer.set_cookies)
    return answer.status, headers, cookies, re.sub("[0-9a-f]{32}", "ID", answer.location), unchanging(answer)


def _cookie(line: str) -> tuple[str, int, str]:
    pair, _, rest = line.partition(";")
    name, _, value = pair.partition("=")
    return re.sub("[0-9a-f]{32}", "ID", name), len(value), re.sub("expires=[^;]*", "expires", rest, flags=re.IGNORECASE)
