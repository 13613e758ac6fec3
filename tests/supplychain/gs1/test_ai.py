import pytest

from supplychain.gs1.ai import AIS, check_value, find_ai_at_start
from supplychain.gs1.errors import GS1Error


@pytest.mark.parametrize(
    ("digits", "value", "code"),
    [
        ("01", "", "LENGTH"),
        ("01", "0950600013435", "LENGTH"),
        ("01", "095060001343522", "LENGTH"),
        ("01", "09506000134353", "CHECK_DIGIT"),
        ("01", "0950600013435x", "CHARACTER"),
        ("01", "٠٩٥٠٦٠٠٠١٣٤٣٥٢", "CHARACTER"),
        ("00", "095060000000000014", "CHECK_DIGIT"),
        ("10", "x" * 21, "LENGTH"),
        ("10", "a b", "CHARACTER"),
        ("17", "281301", "DATE"),
        ("17", "270229", "DATE"),
        ("17", "280001", "DATE"),
        ("17", "2801", "LENGTH"),
        ("7006", "280100", "DATE"),  # day 00 is for expiry and the like only
        ("253", "9506000140446", "CHECK_DIGIT"),
        ("253", "950600014044", "LENGTH"),
        ("253", "9506000140445" + "x" * 18, "LENGTH"),
        ("423", "5285", "LENGTH"),
        ("8004", "95x", "PREFIX"),
        ("8004", "95x0614141234567", "PREFIX"),
        ("8010", "9506abc", "CHARACTER"),
        ("8013", "22", "CHECK_DIGIT"),
        ("8013", "1987654Ad4X4bL5ttr2310c2X", "CHECK_DIGIT"),
        ("8013", "ab22", "CHECK_DIGIT"),
        ("8030", "ABC:123", "CHARACTER"),
    ],
)
def test_a_value_that_cannot_stand_behind_its_ai_is_refused(digits: str, value: str, code: str) -> None:
    with pytest.raises(GS1Error) as caught:
        check_value(AIS[digits], value)
    assert caught.value.code == code
    assert f"({digits})" in str(caught.value)


@pytest.mark.parametrize(
    ("digits", "value"),
    [
        ("01", "09506000134352"),
        ("10", "Lot/1"),
        ("17", "280200"),
        ("17", "000229"),
        ("7006", "280229"),
        ("253", "9506000140445"),
        ("253", "9506000140445DOC7"),
        ("423", "528276"),
        ("8004", "9506abc"),
        ("8010", "9506-A/#"),
        ("8013", "1987654Ad4X4bL5ttr2310c2K"),
        ("8030", "AB-_1="),
        ("3103", "000195"),
    ],
)
def test_a_value_of_the_right_form_passes(digits: str, value: str) -> None:
    check_value(AIS[digits], value)


@pytest.mark.parametrize(
    ("digits", "value", "message"),
    [
        ("01", "123", "(01) '123' is too short: expected 14 digits"),
        ("10", "y" * 21, f"(10) {'y' * 21!r} is too long: expected 1 to 20 characters"),
        ("37", "123456789", "(37) '123456789' is too long: expected 1 to 8 digits"),
        ("255", "1", "(255) '1' is too short: expected 13 to 25 digits"),
        ("21", "a#", "(21) 'a#': '#' is not in GS1 character set 82"),
        ("01", "0950600013435x", "(01) '0950600013435x': 'x' is not a digit"),
        ("10", "", "(10) has no value"),
        ("00", "095060000000000014", "(00) '095060000000000014': check digit 4 is wrong, expected 5"),
        ("17", "280132", "(17) Date '280132': day 32 does not exist, month 01 has 31 days"),
    ],
)
def test_the_message_names_the_bad_element_and_what_was_expected(digits: str, value: str, message: str) -> None:
    with pytest.raises(GS1Error) as caught:
        check_value(AIS[digits], value)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("text", "digits"),
    [("0109506", "01"), ("21B7", "21"), ("235X", "235"), ("7101", "710"), ("3103000195", "3103"), ("8004", "8004")],
)
def test_the_first_two_digits_say_how_long_an_ai_is(text: str, digits: str) -> None:
    ai = find_ai_at_start(text)
    assert ai is not None
    assert ai.digits == digits


@pytest.mark.parametrize("text", ["", "0", "05", "19", "23", "310", "3106", "800", "8099", "ab", "٠١", "718"])
def test_what_gs1_has_not_given_out_is_no_ai(text: str) -> None:
    assert find_ai_at_start(text) is None


def test_no_two_ais_begin_alike() -> None:
    for digits in AIS:
        assert not [other for other in AIS if other != digits and other.startswith(digits)]


def test_the_table_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        AIS["05"] = AIS["01"]  # type: ignore[index]
