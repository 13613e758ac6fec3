import secrets
from collections import Counter
from random import Random

import pytest

from supplychain.gs1.errors import GS1Error
from supplychain.gs1.identifiers import SerialNumber, Sscc
from supplychain.gs1.serial import ALPHABET, build_sscc, check_margin, guess_margin_bits, mint_serials


@pytest.mark.parametrize(
    ("count", "length", "code"),
    [
        (0, 12, "COUNT"),
        (-5, 12, "COUNT"),
        (1, 0, "LENGTH"),
        (1, 21, "LENGTH"),
        (2, 3, "GUESS_MARGIN"),
        (50, 4, "GUESS_MARGIN"),
    ],
)
def test_serials_that_could_be_guessed_or_cannot_be_printed_are_not_minted(count: int, length: int, code: str) -> None:
    with pytest.raises(GS1Error) as caught:
        mint_serials(count, secrets.token_bytes, length)
    assert caught.value.code == code


def test_a_source_that_repeats_itself_is_noticed_and_does_not_hang() -> None:
    with pytest.raises(GS1Error, match="1 different serials after 100 rounds, expected 2") as caught:
        mint_serials(2, bytes)
    assert caught.value.code == "RANDOM_SOURCE"


def test_a_source_that_dries_up_is_noticed() -> None:
    with pytest.raises(GS1Error) as caught:
        mint_serials(1, lambda _: b"")
    assert caught.value.code == "RANDOM_SOURCE"


def test_a_source_that_gives_little_at_a_time_is_asked_again() -> None:
    random = Random(5)
    minted = mint_serials(10, lambda _: random.randbytes(40))
    assert len(set(minted)) == len(minted) == 10


def test_a_hundred_thousand_serials_differ_and_fit_on_a_pack() -> None:
    minted = mint_serials(100_000, secrets.token_bytes)

    assert len(minted) == len(set(minted)) == 100_000
    assert {len(serial) for serial in minted} == {12}
    assert set("".join(minted)) == set(ALPHABET)
    assert str(SerialNumber(minted[0])) == minted[0]


def test_random_bytes_that_would_favour_some_characters_are_thrown_away() -> None:
    # 256 is no multiple of 25: bytes 250 to 255 would give the first six characters an extra chance.
    loaded = bytes(range(250, 256))
    assert mint_serials(1, lambda _: loaded * 9 + bytes(range(20)) + loaded * 9, 20) == [ALPHABET[:20]]
    assert mint_serials(1, lambda _: bytes(range(230, 250)), 20) == [ALPHABET[5:]]


def test_characters_are_drawn_evenly() -> None:
    seen = Counter("".join(mint_serials(50_000, Random(11).randbytes)))
    mean = 50_000 * 12 / len(ALPHABET)
    # Six standard deviations of a fair draw are under 4 % here; the bias of a bare modulo would be about 8 %.
    assert all(abs(times - mean) < 0.04 * mean for times in seen.values())


def test_the_alphabet_has_no_vowels_and_no_look_alikes() -> None:
    assert len(set(ALPHABET)) == len(ALPHABET) == 25
    assert not set(ALPHABET) & set("AEIOULMQWYZ")


def test_twelve_characters_are_55_7_bits() -> None:
    assert guess_margin_bits(12, issued=0) == guess_margin_bits(12, issued=1) == pytest.approx(55.726, abs=0.001)


@pytest.mark.parametrize("length", [1, 20])
def test_serials_of_every_length_that_a_pack_can_carry_have_a_margin(length: int) -> None:
    assert guess_margin_bits(length, issued=1) == pytest.approx(length * 4.6439, abs=0.001)


def test_each_doubling_of_the_issued_costs_one_bit() -> None:
    assert guess_margin_bits(12, issued=1 << 20) == pytest.approx(guess_margin_bits(12, issued=1) - 20)


def test_a_negative_number_of_serials_makes_no_sense() -> None:
    with pytest.raises(GS1Error) as caught:
        guess_margin_bits(12, issued=-1)
    assert caught.value.code == "COUNT"


def test_a_gtin_stops_where_one_guess_in_ten_thousand_would_hit() -> None:
    # 25 ** 4 = 390,625 serials; 390,625 / 2 ** 13.3 = 38.7.
    check_margin(4, issued=38)
    with pytest.raises(GS1Error, match=r"39 serials of 4 characters: a guess margin of 13\.3 bits") as caught:
        check_margin(4, issued=39)
    assert caught.value.code == "GUESS_MARGIN"


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        (("", "9506000", "1"), "CHARACTER"),
        (("00", "9506000", "1"), "CHARACTER"),
        (("x", "9506000", "1"), "CHARACTER"),
        (("0", "950", "1"), "PREFIX"),
        (("0", "9506000000000", "1"), "PREFIX"),
        (("0", "95o6000", "1"), "PREFIX"),
        (("0", "9506000", ""), "CHARACTER"),
        (("0", "9506000", "-1"), "CHARACTER"),
        (("0", "9506000", "1234567890"), "LENGTH"),
        (("0", "950600000000", "12345"), "LENGTH"),
    ],
)
def test_an_sscc_of_wrong_parts_is_not_built(parts: tuple[str, str, str], code: str) -> None:
    with pytest.raises(GS1Error) as caught:
        build_sscc(*parts)
    assert caught.value.code == code


def test_an_sscc_is_filled_up_and_gets_its_check_digit() -> None:
    assert build_sscc("0", "9506000", "1") == Sscc("095060000000000015")
    assert build_sscc("1", "0614141", "234567890") == Sscc("106141412345678908")
    assert build_sscc("9", "950600000000", "1234").digits.startswith("99506000000001234")
