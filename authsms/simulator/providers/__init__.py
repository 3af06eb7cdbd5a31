"""The simulated providers: one module each, listed here."""

from authsms.simulator.providers.clickatell import Clickatell
from authsms.simulator.providers.clickatell_platform import ClickatellOne, ClickatellPlatform
from authsms.simulator.providers.contract import SimulatedProvider
from authsms.simulator.providers.gateway import Gateway
from authsms.simulator.providers.lox24 import Lox24
from authsms.simulator.providers.lox_http import LoxHttp
from authsms.simulator.providers.messagebird import MessageBird
from authsms.simulator.providers.messagebird_v1 import MessageBirdV1
from authsms.simulator.providers.messagemedia import MessageMedia
from authsms.simulator.providers.messagemedia_soap import MessageMediaSoap
from authsms.simulator.providers.signalwire import SignalWire
from authsms.simulator.providers.twilio import Twilio

PROVIDERS: tuple[type[SimulatedProvider], ...] = (
    Twilio,
    Gateway,
    Clickatell,
    ClickatellPlatform,
    ClickatellOne,
    LoxHttp,
    Lox24,
    MessageBird,
    MessageBirdV1,
    MessageMedia,
    MessageMediaSoap,
    SignalWire,
)
