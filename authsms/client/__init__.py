"""A client for programs that log people in from pages of their own, by the REST door of an authsms server.

It needs `requests` and nothing else of this package. A logon goes on until it is not open any more::

    from authsms.client import Client

    with Client("https://login.example.com", "the endpoint id", "the endpoint secret") as client:
        logon = client.begin(input("User name: "))
        while logon.is_open:
            if logon.recipient:
                print(f"The code went to {logon.recipient}.")
            logon.answer(input(f"{logon.message}: "))
        if logon.session_id:
            print(f"Hello {client.session(logon.session_id).display_name}!")

Endpoint sessions are opened when they are needed, and opened again when they are over. A logon ends with the endpoint
session it was begun in. What is sent is in no error, no log and no ``repr``.
"""

from authsms.client.answers import Chain, ClientError, OverError, RefusedError, Session, TryLaterError
from authsms.client.endpoint import Client
from authsms.client.logon import Logon

__all__ = ["Chain", "Client", "ClientError", "Logon", "OverError", "RefusedError", "Session", "TryLaterError"]
