"""The simulated providers: one module each, listed here."""

from authsms.simulator.providers.contract import SimulatedProvider
from authsms.simulator.providers.gateway import Gateway
from authsms.simulator.providers.twilio import Twilio

PROVIDERS: tuple[type[SimulatedProvider], ...] = (Twilio, Gateway)
