"""JSON that two readers would read differently is refused, with the place of the trouble."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supplychain.epcis.errors import EPCISError
from supplychain.epcis.limits import Limits
from supplychain.epcis.strict_json import LARGEST_INTEGER, check_value, read_json


@pytest.mark.parametrize(
    ("text", "code", "path"),
    [
        ('{"a": 1, "a": 1}', "DUPLICATE_KEY", "a"),
        ('{"b": [{}, {"a": {"x": 1, "x": {}}}]}', "DUPLICATE_KEY", "b[1].a.x"),
        ('{"a": [0, 9007199254740992]}', "NUMBER", "a[1]"),
        ('{"a": -9007199254740992}', "NUMBER", "a"),
        ('{"a": ' + "9" * 5000 + "}", "NUMBER", "a"),
        ('{"a": 1e400}', "NUMBER", "a"),
        ('{"a": -1e400}', "NUMBER", "a"),
        ('{"a": 0.' + "1" * 70 + "}", "NUMBER", "a"),
        ('{"a": NaN}', "NUMBER", "a"),
        ('{"a": [Infinity]}', "NUMBER", "a[0]"),
        ('{"a": -Infinity}', "NUMBER", "a"),
        ('{"a": "x\\u0000y"}', "CHARACTER", "a"),
        ('{"a": {"\\u0007": 1}}', "CHARACTER", "a"),
        ('["\\ud800"]', "CHARACTER", "[0]"),
        ('["\\udfff\\ud83d"]', "CHARACTER", "[0]"),
        ('{"a.b": {"c[0]": NaN}}', "NUMBER", '["a.b"]["c[0]"]'),
        ("", "SYNTAX", ""),
        ("{", "SYNTAX", ""),
        ('{"a": 1,}', "SYNTAX", ""),
        ("[1] [2]", "SYNTAX", ""),
        ("{'a': 1}", "SYNTAX", ""),
        ('{"a": 01}', "SYNTAX", ""),
        ('{"a": "\n"}', "SYNTAX", ""),
        ("<a/>", "SYNTAX", ""),
        ("[" * 100_000, "DEPTH", ""),
        ('{"a":' * 100_000, "DEPTH", ""),
        ('{"a": 1, "a": 2, "b": ' + "[" * 100_000, "DEPTH", ""),
        ('[{"a": 1, "a": 2}, ' + "[" * 100_000, "DEPTH", ""),
    ],
)
def test_trouble_is_named_with_its_place(text: str, code: str, path: str) -> None:
    for data in (text, text.encode("utf-8", "surrogatepass")):
        with pytest.raises(EPCISError) as refusal:
            read_json(data)
        assert (refusal.value.code, refusal.value.path) == (code, path)


def test_trouble_in_front_of_broken_syntax_is_broken_syntax() -> None:
    with pytest.raises(EPCISError) as refusal:
        read_json('{"a": {"b": 1, "b": 2}, "c": ')
    assert refusal.value.code == "SYNTAX"


@pytest.mark.parametrize("data", [b"\xff\xfe{}", b'{"a": "\xc3"}', "{}".encode("utf-16"), b'"\xed\xa0\x80"'])
def test_only_utf_8_is_read(data: bytes) -> None:
    with pytest.raises(EPCISError, match="UTF-8"):
        read_json(data)


def test_a_document_beyond_the_limit_is_not_read_at_all() -> None:
    with pytest.raises(EPCISError) as refusal:
        read_json(b" " * 101, Limits(size=100))
    assert refusal.value.code == "SIZE"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('\ufeff{"a": 1}', {"a": 1}),
        ('"\\u00e9\\ud83d\\ude00\\t\\n"', "é😀\t\n"),
        (
            f"[{LARGEST_INTEGER}, -{LARGEST_INTEGER}, -0, 1.50, 2e3]",
            [LARGEST_INTEGER, -LARGEST_INTEGER, 0, 1.5, 2000.0],
        ),
        ("[true, false, null]", [True, False, None]),
    ],
)
def test_what_everybody_reads_alike_is_read(text: str, value: object) -> None:
    assert read_json(text.encode()) == value


@pytest.mark.parametrize(
    ("value", "code", "path"),
    [
        ({"a": [2**53]}, "NUMBER", "a[0]"),
        ({"a": float("nan")}, "NUMBER", "a"),
        ({"a": [1.5, 3, "x", None, True, float("nan")]}, "NUMBER", "a[5]"),
        ([{"b": "\x00"}], "CHARACTER", "[0].b"),
        ({"a": b"bytes"}, "TYPE", "a"),
        ({"a": {1, 2}}, "TYPE", "a"),
        ({"a": (1, 2)}, "TYPE", "a"),
        ({"\x00": 1}, "CHARACTER", ""),
        ({"a": -(2**60)}, "NUMBER", "a"),
        ({"a": float("-inf")}, "NUMBER", "a"),
    ],
)
def test_what_another_reader_made_is_looked_at_as_strictly(value: object, code: str, path: str) -> None:
    with pytest.raises(EPCISError) as refusal:
        check_value(value)
    assert (refusal.value.code, refusal.value.path) == (code, path)


def test_what_a_strict_reader_would_have_given_is_let_through() -> None:
    check_value({"a": [None, True, False, 0, -1.5, "x\t", {}, []], "b": None})


SAFE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-LARGEST_INTEGER, LARGEST_INTEGER)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=("Cs", "Cc"))),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=("Cs", "Cc"))), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(SAFE)
def test_it_reads_what_the_standard_library_writes(value: object) -> None:
    assert read_json(json.dumps(value)) == value
    check_value(value)


@given(st.binary(max_size=60) | st.text(max_size=60))
def test_nothing_but_its_own_error_comes_out(data: bytes | str) -> None:
    with contextlib.suppress(EPCISError):
        read_json(data)
