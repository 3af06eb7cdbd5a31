"""Makes a form that is sent twice act once: the second copy gets the answer of the first.

People double-click, and browsers repeat. The two copies agree in the browser's secret, in the form's own token (new
with every page) and in what was typed; a keyed hash of these is the key. Whoever inserts it works, the others wait
for the answer, also in another process. Retyping something else on the same page is another form.
"""

import json
import time
from collections.abc import Callable
from datetime import timedelta

from flask import Response, make_response, redirect, request
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response as BaseResponse

from authsms.foundation.errors import OverloadedError
from authsms.portals.models import FormAnswer
from authsms.portals.services import services
from authsms.portals.session import browser_secret

_KEPT = timedelta(seconds=60)
_LONGEST_WAIT_SECONDS = 10
_PAUSE_SECONDS = 0.05


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
        with services().database.write() as session:
            session.execute(delete(FormAnswer).where(FormAnswer.expires_at < now))
            session.execute(insert(FormAnswer).values(key=key, answer=None, expires_at=now + _KEPT))
    except IntegrityError:
        return False
    return True


def _release(key: str) -> None:
    with services().database.write() as session:
        session.execute(delete(FormAnswer).where(FormAnswer.key == key))


def _store(key: str, response: Response) -> None:
    document = {"location": response.location, "cookies": response.headers.getlist("Set-Cookie")}
    sealed = services().vault.seal(json.dumps(document).encode(), context=f"form_answer.answer:{key}")
    with services().database.write() as session:
        session.execute(update(FormAnswer).where(FormAnswer.key == key).values(answer=sealed))


def _replay(key: str) -> Response:
    deadline = time.monotonic() + _LONGEST_WAIT_SECONDS
    while time.monotonic() < deadline:
        with services().database.read() as session:
            sealed = session.scalars(select(FormAnswer.answer).where(FormAnswer.key == key)).one_or_none()
        if sealed is not None:
            return _unpack(services().vault.unseal(sealed, context=f"form_answer.answer:{key}"))
        time.sleep(_PAUSE_SECONDS)
    raise OverloadedError("The first copy of this form is still worked on.")


def _unpack(plain: bytes) -> Response:
    document = json.loads(plain)
    response = make_response(redirect(document["location"], code=303))
    for cookie in document["cookies"]:
        response.headers.add("Set-Cookie", cookie)
    return response
