"""The answer to a wholesaler who asks whether a returned pack may be sold again, as GS1's messages word it.

Two questions are asked at once, and their answers stay apart: do the four numbers on the pack *match* what its maker
registered, and is the pack *fit to sell*. A pack of a recalled batch matches and is not fit; a forgery with a made-up
serial number does not match, and nobody can say more about it.

Where product and serial number do not match, nothing is said about lot and expiry: whoever guesses numbers must not
learn which of them are right.

>>> from datetime import date
>>> printed = Printed("L1", date(2028, 1, 31))
>>> answer(printed, None, today=date(2026, 11, 25))
Answer(verified=False, reason='No_match_GTIN_Serial', additional_info='')
>>> known = Known(Printed("L1", date(2028, 1, 31)), Life.ACTIVE, is_called_back=True)
>>> answer(printed, known, today=date(2026, 11, 25))
Answer(verified=True, reason='', additional_info='Recalled')

Source: GS1 Lightweight Messaging Standard for Verification of Product Identifiers 1.1.0, as our reference excerpts it.
"""

from dataclasses import dataclass
from datetime import date

from supplychain.lifecycle import Life

SALEABLE_RETURN = "dscsaSaleableReturn"
LINK_TYPE = "verificationService"

NO_SERIAL = "No_match_GTIN_Serial"
NO_LOT = "No_match_GTIN_Serial_Lot"
NO_EXPIRY = "No_match_GTIN_Serial_Expiry"
NO_LOT_AND_EXPIRY = "No_match_GTIN_Serial_Lot_Expiry"
NOT_FOR_SALE = "Not_for_re-distribution"

EXPIRED = "Expired"
RECALLED = "Recalled"
SUSPECT = "Suspect"
ILLEGITIMATE = "Illegitimate"

_IN_TRADE = frozenset({Life.ACTIVE, Life.LOCKED})


@dataclass(frozen=True, slots=True)
class Printed:
    """Lot number and last good day of a pack: as asked about, or as registered."""

    lot_number: str
    expiry: date


@dataclass(frozen=True, slots=True)
class Known:
    """What is registered under a product and serial number. `is_called_back`: its batch is recalled or withdrawn."""

    printed: Printed
    life: Life
    is_called_back: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """`reason` only where `verified` is False; `additional_info` says what else keeps the pack from being sold."""

    verified: bool
    reason: str = ""
    additional_info: str = ""

    def as_json(self) -> dict[str, object]:
        """The `data` of the message; members that say nothing are left out."""
        data: dict[str, object] = {"verified": self.verified}
        if self.reason:
            data["verificationFailureReason"] = self.reason
        if self.additional_info:
            data["additionalInfo"] = self.additional_info
        return data


def answer(asked: Printed, known: Known | None, *, today: date) -> Answer:
    """What to answer about a pack whose product and serial number are registered as `known`, or not at all.

    Steps: (1) product and serial number; (2) lot and expiry; (3) whether it is still in trade; (4) what else is known.

    Source: reference section 4; the order of (1) and (2) is the standard's rule not to reveal the rest.
    """
    if known is None:
        return Answer(False, NO_SERIAL)
    lot_differs = asked.lot_number != known.printed.lot_number
    expiry_differs = asked.expiry != known.printed.expiry
    if lot_differs or expiry_differs:
        # Of a pack that is not the one asked about, nothing more is told.
        return Answer(
            False, NO_LOT_AND_EXPIRY if lot_differs and expiry_differs else NO_LOT if lot_differs else NO_EXPIRY
        )
    info = _additional_info(known, today)
    return Answer(True, "", info) if known.life in _IN_TRADE else Answer(False, NOT_FOR_SALE, info)


def _additional_info(known: Known, today: date) -> str:
    """One word only fits: the gravest."""
    if known.life is Life.STOLEN:
        return ILLEGITIMATE
    if known.is_called_back:
        return RECALLED
    if known.life is Life.LOCKED:
        return SUSPECT
    return EXPIRED if today > known.printed.expiry else ""
