"""`authsms endpoint`: register applications and sites that send people here, and programs that ask by REST."""

from dataclasses import replace
from typing import TextIO

import click

from authsms.audit import Author
from authsms.cli.context import open_services
from authsms.foundation.errors import InvalidInputError, NotFoundError
from authsms.logon.arrangement import fingerprint
from authsms.logon.client_keys import read_client_keys
from authsms.logon.kinds import EndpointKind, ValidateProfile
from authsms.logon.oidc_profile import OidcOption, OidcProfile, TokenAlgorithm

_OPTION = click.Choice([one.value for one in OidcOption])


@click.group()
def endpoint() -> None:
    """Endpoints: applications and sites that send people here, programs that ask by REST."""


@endpoint.command()
@click.argument("name")
@click.option("--event", default="web", show_default=True, help="What people sign in to.")
@click.option(
    "--redirect-uri", "redirect_uris", multiple=True, required=True, help="Exact address to return to; may be repeated."
)
@click.option("--logout-uri", "logout_uris", multiple=True, help="Exact address to return to after signing out.")
@click.option(
    "--algorithm",
    type=click.Choice([one.value for one in TokenAlgorithm]),
    default=TokenAlgorithm.ES256.value,
    show_default=True,
    help="Signature the application understands.",
)
@click.option("--public", is_flag=True, help="The application cannot keep a secret (browser or phone app).")
def create(
    name: str,
    event: str,
    redirect_uris: tuple[str, ...],
    logout_uris: tuple[str, ...],
    algorithm: str,
    *,
    public: bool,
) -> None:
    """Register an OpenID Connect client. Its secret is shown once."""
    with open_services() as services:
        made, secret = services.endpoints.create(
            name,
            event=event,
            redirect_uris=redirect_uris,
            logout_uris=logout_uris,
            oidc=OidcProfile(is_public=public, algorithm=TokenAlgorithm(algorithm)),
        )
        issuer = services.settings.public_url
    click.echo(f"Issuer         {issuer}")
    click.echo(f"Client id      {made.id}")
    click.echo(f"Client secret  {secret or '(none: public client)'}")
    if secret:
        click.echo("Keep the secret now; it is not shown again.", err=True)


@endpoint.command()
@click.argument("name")
@click.argument("site")
@click.option("--event", default="web", show_default=True, help="What people sign in to.")
def protect(name: str, site: str, event: str) -> None:
    """Register a SITE (https://host) whose reverse proxy asks here about every request (forward-auth)."""
    with open_services() as services:
        made, _ = services.endpoints.create(name, event=event, redirect_uris=(site,), kind=EndpointKind.FORWARD_AUTH)
        check = f"{services.settings.public_url.rstrip('/')}/forward-auth/{made.id}"
    click.echo(f"Site                    {made.redirect_uris[0]}")
    click.echo(f"nginx asks              {check}?answer=401")
    click.echo(f"Caddy and Traefik ask   {check}")
    click.echo(f"/.authsms/ is passed to {check}/site/")


@endpoint.command("create-rest")
@click.argument("name")
@click.option("--event", default="web", show_default=True, help="What people sign in to.")
def create_rest(name: str, event: str) -> None:
    """Register a program that signs people in by REST. Its secret is shown once."""
    with open_services() as services:
        made, secret = services.endpoints.create(name, event=event, kind=EndpointKind.REST)
        address = services.settings.public_url
    click.echo(f"Address          {address}/api/v1")
    click.echo(f"Endpoint id      {made.id}")
    click.echo(f"Endpoint secret  {secret}")
    click.echo("Keep the secret now; it is not shown again.", err=True)


@endpoint.command("plug-in")
@click.argument("name")
@click.option("--event", default="web", show_default=True, help="What people sign in to.")
@click.option("--network", "networks", multiple=True, help="Address or network that needs no secret; may be repeated.")
@click.option("--join-codes", is_flag=True, help="A code may stand right behind the password.")
def plug_in(name: str, event: str, networks: tuple[str, ...], *, join_codes: bool) -> None:
    """Register a plug-in made for privacyIDEA. Its secret is shown once."""
    profile = ValidateProfile(networks, join_codes)
    with open_services() as services:
        made, secret = services.endpoints.create(name, event=event, kind=EndpointKind.VALIDATE, validate=profile)
        base = f"{services.settings.public_url.rstrip('/')}/privacyidea/{made.id}"
    click.echo(f"Server    {base}")
    click.echo(f"User      {made.id}")
    click.echo(f"Password  {secret}")
    click.echo("Keep the password now; it is not shown again.", err=True)
    if networks:
        click.secho(f"Warning: no secret is asked of {', '.join(made.validate.networks)}.", fg="red", err=True)


@endpoint.command("list")
def list_endpoints() -> None:
    """Print the registered endpoints."""
    with open_services() as services:
        endpoints = services.endpoints.list()
    for one in endpoints:
        click.echo(f"{one.id}  {one.kind:<12}  {one.event:<12}  {one.name}")
    if not endpoints:
        click.echo("No endpoint yet. Make one: authsms endpoint create NAME --redirect-uri https://…", err=True)


@endpoint.command("options")
@click.argument("client_id")
@click.option("--on", multiple=True, type=_OPTION, help="Allow or demand this; may be repeated.")
@click.option("--off", multiple=True, type=_OPTION, help="No longer allow or demand this; may be repeated.")
@click.option(
    "--request-keys", type=click.File(), help="JWK set (public keys) for signed requests; an empty file: none."
)
@click.option("--logout-call", help="Address to call when a session is ended; empty: none.")
def change_options(
    client_id: str, on: tuple[str, ...], off: tuple[str, ...], request_keys: TextIO | None, logout_call: str | None
) -> None:
    """Show or change what an endpoint may or must do besides signing people in."""
    with open_services() as services:
        found = services.endpoints.find(client_id)
        if found is None or found.kind not in {EndpointKind.OIDC, EndpointKind.REST}:
            raise NotFoundError("There is no such endpoint.")
        options = found.oidc.options.union(map(OidcOption, on)).difference(map(OidcOption, off))
        keys = read_client_keys(request_keys.read()) if request_keys else found.oidc.request_keys
        call = found.oidc.backchannel_uri if logout_call is None else logout_call.strip()
        oidc = replace(found.oidc, options=options, request_keys=keys, backchannel_uri=call)
        changed = replace(found, oidc=oidc)
        if changed != found:
            services.arrangement.change_endpoint(changed, fingerprint(found), Author())
    for one in OidcOption:
        click.echo(f"{one.value:<20}  {'on' if one in options else 'off'}")
    click.echo(f"{'request keys':<20}  {'registered' if keys else 'none'}")
    click.echo(f"{'logout call':<20}  {call or 'none'}")


@endpoint.command("renew-secret")
@click.argument("client_id")
def renew_secret(client_id: str) -> None:
    """Give an endpoint a new secret. The old one stops working at once."""
    with open_services() as services:
        found = services.endpoints.find(client_id)
        if found is not None and not found.has_secret:
            raise InvalidInputError("This endpoint has no secret.")
        secret = services.endpoints.renew_secret(client_id)
    click.echo(f"Client secret  {secret}")
