import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import ean

from supplychain.gs1.characters import CHARSET_82
from supplychain.gs1.check_digit import check_digit, check_pair, is_check_digit_right, verify_check_digit
from supplychain.gs1.errors import GS1Error

DIGITS = st.text("0123456789", min_size=1, max_size=40)


@pytest.mark.parametrize("text", ["12a", "1 2", "-1", "１２", "٣٤", "²", "1\n", "1.5"])
def test_whatever_is_no_ascii_digit_is_refused(text: str) -> None:
    with pytest.raises(GS1Error, match="expected nothing but the digits 0 to 9") as caught:
        check_digit(text)
    assert caught.value.code == "CHARACTER"


@pytest.mark.parametrize("text", ["", "7"])
def test_a_check_digit_alone_proves_nothing(text: str) -> None:
    with pytest.raises(GS1Error) as caught:
        is_check_digit_right(text)
    assert caught.value.code == "LENGTH"


@pytest.mark.parametrize(
    ("body", "expected"),
    [("950600013435", "2"), ("0", "0"), ("7", "9"), ("629104150021", "3"), ("00614141123456789", "0")],
)
def test_known_check_digits(body: str, expected: str) -> None:
    assert check_digit(body) == expected


@given(body=DIGITS)
def test_a_slow_reference_gives_the_same_check_digit(body: str) -> None:
    total = 0
    for place, digit in enumerate(reversed(body)):
        total += int(digit) * (3 if place % 2 == 0 else 1)
    assert check_digit(body) == str((10 - total % 10) % 10)


@given(body=st.text("0123456789", min_size=12, max_size=12))
def test_a_library_that_we_did_not_write_agrees(body: str) -> None:
    assert check_digit(body) == ean.calc_check_digit(body)


@given(body=DIGITS, place=st.integers(0, 39), step=st.integers(1, 9))
def test_every_single_wrong_digit_is_found(body: str, place: int, step: int) -> None:
    digits = body + check_digit(body)
    place %= len(digits)
    wrong = digits[:place] + str((int(digits[place]) + step) % 10) + digits[place + 1 :]

    assert is_check_digit_right(digits)
    assert not is_check_digit_right(wrong)


def test_the_message_says_which_digit_was_expected() -> None:
    with pytest.raises(GS1Error, match=r"^GTIN '95060001343[0-9]+': check digit 3 is wrong, expected 2$"):
        verify_check_digit("GTIN", "9506000134353")


@pytest.mark.parametrize(
    ("body", "pair"), [("1987654Ad4X4bL5ttr2310c", "2K"), ("!", "22"), ("12345_ABCDEFGHIJKLM", "CP")]
)
def test_known_check_pairs(body: str, pair: str) -> None:
    # "!" is worth nothing, so its pair is that of zero.
    assert check_pair(body) == pair


@given(body=st.text(sorted(CHARSET_82), min_size=2, max_size=23), place=st.integers(0, 22))
def test_swapped_neighbours_change_the_check_pair(body: str, place: int) -> None:
    place %= len(body) - 1
    swapped = body[:place] + body[place + 1] + body[place] + body[place + 2 :]
    assert (check_pair(swapped) == check_pair(body)) == (swapped == body)


@pytest.mark.parametrize(
    ("body", "code"), [("", "LENGTH"), ("1" * 98, "LENGTH"), ("12 34", "CHARACTER"), ("é", "CHARACTER")]
)
def test_a_check_pair_needs_a_body_of_set_82(body: str, code: str) -> None:
    with pytest.raises(GS1Error) as caught:
        check_pair(body)
    assert caught.value.code == code
