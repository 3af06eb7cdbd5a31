"""The text that carries a code: the administrator's template, filled in, and tied to our website."""

import math
from collections.abc import Callable
from typing import Protocol

from authsms.logon.methods.base import LogonView
from authsms.otp.challenge import NewChallenge
from authsms.senders.contract import Purpose
from authsms.senders.text import Template, TextValues, origin_host, render

_MINUTE_SECONDS = 60


class Templates(Protocol):
    """Where templates come from; `authsms.senders.service.SenderPolicyService` is the real one."""

    def templates(self, purpose: Purpose) -> Callable[[str], Template]:
        """Return what finds the template for a purpose in a language, or in the nearest one there is."""


class CodeTexts:
    """Composes texts with codes.

    Args:
        templates: Where templates come from.
        public_url: The address of the login pages; browsers fill a code in there only.
    """

    def __init__(self, templates: Templates, public_url: str) -> None:
        self._templates = templates
        self._host = origin_host(public_url)

    def compose(self, logon: LogonView, new: NewChallenge) -> Callable[[str], str]:
        """Return what writes the text that takes *new* to a person, from the language he keeps, or an empty one.

        All that has to be looked up is looked up now; the text may be written within a transaction.
        """
        lifetime = new.expires_at - new.issued_at
        values = TextValues(
            otp=new.code,
            user=logon.subject.login,
            event=logon.event_title,
            endpoint=logon.endpoint or logon.event_title,
            minutes=math.ceil(lifetime.total_seconds() / _MINUTE_SECONDS),
        )
        templates = self._templates.templates(Purpose.AUTHENTICATION)
        return lambda kept: render(templates(logon.client.speaks(kept)), values, host=self._host)
