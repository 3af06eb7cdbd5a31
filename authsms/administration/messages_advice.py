"""What to do about a provider's code, in the words of the plugin that knows it."""

from authsms.foundation.errors import NotFoundError
from authsms.senders.classification import OWN_ADVICE
from authsms.senders.service import SenderPolicyService


def advice_on(senders: SenderPolicyService, service: str, code: str) -> str:
    """Return what to do about *code* of a sender service, also of one that is gone, or an empty text."""
    try:
        return senders.service(service).service.advice(code)
    except NotFoundError:
        return OWN_ADVICE.get(code, "")
