"""The rules for parts of values: for each, what passes and what does not."""

import pytest

from supplychain.gs1.ai import AIS, check_value
from supplychain.gs1.errors import GS1Error
from supplychain.gs1.value_rules import VALUE_RULES

PASSES = {
    "zero": ["0", "00"],
    "nonzero": ["1", "010"],
    "nozeroprefix": ["", "0", "10"],
    "yesno": ["0", "1"],
    "hyphen": ["-"],
    "hasnondigit": ["1A", "-"],
    "hh": ["00", "23"],
    "mi": ["59"],
    "ss": ["00"],
    "hhmi": ["0000", "2359"],
    "iso5218": ["0", "9"],
    "winding": ["0", "1", "9"],
    "importeridx": ["A", "_"],
    "mediatype": ["01", "10", "80", "99"],
    "pcenc": ["", "a%20b", "100%25"],
    "pieceoftotal": ["11", "0102"],
    "posinseqslash": ["1/1", "2/9"],
    "yyyymmdd": ["20000229", "20261123"],
    "yyyymmd0": ["20000200", "19000101"],
    "latitude": ["0000000000", "1800000000"],
    "longitude": ["3600000000"],
    "base64": ["", "AB", "AB=", "ABCD=="],
}
FAILS = {
    "zero": ["", "1", "0a"],
    "nonzero": ["", "0", "00", "1a", "٣"],
    "nozeroprefix": ["01", "A"],
    "yesno": ["", "2", "00"],
    "hyphen": ["", "+", "--"],
    "hasnondigit": ["", "12"],
    "hh": ["24", "1", "1a"],
    "mi": ["60"],
    "ss": ["60", "٠٠"],
    "hhmi": ["2400", "0060", "000"],
    "iso5218": ["3"],
    "winding": ["2"],
    "importeridx": ["=", "AB"],
    "mediatype": ["00", "11", "79"],
    "pcenc": ["%", "%2", "%0g"],
    "pieceoftotal": ["", "1", "00", "21", "123", "1a", "٣٣"],
    "posinseqslash": ["", "0/3", "3/2", "1-2", "1/22", "1/0"],
    "yyyymmdd": ["20010229", "20261301", "20261100", "2026112", "2026112a"],
    "yyyymmd0": ["20260000", "20261332"],
    "latitude": ["1800000001", "180000000", "180000000a"],
    "longitude": ["3600000001"],
    "base64": ["=", "AB==", "A=B", "a b", "===", "ABC==="],
}


@pytest.mark.parametrize("rule", VALUE_RULES)
def test_each_rule_lets_the_good_pass_and_stops_the_bad(rule: str) -> None:
    for text in PASSES[rule]:
        VALUE_RULES[rule]("value", text)
    for text in FAILS[rule]:
        with pytest.raises(GS1Error, match="expected"):
            VALUE_RULES[rule]("value", text)


@pytest.mark.parametrize(
    ("ai", "good", "bad"),
    [
        ("7003", "2801312359", "2801312460"),
        ("8006", "095060001343520102", "095060001343520201"),
        ("8003", "00614141123452400", "10614141123452400"),
        ("4330", "000100-", "000100x"),
        ("4302", "Main%20Street", "Main%2"),
        ("7250", "20000229", "20010229"),
        ("8008", "28013123", "28013124"),
        ("4309", "18000000003600000000", "18000000013600000000"),
    ],
)
def test_the_rules_hold_where_their_ai_stands(ai: str, good: str, bad: str) -> None:
    check_value(AIS[ai], good)
    with pytest.raises(GS1Error):
        check_value(AIS[ai], bad)
