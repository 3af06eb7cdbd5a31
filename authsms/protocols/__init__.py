"""Doors for machines: OpenID Connect, provider webhooks, health and metrics. They translate; rules live below."""
