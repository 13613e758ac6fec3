"""What a returned pack's numbers get for an answer: no more than the asker knows already."""

from datetime import date

import pytest

from anticounterfeit.verification_message import Known, Printed, answer
from supplychain.lifecycle import Life

TODAY = date(2026, 11, 25)
GOOD = Printed("L1", date(2028, 1, 31))
PAST = Printed("L1", date(2026, 11, 24))


def test_where_the_serial_number_is_unknown_nothing_is_said_of_lot_and_expiry():
    assert answer(GOOD, None, today=TODAY).as_json() == {
        "verified": False,
        "verificationFailureReason": "No_match_GTIN_Serial",
    }


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (Printed("L2", GOOD.expiry), "No_match_GTIN_Serial_Lot"),
        (Printed("l1", GOOD.expiry), "No_match_GTIN_Serial_Lot"),
        (Printed("L1", date(2028, 1, 30)), "No_match_GTIN_Serial_Expiry"),
        (Printed("L2", date(2028, 2, 1)), "No_match_GTIN_Serial_Lot_Expiry"),
    ],
)
@pytest.mark.parametrize("life", Life)
def test_a_difference_is_named_and_of_the_other_pack_nothing_is_told(asked, reason, life):
    found = answer(asked, Known(GOOD, life, is_called_back=True), today=TODAY)
    assert found.as_json() == {"verified": False, "verificationFailureReason": reason}


@pytest.mark.parametrize(
    ("known", "verified", "reason", "info"),
    [
        (Known(GOOD, Life.ACTIVE), True, None, None),
        (Known(GOOD, Life.ACTIVE, is_called_back=True), True, None, "Recalled"),
        (Known(GOOD, Life.LOCKED), True, None, "Suspect"),
        (Known(GOOD, Life.DISPENSED), False, "Not_for_re-distribution", None),
        (Known(GOOD, Life.DESTROYED), False, "Not_for_re-distribution", None),
        (Known(GOOD, Life.EXPORTED, is_called_back=True), False, "Not_for_re-distribution", "Recalled"),
        (Known(GOOD, Life.STOLEN, is_called_back=True), False, "Not_for_re-distribution", "Illegitimate"),
    ],
)
def test_matching_and_being_fit_to_sell_are_two_answers(known, verified, reason, info):
    data = answer(GOOD, known, today=TODAY).as_json()
    assert data["verified"] is verified
    assert data.get("verificationFailureReason") == reason
    assert data.get("additionalInfo") == info


def test_an_expired_pack_matches_and_is_expired_from_the_day_after():
    assert answer(PAST, Known(PAST, Life.ACTIVE), today=date(2026, 11, 24)).additional_info == ""
    assert answer(PAST, Known(PAST, Life.ACTIVE), today=TODAY).as_json() == {
        "verified": True,
        "additionalInfo": "Expired",
    }
