"""What a simulated provider is: its routes, its errors, its receipts; and what all of them share.

A provider's module says what differs: how a submission is read and checked, how success and errors look, what is
reported later and how a reply is handed over. Faults, phones and posting are the same for all and live here.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import ClassVar, final

from flask import Blueprint, Response, request

from authsms.foundation.clock import Clock
from authsms.simulator.config import SimulatorConfig
from authsms.simulator.faults import Fault, FaultBook, FaultKind
from authsms.simulator.phones import PhoneBook, Text
from authsms.simulator.postman import Callback, Postman
from authsms.simulator.wire import ORDER_KEY


@dataclass(frozen=True, slots=True)
class Network:
    """What lies behind all providers: the phones, the faults, the postman and the time."""

    phones: PhoneBook
    faults: FaultBook
    postman: Postman
    clock: Clock


@dataclass(frozen=True, slots=True)
class Submitted:
    """A submission that passed the provider's checks."""

    recipient: str
    sender: str
    text: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a provider does with a submission: its answer, its id, and the receipts it sends later, in order."""

    response: Response
    provider_id: str
    receipts: Sequence[Callback] = ()


class SimulatedProvider(ABC):
    """One provider. Its routes hang below ``/<name>``.

    Attributes:
        name: Name in URLs.
        title: Name for people.
        signature_header: Header of its receipts that a forger has to forge; empty when it signs nothing.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    signature_header: ClassVar[str] = ""

    def __init__(self, network: Network, config: SimulatorConfig) -> None:
        self.network = network
        self.pace = config.pace
        self.inbound_url = ""

    @abstractmethod
    def routes(self) -> Blueprint:
        """Return the provider's own interface."""

    @abstractmethod
    def refuse(self, fault: Fault) -> Response:
        """Return the error that *fault*, of kind fail or throttle, asks for; without a code, the usual one."""

    @abstractmethod
    def reply(self, text: Text) -> Callback | None:
        """Return how *text*, sent by a phone, reaches the customer; None when replies go nowhere."""

    @final
    def submit(self, submitted: Submitted, accept: Callable[[Fault | None], Accepted]) -> Response:
        """Treat a submission as the faults say, and return the answer.

        *accept* gets the fault of the receipts, for the one kind that changes their content.
        """
        spoilt, unreported = self.network.faults.take(self.name, submitted.recipient)
        if spoilt is not None and spoilt.kind in {FaultKind.FAIL, FaultKind.THROTTLE}:
            return self.refuse(spoilt)
        accepted = accept(unreported)
        if spoilt is None or not spoilt.swallows:
            self.network.phones.receive(
                submitted.recipient,
                sender=submitted.sender,
                text=submitted.text,
                provider=self.name,
                provider_id=accepted.provider_id,
            )
            self._report(accepted.receipts, unreported)
        return _spoil(accepted.response, spoilt)

    def _report(self, receipts: Sequence[Callback], fault: Fault | None) -> None:
        kind = fault.kind if fault else None
        wait = self.pace
        if fault is None:
            pass
        elif kind is FaultKind.MUTE:
            return
        elif kind is FaultKind.LATE:
            wait += timedelta(seconds=fault.seconds)
        elif kind is FaultKind.SHUFFLE:
            receipts = [*receipts[::-1]]
        elif kind is FaultKind.REPEAT:
            receipts = [receipt for receipt in receipts for _ in range(2)]
        elif kind in {FaultKind.UNSIGNED, FaultKind.FORGE}:
            receipts = [self._forge(receipt, keep=kind is FaultKind.FORGE) for receipt in receipts]
        self.network.postman.post(receipts, wait=wait, pace=self.pace)

    def _forge(self, receipt: Callback, *, keep: bool) -> Callback:
        """Return *receipt* with a wrong signature, or without one; upper and lower case change places in it."""
        headers = dict(receipt.headers)
        signature = headers.pop(self.signature_header, "")
        if keep and signature:
            headers[self.signature_header] = signature.swapcase()
        return replace(receipt, headers=headers)


def _spoil(response: Response, fault: Fault | None) -> Response:
    """Return the answer as *fault* wants it; what happens on the line is left to the server."""
    if fault is None:
        return response
    if fault.kind is FaultKind.GARBAGE:
        response.set_data(b'<html>{"sid": "\xff\xfe' + response.get_data()[:20])
    elif fault.kind is FaultKind.EMPTY:
        response.set_data(b"")
    elif fault.kind is FaultKind.REDIRECT:
        return Response(status=302, headers={"Location": fault.location})
    elif fault.kind is not FaultKind.LIE:
        request.environ[ORDER_KEY] = fault
    return response
