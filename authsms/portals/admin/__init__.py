"""The administrators' portal: every area of it stands here."""

from flask import Flask

from authsms.portals.admin import (
    administrators,
    audit,
    contacts,
    dashboard,
    endpoints,
    frame,
    helpdesk,
    hooks,
    logon,
    messages,
    notice_drafts,
    notices,
    offers,
    opt_outs,
    people,
    privacy,
    queue,
    radius,
    repositories,
    senders_area,
    start,
)

AREAS = (
    *(start, dashboard, queue, administrators, logon, endpoints, hooks, radius),
    *(repositories, senders_area, messages, notices, notice_drafts, offers, opt_outs, people, helpdesk, contacts),
    *(privacy, audit),
)
for _area in AREAS:
    frame.prepare(_area.blueprint)


def register(app: Flask) -> None:
    """Give *app* the portal below ``/admin``."""
    for area in AREAS:
        app.register_blueprint(area.blueprint, url_prefix="/admin")
