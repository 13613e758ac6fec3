"""The messages as the description of the API shows them."""

from typing import Any

from rest_framework import serializers

from anticounterfeit import verification_message as words

REASONS = (words.NO_SERIAL, words.NO_LOT, words.NO_EXPIRY, words.NO_LOT_AND_EXPIRY, words.NOT_FOR_SALE)
INFOS = (words.EXPIRED, words.RECALLED, words.SUSPECT, words.ILLEGITIMATE)


class VerificationDataSerializer(serializers.Serializer[Any]):
    verified = serializers.BooleanField(help_text="The numbers match, and the pack is still in trade")
    verificationFailureReason = serializers.ChoiceField(REASONS, required=False)  # noqa: N815 - the standard's names
    additionalInfo = serializers.ChoiceField(  # noqa: N815
        INFOS, required=False, help_text="What speaks against selling it, also where the numbers match"
    )


class VerificationMessageSerializer(serializers.Serializer[Any]):
    verificationTimestamp = serializers.DateTimeField()  # noqa: N815
    responderGLN = serializers.CharField(help_text="GLN-13 of the brand owner")  # noqa: N815
    data = VerificationDataSerializer()  # type: ignore[assignment]
    corrUUID = serializers.CharField()  # noqa: N815


class ConnectivitySerializer(serializers.Serializer[Any]):
    responderGLN = serializers.CharField(help_text="GLN-13 of the brand owner")  # noqa: N815
