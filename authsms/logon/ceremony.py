"""The two ceremonies of WebAuthn (Level 3): what a browser is asked for, and whether what it brings is good.

Origin and relying party are those of the configured public address and of nothing else; a request has no say in them.
No attestation is asked for: who made a key is nobody's business here. A key proves that somebody was there with it
(``user``), and whether it can leave its device (``swk``) or cannot (``hwk``). Where it has also asked for a finger or a
PIN, it has proven two factors by itself (``mfa``).
"""

import json
from collections.abc import Sequence
from typing import Any, Final

from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import bytes_to_base64url, parse_attestation_object
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AttestationFormat,
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from authsms.foundation.errors import ForgeryError
from authsms.logon.relying_party import KnownKey, NewKey, Presence

_LONGEST_CREDENTIAL: Final = 1023
_DIALOG_MILLISECONDS: Final = 120_000
_TRANSPORTS: Final = frozenset(one.value for one in AuthenticatorTransport)
_BROKEN: Final = (
    WebAuthnException,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)
"""What the library raises over hostile input, by its own account and as was found out."""


class Ceremony:
    """Asks and judges for one relying party; safe to share between threads.

    Args:
        origin: Its address, as browsers tell it.
        party: Its name: the host of that address.
    """

    def __init__(self, origin: str, party: str) -> None:
        self._origin = origin
        self._id = party

    def invite(self, challenge: str, handle: bytes, login: str, known: Sequence[KnownKey]) -> str:
        """Return what a browser is given to make a new key, as JSON.

        Args:
            challenge: Drawn for this one key, base64url.
            handle: What the key keeps of its owner, at most 64 bytes; nothing that tells who that is.
            login: What the key is listed under on its owner's device.
            known: The keys that he has already; none of their devices makes another one.
        """
        options = generate_registration_options(
            rp_id=self._id,
            rp_name=self._id,
            user_id=handle,
            user_name=login,
            user_display_name=login,
            challenge=base64url_to_bytes(challenge),
            timeout=_DIALOG_MILLISECONDS,
            exclude_credentials=_descriptors(known),
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.PREFERRED
            ),
        )
        return options_to_json(options)

    def accept(self, brought: str, challenge: str) -> NewKey:
        """Return the key that a browser has made.

        Raises:
            ForgeryError: It was made for another challenge, origin or relying party, or is malformed.
        """
        try:
            _refuse_frames(brought)
            _refuse_makers(brought)
            made = verify_registration_response(
                credential=brought,
                expected_challenge=base64url_to_bytes(challenge),
                expected_rp_id=self._id,
                expected_origin=self._origin,
            )
            transports = json.loads(brought)["response"].get("transports") or []
            usable = tuple(sorted(_TRANSPORTS.intersection(transports)))
        except _BROKEN as error:
            raise ForgeryError("This passkey was not made here.") from error
        if len(made.credential_id) > _LONGEST_CREDENTIAL:
            raise ForgeryError("This passkey has too long a name.")
        is_synced = made.credential_device_type is CredentialDeviceType.MULTI_DEVICE
        known = KnownKey(bytes_to_base64url(made.credential_id), usable)
        return NewKey(known, made.credential_public_key, made.sign_count, is_synced)

    def ask(self, challenge: str, known: Sequence[KnownKey], *, must_verify: bool) -> str:
        """Return what a browser is given to use a key, as JSON.

        Args:
            challenge: Drawn for this one question, base64url.
            known: Keys it may use; any of this relying party when empty.
            must_verify: The key shall ask its owner for a finger, a face or a PIN.
        """
        options = generate_authentication_options(
            rp_id=self._id,
            challenge=base64url_to_bytes(challenge),
            timeout=_DIALOG_MILLISECONDS,
            allow_credentials=_descriptors(known),
            user_verification=_verification(must=must_verify),
        )
        return options_to_json(options)

    def judge(
        self, brought: str, challenge: str, public_key: bytes, handle: bytes, *, must_verify: bool
    ) -> Presence | None:
        """Return what a key has proven, or None when it has not: the counter is the caller's to compare.

        Args:
            brought: As the browser sent it.
            challenge: Drawn for this one question, base64url.
            public_key: Of the key that is named there.
            handle: Of the person who owns that key.
            must_verify: As in `ask`.
        """
        try:
            _refuse_frames(brought)
            told = json.loads(brought)["response"].get("userHandle")
            if told and base64url_to_bytes(told) != handle:
                return None
            seen = verify_authentication_response(
                credential=brought,
                expected_challenge=base64url_to_bytes(challenge),
                expected_rp_id=self._id,
                expected_origin=self._origin,
                credential_public_key=public_key,
                credential_current_sign_count=0,
                require_user_verification=must_verify,
            )
        except _BROKEN:
            return None
        is_synced = seen.credential_device_type is CredentialDeviceType.MULTI_DEVICE
        return Presence(seen.new_sign_count, is_synced, seen.user_verified)


def _refuse_frames(brought: str) -> None:
    """Refuse what another site had our page do in a frame; our pages allow no frames, so nobody honest sends it."""
    told: Any = json.loads(base64url_to_bytes(json.loads(brought)["response"]["clientDataJSON"]))
    if told.get("crossOrigin", False) is not False or "topOrigin" in told:
        raise ValueError("the ceremony took place in a frame of another site")


def _refuse_makers(brought: str) -> None:
    """Refuse a maker's certificates: none were asked for, and reading them is work that fails in many ways."""
    told = parse_attestation_object(base64url_to_bytes(json.loads(brought)["response"]["attestationObject"]))
    if told.fmt != AttestationFormat.NONE and (told.fmt != AttestationFormat.PACKED or told.att_stmt.x5c):
        raise ValueError("the key brings certificates of its maker")


def _descriptors(known: Sequence[KnownKey]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=base64url_to_bytes(one.credential),
            transports=[AuthenticatorTransport(way) for way in one.transports] or None,
        )
        for one in known
    ]


def _verification(*, must: bool) -> UserVerificationRequirement:
    return UserVerificationRequirement.REQUIRED if must else UserVerificationRequirement.PREFERRED
