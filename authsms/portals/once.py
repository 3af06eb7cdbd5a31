"""Makes a form that is sent twice act once: the second copy gets the answer of the first.

People double-click, and browsers repeat. The two copies agree in the browser's secret, in the form's own token (new
with every page) and in what was typed; a keyed hash of these is the key. Whoever inserts it works, the others wait
for the answer, also in another process. Retyping something else on the same page is another form.
"""

import json
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import cast

from flask import Response, make_response, redirect, request
from sqlalchemy import Table, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response as BaseResponse

from authsms.foundation.db import rowcount
from authsms.foundation.errors import OverloadedError
from authsms.portals.models import FormAnswer
from authsms.portals.services import services
from authsms.portals.session import browser_secret

_KEPT = timedelta(seconds=60)
_LONGEST_WAIT_SECONDS = 10
_PAUSE_SECONDS = 0.05
_SWEEP_MARK = "0"
"""First digit of the keys whose forms also sweep old rows out: one in sixteen, for all of them."""

# Built once: composing a statement costs more than running it.
_TABLE = cast("Table", FormAnswer.__table__)
_ROW = _TABLE.c
_INSERT = insert(_TABLE)
_SWEEP = delete(_TABLE).where(_ROW.expires_at < bindparam("now"))
_DELETE = delete(_TABLE).where(_ROW.key == bindparam("form"))
_UPDATE = update(_TABLE).where(_ROW.key == bindparam("form"), _ROW.answer.is_(None)).values(answer=bindparam("sealed"))
_RENEW = (
    update(_TABLE)
    .where(_ROW.key == bindparam("form"), _ROW.expires_at < bindparam("now"))
    .values(answer=None, expires_at=bindparam("until"))
)
_SELECT = select(_ROW.answer).where(_ROW.key == bindparam("form"), _ROW.expires_at >= bindparam("now"))


def answer_once(act: Callable[[], BaseResponse]) -> Response:
    """Return the redirect that *act* returns for the present form, or has returned for its twin.

    Raises:
        OverloadedError: The twin is still worked on; the same form may be sent again.
    """
    key = services().vault.keyed_hash("portals.form", browser_secret(), request.path, _content())
    if not _claim(key):
        return _replay(key)
    try:
        response = make_response(act())
    except BaseException:
        _release(key)
        raise
    _store(key, response)
    return response


def _content() -> str:
    return json.dumps([[name, values] for name, values in sorted(request.form.lists())])


def _claim(key: str) -> bool:
    now = services().clock.now()
    try:
        if key.startswith(_SWEEP_MARK):
            _sweep(now)
        with services().database.jot_one() as connection:
            connection.execute(_INSERT, {"key": key, "answer": None, "expires_at": now + _KEPT})
    except IntegrityError:
        return _take_over(key, now)
    return True


def _sweep(now: datetime) -> None:
    """Delete what is over; one form in a few does it for all."""
    with services().database.jot_one() as connection:
        connection.execute(_SWEEP, {"now": now})


def _take_over(key: str, now: datetime) -> bool:
    """Claim a row that is there but too old to count."""
    with services().database.jot_one() as connection:
        taken = connection.execute(_RENEW, {"form": key, "now": now, "until": now + _KEPT})
    return rowcount(taken) == 1


def _release(key: str) -> None:
    with services().database.jot_one() as connection:
        connection.execute(_DELETE, {"form": key})


def _store(key: str, response: Response) -> None:
    document = {"location": response.location, "cookies": response.headers.getlist("Set-Cookie")}
    sealed = services().vault.seal(json.dumps(document).encode(), context=f"form_answer.answer:{key}")
    with services().database.jot_one() as connection:
        connection.execute(_UPDATE, {"form": key, "sealed": sealed})


def _replay(key: str) -> Response:
    deadline = time.monotonic() + _LONGEST_WAIT_SECONDS
    while time.monotonic() < deadline:
        with services().database.read() as session:
            row = session.connection().execute(_SELECT, {"form": key, "now": services().clock.now()}).one_or_none()
        if row is not None and row.answer is not None:
            return _unpack(services().vault.unseal(row.answer, context=f"form_answer.answer:{key}"))
        time.sleep(_PAUSE_SECONDS)
    raise OverloadedError("The first copy of this form is still worked on.")


def _unpack(plain: bytes) -> Response:
    document = json.loads(plain)
    response = make_response(redirect(document["location"], code=303))
    for cookie in document["cookies"]:
        response.headers.add("Set-Cookie", cookie)
    return response
