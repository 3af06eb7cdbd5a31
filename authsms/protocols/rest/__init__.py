"""The REST door: programs that show their own pages walk people through chains, step by step.

It translates and decides nothing: the logon service keeps limits, counters and audit records here as behind every other
door. What REST adds is this: an endpoint proves itself first and shows that in a header from then on
(`authsms.logon.endpoint_sessions`); the right to go on with a logon stays here and is never handed out
(`tickets`); and everything the door takes and answers is described by the code itself (`bodies`, `operations`,
`openapi`). An id in an address opens nothing without the endpoint session that it belongs to.
"""
