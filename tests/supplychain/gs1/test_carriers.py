"""What is written as an element string or as text in brackets is read again as the same values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supplychain.gs1.carriers import format_bracketed, format_element_string
from supplychain.gs1.characters import ORDER_82
from supplychain.gs1.element_string import GS1_SYMBOLOGIES, parse_bracketed, parse_element_string
from supplychain.gs1.errors import GS1Error

TEXTS = st.text(ORDER_82, min_size=1, max_size=20)
# A backslash is in no set of GS1, so that it can mark a bracket; the signs that scanners use for the separator are not
# in set 82 either.
ELEMENTS = st.permutations(
    [("01", "09506000134352"), ("17", "280131"), ("3103", "000123"), ("00", "106141412345678908")]
).flatmap(
    lambda fixed: st.builds(
        lambda lot, serial, own: dict([*fixed[:2], ("10", lot), ("21", serial), *fixed[2:], ("99", own)]),
        TEXTS,
        TEXTS,
        TEXTS,
    )
)


@given(ELEMENTS, st.sampled_from(["", *GS1_SYMBOLOGIES]))
def test_an_element_string_is_read_again(elements: dict[str, str], symbology: str) -> None:
    text = format_element_string(elements, symbology=symbology)
    values = {digits: value for digits, value in elements.items() if "<GS>" not in value}
    if values == elements:
        assert parse_element_string(text) == elements


@given(ELEMENTS)
def test_text_in_brackets_is_read_again(elements: dict[str, str]) -> None:
    assert parse_bracketed(format_bracketed(elements)) == elements


@pytest.mark.parametrize("write", [format_element_string, format_bracketed])
@pytest.mark.parametrize(
    ("elements", "code"),
    [
        ({}, "SYNTAX"),
        ({"89": "1"}, "UNKNOWN_AI"),
        ({"01": "09506000134353"}, "CHECK_DIGIT"),
        ({"10": "a\x1db"}, "CHARACTER"),
    ],
)
def test_what_could_not_be_read_is_not_written(write, elements, code) -> None:
    with pytest.raises(GS1Error) as refusal:
        write(elements)
    assert refusal.value.code == code


def test_a_symbol_of_another_kind_carries_no_element_string() -> None:
    with pytest.raises(GS1Error, match="expected one of"):
        format_element_string({"10": "L1"}, symbology="]E0")
