"""The simulator as a Flask application: providers, JSON interface, and the page of the phones."""

from flask import Flask

from authsms.foundation.clock import Clock, SystemClock
from authsms.foundation.resources import static_folder, templates_folder
from authsms.simulator.api import create_api
from authsms.simulator.config import SimulatorConfig, refuse_production
from authsms.simulator.faults import FaultBook
from authsms.simulator.guard import guard
from authsms.simulator.pages import Pages
from authsms.simulator.phones import PhoneBook
from authsms.simulator.postman import Postman
from authsms.simulator.providers import PROVIDERS
from authsms.simulator.providers.contract import Network
from authsms.simulator.replies import Replies

_LARGEST_BODY = 1 << 20


def create_simulator(config: SimulatorConfig | None = None, *, clock: Clock | None = None) -> Flask:
    """Return the simulator.

    Its `Network` (phones, faults, postman) is in ``app.extensions["simulator"]``.

    Raises:
        ConfigurationError: The environment is production.
    """
    config = config or SimulatorConfig()
    refuse_production(config.environment)
    clock = clock or SystemClock()
    network = Network(PhoneBook(clock), FaultBook(), Postman(ca_file=config.ca_file), clock)
    for number, label in config.phones.items():
        network.phones.label(number, label)
    providers = {kind.name: kind(network, config) for kind in PROVIDERS}
    replies = Replies(network, providers)

    app = Flask(
        "authsms.simulator",
        template_folder=str(templates_folder()),
        static_folder=str(static_folder() / "simulator"),
        static_url_path="/static",
    )
    app.config["MAX_CONTENT_LENGTH"] = _LARGEST_BODY
    app.extensions["simulator"] = network
    guard(app, allow_remote=config.allow_remote)
    for provider in providers.values():
        app.register_blueprint(provider.routes())
    app.register_blueprint(create_api(network, providers, replies))
    titles = {name: provider.title for name, provider in providers.items()}
    app.register_blueprint(Pages(network, replies, titles).routes())
    return app
