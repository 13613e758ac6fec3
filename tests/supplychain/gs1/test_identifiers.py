from calendar import monthrange
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supplychain.gs1.characters import CHARSET_82
from supplychain.gs1.errors import GS1Error
from supplychain.gs1.identifiers import Gln, Gtin, LotNumber, SerialNumber, Sgtin, Sscc, format_yymmdd, parse_yymmdd

GTIN = "09506000134352"
TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("make", "value", "code"),
    [
        (Gtin, "", "LENGTH"),
        (Gtin, "9506000134352", "LENGTH"),
        (Gtin, GTIN + "\n", "LENGTH"),
        (Gtin, "0950600013435 ", "CHARACTER"),
        (Gtin, "٠٩٥٠٦٠٠٠١٣٤٣٥٢", "CHARACTER"),
        (Gtin, "０９５０６０００１３４３５２", "CHARACTER"),
        (Gtin, "09506000134353", "CHECK_DIGIT"),
        (Gln, "950600014044", "LENGTH"),
        (Gln, "9506000140446", "CHECK_DIGIT"),
        (Gln, "950600014044X", "CHARACTER"),
        (Sscc, "95060000000000001", "LENGTH"),
        (Sscc, "095060000000000014", "CHECK_DIGIT"),
        (Sscc, "0950600000000000-5", "CHARACTER"),
    ],
)
def test_a_number_that_is_not_right_cannot_be_held(make: Callable[[str], object], value: str, code: str) -> None:
    with pytest.raises(GS1Error) as caught:
        make(value)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("make", "value", "message"),
    [
        (Gtin, "09506000134353", "GTIN '09506000134353': check digit 3 is wrong, expected 2"),
        (Gln, "95060001", "GLN '95060001': expected 13 digits, got 8 characters"),
        (Sscc, "x" * 18, f"SSCC {'x' * 18!r}: expected nothing but the digits 0 to 9"),
        (Gtin.parse, "123", "GTIN '123': expected 8, 12, 13 or 14 digits, got 3 characters"),
        (
            LotNumber,
            "A B",
            "Lot number 'A B': ' ' is not in GS1 character set 82 (letters, digits, some signs, no space)",
        ),
        (SerialNumber, "1" * 21, f"Serial number {'1' * 21!r}: expected 1 to 20 characters, got 21"),
    ],
)
def test_the_message_names_the_thing_the_value_and_what_was_expected(
    make: Callable[[str], object], value: str, message: str
) -> None:
    with pytest.raises(GS1Error) as caught:
        make(value)
    assert str(caught.value) == message


@pytest.mark.parametrize("text", ["9506000134352", "09506000134352"])
def test_a_gtin_is_one_value_however_many_zeros_lead(text: str) -> None:
    assert Gtin.parse(text) == Gtin(GTIN)


@pytest.mark.parametrize(("text", "digits"), [("02345673", "00000002345673"), ("416000336108", "00416000336108")])
def test_a_short_gtin_is_filled_up_to_14_digits(text: str, digits: str) -> None:
    assert str(Gtin.parse(text)) == digits


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("9506000 134352", "CHARACTER"),
        ("9506-00013-435-2", "LENGTH"),
        ("950600013435", "CHECK_DIGIT"),
        (" 9506000134352", "CHARACTER"),
        ("123456789", "LENGTH"),
        ("0" * 10_000, "LENGTH"),
    ],
)
def test_a_gtin_with_spaces_hyphens_or_a_wrong_length_is_not_repaired(text: str, code: str) -> None:
    with pytest.raises(GS1Error) as caught:
        Gtin.parse(text)
    assert caught.value.code == code
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("make", [SerialNumber, LotNumber])
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "LENGTH"),
        ("x" * 21, "LENGTH"),
        ("a b", "CHARACTER"),
        ("a\x1db", "CHARACTER"),
        ("é", "CHARACTER"),
        ("a#", "CHARACTER"),
    ],
)
def test_lots_and_serials_outside_set_82_are_refused(make: Callable[[str], object], text: str, code: str) -> None:
    with pytest.raises(GS1Error) as caught:
        make(text)
    assert caught.value.code == code


def test_every_character_of_set_82_and_no_other_of_ascii_may_be_in_a_serial() -> None:
    assert len(CHARSET_82) == 82
    for number in range(128):
        character = chr(number)
        try:
            SerialNumber(character)
        except GS1Error:
            assert character not in CHARSET_82
        else:
            assert character in CHARSET_82


def test_the_case_of_a_serial_matters() -> None:
    gtin = Gtin(GTIN)
    assert Sgtin(gtin, SerialNumber("b7")) != Sgtin(gtin, SerialNumber("B7"))
    assert str(SerialNumber("b7")) == "b7"
    assert str(LotNumber("Lot/1")) == "Lot/1"


def test_identifiers_cannot_be_changed_once_they_are_checked() -> None:
    gtin = Gtin(GTIN)
    with pytest.raises(FrozenInstanceError):
        gtin.digits = "1"  # type: ignore[misc]


def test_identifiers_print_as_what_they_are() -> None:
    assert str(Gln("9506000140445")) == "9506000140445"
    assert str(Sscc("095060000000000015")) == "095060000000000015"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "LENGTH"),
        ("2801", "LENGTH"),
        ("20280131", "LENGTH"),
        ("28-1-3", "CHARACTER"),
        ("２８０１３１", "CHARACTER"),
        ("280001", "DATE"),
        ("281301", "DATE"),
        ("280132", "DATE"),
        ("270229", "DATE"),
        ("280431", "DATE"),
    ],
)
def test_a_day_that_does_not_exist_is_refused(text: str, code: str) -> None:
    with pytest.raises(GS1Error) as caught:
        parse_yymmdd(text, today=TODAY)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("280131", date(2028, 1, 31)),
        ("270100", date(2027, 1, 31)),
        ("280200", date(2028, 2, 29)),
        ("270200", date(2027, 2, 28)),
        ("280229", date(2028, 2, 29)),
    ],
)
def test_day_00_is_the_last_day_of_the_month(text: str, day: date) -> None:
    assert parse_yymmdd(text, today=TODAY) == day


@pytest.mark.parametrize(
    ("text", "today", "year"),
    [
        ("760101", date(2026, 1, 1), 2076),  # 50 ahead: this century
        ("770101", date(2026, 1, 1), 1977),  # 51 ahead: the last one
        ("100101", date(2060, 1, 1), 2110),  # 50 behind: the next one
        ("110101", date(2060, 1, 1), 2011),
        ("000229", date(2099, 12, 31), None),  # 2100 has no leap day
    ],
)
def test_the_century_is_the_nearest_one(text: str, today: date, year: int | None) -> None:
    if year is None:
        with pytest.raises(GS1Error, match="has 28 days"):
            parse_yymmdd(text, today=today)
    else:
        assert parse_yymmdd(text, today=today).year == year


@given(today=st.dates(date(1950, 1, 1), date(2200, 1, 1)), days=st.integers(-49 * 365, 50 * 365))
def test_a_day_within_49_years_back_and_50_ahead_comes_back(today: date, days: int) -> None:
    day = today + timedelta(days=days)
    assert parse_yymmdd(format_yymmdd(day), today=today) == day


@given(day=st.dates(date(2000, 1, 1), date(2076, 12, 31)))
def test_day_00_and_the_last_day_are_one_expiry(day: date) -> None:
    last = day.replace(day=monthrange(day.year, day.month)[1])
    assert parse_yymmdd(format_yymmdd(day)[:4] + "00", today=TODAY) == last
