"""What an endpoint tells of where a person is."""

import ipaddress


def told_address(told: str) -> str:
    """Return the person's own address when the endpoint tells it, else nothing."""
    try:
        address = ipaddress.ip_address(told)
    except ValueError:
        return ""
    return "" if address.is_unspecified else str(address)
