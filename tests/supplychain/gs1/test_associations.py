"""What must stand together in one code, and what must not."""

import pytest

from supplychain.gs1.associations import check_associations
from supplychain.gs1.element_string import parse_bracketed
from supplychain.gs1.errors import GS1Error

GTIN = "(01)09506000134352"


@pytest.mark.parametrize(
    "text",
    [
        GTIN,
        f"{GTIN}(10)L1(17)280131(21)B7",
        f"{GTIN}(3103)000123",
        f"{GTIN}(3925)12599(3105)654321",
        "(00)106141412345678908(02)09506000134352(37)5(10)L1",
        "(253)1234567890128X(8030)ABC123",
    ],
)
def test_what_belongs_together_is_let_through(text: str) -> None:
    check_associations(parse_bracketed(text))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("(10)L1", "needs one of"),
        ("(21)B7", "needs one of"),
        (f"{GTIN}(02)09506000134352(37)5", "cannot stand in one code"),
        (f"{GTIN}(21)B7(235)T", "cannot stand in one code"),
        (f"{GTIN}(3103)000123(3102)001230", "cannot stand in one code"),
        (f"{GTIN}(37)5", "cannot stand in one code"),
        (f"{GTIN}(3925)12599", "needs one of (01) with (30)"),
        ("(255)1234567890128(8030)ABC123", "needs a serial number"),
        ("(8030)ABC123", "needs one of"),
    ],
)
def test_what_does_not_belong_together_is_refused(text: str, message: str) -> None:
    with pytest.raises(GS1Error) as refusal:
        check_associations(parse_bracketed(text))
    assert message in str(refusal.value)
    assert refusal.value.code == "MISPLACED_AI"
