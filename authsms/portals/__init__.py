"""Doors for people: the login pages, those of one's own account, the error pages, and the headers of every answer."""

from flask import Flask

from authsms.portals import (
    account,
    admin,
    assets,
    contacts,
    errors,
    headers,
    language,
    login,
    offers,
    own_activity,
    own_codes,
    own_language,
    own_methods,
    own_number,
    own_passkeys,
    own_password,
)
from authsms.portals.pages import PageEnvironment


def register(app: Flask) -> None:
    """Give *app* its pages; the services are looked up in ``app.extensions["authsms"]`` when a request comes."""
    app.jinja_environment = PageEnvironment
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    language.register(app)
    assets.register(app)
    headers.register(app)
    errors.register(app)
    app.register_blueprint(login.blueprint)
    app.register_blueprint(account.blueprint)
    app.register_blueprint(own_methods.blueprint, url_prefix="/account")
    app.register_blueprint(contacts.blueprint)
    app.register_blueprint(own_activity.blueprint, url_prefix="/account")
    app.register_blueprint(own_codes.blueprint, url_prefix="/account")
    app.register_blueprint(own_language.blueprint, url_prefix="/account")
    app.register_blueprint(own_passkeys.blueprint, url_prefix="/account")
    app.register_blueprint(own_password.blueprint, url_prefix="/account")
    app.register_blueprint(offers.blueprint)
    app.register_blueprint(own_number.blueprint, url_prefix="/account")
    admin.register(app)
