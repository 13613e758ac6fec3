"""JSON taken apart and written again gives the same bytes, whatever its fractions are worth."""

import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import MalformedError
from ledger.verifier.spelling import Number, parse_spelled, spell

TEXT = st.text(st.characters(codec="utf-8"))
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=20,
)


@given(st.dictionaries(TEXT, JSON))
def test_a_canonical_text_is_written_as_it_was(value) -> None:
    text = rfc8785.dumps(value)
    assert spell(parse_spelled(text)) == text


def test_keys_stand_in_the_order_of_their_code_units() -> None:
    text = json.dumps({"\U0001f600": 1, "\ufb33": 2}, ensure_ascii=False).encode()
    assert spell(parse_spelled(text)) == '{"\U0001f600":1,"\ufb33":2}'.encode()


def test_a_fraction_keeps_its_spelling() -> None:
    assert parse_spelled(b'{"a":1e-7}') == {"a": "1e-7"}
    assert repr(Number("0.5")) == "Number('0.5')"


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{", b"\xff", b'{"a":1,"a":2}', b'{"a":NaN}', b'{"a":Infinity}', b'{"a":' + b"[" * 100_000]
)
def test_what_is_no_object_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedError) as caught:
        parse_spelled(data)
    assert caught.value.code == "JSON"


def test_what_has_no_spelling_is_refused() -> None:
    deep: list[object] = []
    for _ in range(40):
        deep = [deep]
    for value, code in (("\ud800", "SURROGATE"), ({"\ud800": 1}, "SURROGATE"), (deep, "TOO_DEEP")):
        with pytest.raises(MalformedError) as caught:
            spell(value)
        assert caught.value.code == code
