"""The RADIUS door: Access-Request in, Access-Challenge, -Accept or -Reject out (RFC 2865).

It translates and decides nothing: the logon service walks people through chains here as behind every other door, with
the same limits, counters and audit records. What RADIUS adds is only this: a device repeats a request whose answer it
missed (`duplicates`), a challenge has to be found again by what the device sends back (`challenges`), and requests
that nobody signed can be forged (`packets`, CVE-2024-3596). RADIUS over UDP hides passwords with MD5 and nothing else,
so it belongs on links that are protected otherwise.
"""
