"""The provider simulator: providers' wire formats, faults on demand, and phones one can look at.

A development door: its own process, everything in memory, never in production. It shares nothing with the server but
the formats that the providers publish, so it is also a second opinion on them.
"""

import click

from authsms.foundation.settings import Settings
from authsms.simulator.app import create_simulator
from authsms.simulator.config import SimulatorConfig
from authsms.simulator.providers.clickatell import ClickatellAccount
from authsms.simulator.providers.clickatell_platform import OneAccount, PlatformAccount
from authsms.simulator.providers.gateway import GatewayAccount
from authsms.simulator.providers.lox24 import Lox24Account
from authsms.simulator.providers.lox_http import LoxAccount
from authsms.simulator.providers.messagebird import MessageBirdAccount
from authsms.simulator.providers.messagebird_v1 import MessageBirdV1Account
from authsms.simulator.providers.messagemedia import MessageMediaAccount
from authsms.simulator.providers.messagemedia_soap import MessageMediaSoapAccount
from authsms.simulator.providers.twilio import TwilioAccount
from authsms.simulator.relying_party import create_sample_application
from authsms.simulator.server import WebServer, serve

__all__ = [
    "GatewayAccount",
    "SimulatorConfig",
    "TwilioAccount",
    "WebServer",
    "create_sample_application",
    "create_simulator",
    "serve",
    "serve_simulator",
]


def serve_simulator(settings: Settings, host: str, port: int, *, allow_remote: bool = False) -> None:
    """Run a simulator with fresh accounts until SIGTERM; print what a sender service has to be told.

    Raises:
        ConfigurationError: It is production, or other machines could reach *host* and nobody said they may.
        OSError: The address is taken.
    """
    twilio, gateway, rest = TwilioAccount(), GatewayAccount(), Lox24Account()
    classic, platform, one, lox = ClickatellAccount(), PlatformAccount(), OneAccount(), LoxAccount()
    media, media_soap = MessageMediaAccount(), MessageMediaSoapAccount()
    bird, bird_v1 = MessageBirdAccount(), MessageBirdV1Account()
    config = SimulatorConfig(
        accounts=(twilio, gateway, classic, platform, one, lox, rest, bird, bird_v1, media, media_soap),
        environment=settings.environment,
        allow_remote=allow_remote,
        ca_file=settings.network.ca_file,
    )

    def tell(url: str) -> None:
        click.echo(f"Virtual phones   {url}/")
        click.echo(f"Twilio           {url}/twilio   account {twilio.sid}   token {twilio.token}")
        click.echo(f"HTTP gateway     {url}/gateway/send   user {gateway.user}   password {gateway.password}")
        click.echo(
            f"Clickatell HTTP  {url}/clickatell   user {classic.user}   password {classic.password}   "
            f"API id {classic.api_id}"
        )
        click.echo(f"Clickatell API   {url}/clickatell-platform   key {platform.api_key}")
        click.echo(f"Clickatell One   {url}/clickatell-one   key {one.api_key}")
        click.echo(
            f"LOX24 (old)      {url}/lox-http/API/httpsms.php   konto {lox.number}   service {lox.service}   "
            f"password {lox.password}"
        )
        click.echo(f"LOX24 (REST)     {url}/lox24   client {rest.client_id}   key {rest.api_key}")
        click.echo(f"MessageBird      {url}/messagebird   key {bird.access_key}   signing key {bird.signing_key}")
        click.echo(f"MessageBird V1   {url}/messagebird-v1   user {bird_v1.user}   password {bird_v1.password}")
        click.echo(f"MessageMedia     {url}/messagemedia   key {media.api_key}   secret {media.api_secret}")
        click.echo(
            f"MessageMedia old {url}/messagemedia-soap/   user {media_soap.user_id}   password {media_soap.password}"
        )

    serve(create_simulator(config), host, port, allow_remote=allow_remote, ready=tell)
