"""Sign-in for sites that know nothing of it: their reverse proxy asks here about every request.

The site is usually on another host than this server, so the browser's login session does not reach it. It gets a cookie
of its own there, by way of a few addresses below ``/.authsms/`` that the proxy passes on::

    site    /page                the proxy asks `check`: no cookie, so the browser is sent on
    site    /.authsms/start      gives the browser a secret, if it has none on this host
    authsms …/sign-in            asks for a login, or finds one
    site    /.authsms/callback   takes a ticket, once, from the browser with that secret; sets the cookie
    site    /page                the proxy asks `check`: the session lives, so this is who

Three decisions stand behind it. An endpoint is one site, and its address is registered; what a request says about its
host is never read, so neither a header nor an address can send a person, or a ticket, elsewhere. The cookie holds no
session token but a sealed note that is good for this endpoint alone, so an application that sees it can do nothing
with it that it could not do anyway. And the session behind it is looked up at every request, so that whatever ends it
shows at once.
"""
