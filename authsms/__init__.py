"""Self-hosted second-factor server: directory password, code by SMS, logged in."""

__version__ = "0.1.0"
