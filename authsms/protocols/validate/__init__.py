"""The interface of privacyIDEA's ``/validate``, so that plug-ins made for it can ask here instead.

It is a translation of the logon engine, nothing more: the same chains, limits, counters and audit as through every
other door. Three things are stricter than plug-ins are used to. Nobody is answered who has not proved to be a
registered endpoint. Passwords are taken from the body of a request, never from its address. And a transaction is good
for the endpoint and the user name that began it, and for nobody else.

Where an answer would tell more than the login pages do, it does not: an unknown user is refused like a wrong password,
and polling, which only means something for methods that this server has not got, always says "pending".
"""
