"""The list of what programs can ask about offers; all of it with an access token that is good for texting."""

from typing import Final, cast

from authsms.logon.oidc_profile import MESSAGING, OidcOption
from authsms.protocols.rest import offer_bodies as bodies
from authsms.protocols.rest.message_bodies import NAME_PATTERN
from authsms.protocols.rest.message_operations import program_of
from authsms.protocols.rest.offer_door import OfferDoor
from authsms.protocols.rest.operations import Call, Operation

_SEND: Final = MESSAGING[OidcOption.SEND_MESSAGES]


def _door(call: Call) -> OfferDoor:
    return call.messages.offers


OFFER_OPERATIONS: Final = (
    Operation(
        *("POST", "/offers", "makeOffer"),
        "Ask people who have agreed something that they answer by reply or by link",
        bodies.OfferMade,
        lambda call: _door(call).make(program_of(call), cast("bodies.MakeOffer", call.sent)),
        bodies.MakeOffer,
        scope=_SEND,
        status=202,
        faults=(409,),
    ),
    Operation(
        *("GET", "/offers", "listOffers"),
        "List the offers of the program, newest first",
        bodies.Offers,
        lambda call: _door(call).all(program_of(call), cast("bodies.BehindOffer", call.sent)),
        bodies.BehindOffer,
        scope=_SEND,
    ),
    Operation(
        *("POST", "/offer-previews", "previewOffer"),
        "Look what an offer would be; nobody is asked",
        bodies.OfferPreview,
        lambda call: _door(call).preview(program_of(call), cast("bodies.MakeOffer", call.sent)),
        bodies.MakeOffer,
        scope=_SEND,
    ),
    Operation(
        *("GET", "/offers/{offer_name}", "getOffer"),
        "Look where an offer stands",
        bodies.OfferState,
        lambda call: _door(call).state(program_of(call), call.id),
        scope=_SEND,
        pattern=NAME_PATTERN,
        faults=(404,),
    ),
    Operation(
        *("DELETE", "/offers/{offer_name}", "cancelOffer"),
        "Withdraw an offer, also from those who have a place; everybody who may have seen it is told",
        None,
        lambda call: _door(call).offers.cancel(program_of(call), call.id),
        scope=_SEND,
        pattern=NAME_PATTERN,
        status=204,
        faults=(404, 409),
    ),
    Operation(
        *("GET", "/offers/{offer_name}/answers", "listAnswers"),
        "List who has answered what, all of it or since the last time",
        bodies.OfferAnswers,
        lambda call: _door(call).answers(program_of(call), call.id, cast("bodies.BehindOffer", call.sent)),
        bodies.BehindOffer,
        scope=_SEND,
        pattern=NAME_PATTERN,
        faults=(404,),
    ),
    Operation(
        *("POST", "/offers/{offer_name}/choose", "chooseForOffer"),
        "Give places to people who have said yes, and tell them; the same again changes nothing",
        bodies.OfferState,
        lambda call: _door(call).choose(program_of(call), call.id, cast("bodies.Choose", call.sent)),
        bodies.Choose,
        scope=_SEND,
        pattern=NAME_PATTERN,
        faults=(404, 409),
    ),
    Operation(
        *("POST", "/offers/{offer_name}/close", "closeOffer"),
        "Take no more answers; who has a place keeps it, and who waits to be chosen is told",
        bodies.OfferState,
        lambda call: _door(call).close(program_of(call), call.id),
        scope=_SEND,
        pattern=NAME_PATTERN,
        faults=(404, 409),
    ),
)
