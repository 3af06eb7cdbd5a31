"""All that can be asked of the REST door."""

from typing import Final

from authsms.protocols.rest.message_operations import MESSAGE_OPERATIONS
from authsms.protocols.rest.offer_operations import OFFER_OPERATIONS
from authsms.protocols.rest.operations import OPERATIONS

EVERYTHING: Final = (*OPERATIONS, *MESSAGE_OPERATIONS, *OFFER_OPERATIONS)
