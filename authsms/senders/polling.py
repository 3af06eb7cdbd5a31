"""Reports that are fetched: for providers that keep them until somebody asks, or that cannot call this server.

A provider hands out the same reports until they are confirmed. They are confirmed after they are stored, so that a
crash in between brings them once more instead of losing them; storing them twice changes nothing.
"""

import json
import re
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import final

from authsms.foundation.logs import get_logger
from authsms.senders.classification import bounded
from authsms.senders.contract import UNREADABLE, SenderService
from authsms.senders.exchange import JsonValue, ProviderAnswer, ProviderRequest, value_at
from authsms.senders.webhook import Receipt

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Polled:
    """What a provider has kept for us.

    Attributes:
        reports: What it says, in its order.
        handles: What to repeat to the provider once that is stored; also of reports that said nothing to us.
        has_more: Whether more waits there.
    """

    reports: tuple[Receipt, ...] = field(default=(), repr=False)
    handles: tuple[str, ...] = field(default=(), repr=False)
    has_more: bool = False


class PollingService(SenderService):
    """A provider whose reports can be fetched; it says `reports_request`, `read_polled` and `confirm_request`."""

    @property
    def is_polled(self) -> bool:
        """Whether this account's reports are fetched, rather than sent to us."""
        return True

    @abstractmethod
    def reports_request(self) -> ProviderRequest:
        """Return the request that fetches a page of reports."""

    @abstractmethod
    def read_polled(self, answer: ProviderAnswer) -> Polled:
        """Return what a successful *answer* to `reports_request` holds; raise `ValueError` when it is none."""

    @abstractmethod
    def confirm_request(self, handles: Sequence[str]) -> ProviderRequest:
        """Return the request after which the provider forgets what *handles* name."""

    @final
    def poll(self) -> Polled | None:
        """Fetch what waits, or return None when the provider did not answer as it should; that is logged."""
        reply = self._transport.send(self.reports_request())
        if not isinstance(reply, ProviderAnswer) or not reply.is_success:
            self._report("sender.poll_failed", reply)
            return None
        try:
            polled = self.read_polled(reply)
        except UNREADABLE:
            self._report("sender.poll_unreadable", reply)
            return None
        sound = (bounded(report) for report in polled.reports)
        return Polled(tuple(one for one in sound if isinstance(one, Receipt)), polled.handles, polled.has_more)

    @final
    def confirm(self, polled: Polled) -> bool:
        """Let the provider forget what was *polled* and is stored; return False when that failed."""
        reply = self._transport.send(self.confirm_request(polled.handles))
        is_done = isinstance(reply, ProviderAnswer) and reply.is_success
        if not is_done:
            self._report("sender.confirm_failed", reply)
        return is_done

    def _report(self, event: str, reply: object) -> None:
        reason = f"http_{reply.status}" if isinstance(reply, ProviderAnswer) else getattr(reply, "code", "")
        _log.warning(event, kind=self.key, reason=reason)


def whole_items(answer: ProviderAnswer, name: str) -> Iterator[JsonValue]:
    """Yield the items of the list *name* of a JSON answer.

    Of an answer that is longer than we read, those before the cut: once they are confirmed, the others come.

    Raises:
        ValueError: There is no such list.
    """
    if answer.is_whole:
        found = value_at(answer.json_value(), name)
        if not isinstance(found, list):
            raise ValueError("no such list")
        yield from found
        return
    start = re.match(rf'\{{\s*"{re.escape(name)}"\s*:\s*\[\s*', text := answer.text().lstrip())
    if start is None:
        raise ValueError("no such list")
    rest, decoder = text[start.end() :], json.JSONDecoder()
    while True:
        try:
            value, end = decoder.raw_decode(rest)
        except ValueError:
            return
        yield value
        rest = rest[end:].lstrip(", \t\r\n")
