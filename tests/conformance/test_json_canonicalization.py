"""The cases of RFC 8785's authors, and ours against `rfc8785` on whatever hypothesis comes up with."""

import json
import struct
from pathlib import Path

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from ledger.envelope import MAX_INTEGER, canonical, canonical_with_floats, parse_payload
from ledger.errors import MalformedError

pytestmark = pytest.mark.conformance

TEXTS = st.text() | st.text(alphabet='\x00\x1f"\\/\x7f\u2028\ue000\uffff\U00010000\U0010ffff€a')
SCALARS = st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | TEXTS
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=5), max_leaves=20
)


@pytest.fixture
def folder(shared_folder: Path) -> Path:
    return shared_folder / "vectors" / "json-canonicalization"


def test_the_documents_come_out_byte_for_byte(folder):
    names = sorted(path.name for path in (folder / "input").iterdir())
    assert names == ["arrays.json", "french.json", "structures.json"]
    for name in names:
        value = json.loads((folder / "input" / name).read_text(encoding="utf-8"))
        expected = (folder / "output" / name).read_bytes()
        in_hex = (folder / "outhex" / name).with_suffix(".txt").read_text().split()
        assert bytes.fromhex("".join(in_hex)) == expected
        assert canonical_with_floats(value) == expected


def test_a_document_without_floats_comes_out_alike_without_the_library(folder):
    value = json.loads((folder / "input" / "french.json").read_text(encoding="utf-8"))
    assert canonical(value) == (folder / "output" / "french.json").read_bytes()


def test_a_thousand_doubles_are_written_as_javascript_writes_them(folder):
    lines = (folder / "es6_numbers_1000.txt").read_text().split()
    assert len(lines) == 1000
    for line in lines:
        bits, _, expected = line.partition(",")
        (number,) = struct.unpack(">d", bytes.fromhex(bits.zfill(16)))
        assert canonical_with_floats(number).decode() == expected, line


@given(VALUES)
def test_values_without_floats_come_out_as_from_the_library(value):
    assert canonical(value) == rfc8785.dumps(value)


@given(st.dictionaries(TEXTS, VALUES, max_size=5))
def test_what_is_canonical_parses_to_what_it_was(value):
    assert parse_payload(canonical(value)) == value


@given(st.binary(max_size=40) | VALUES.map(lambda value: json.dumps(value).encode()))
def test_only_the_canonical_spelling_parses(data):
    try:
        value = parse_payload(data)
    except MalformedError:
        return
    assert rfc8785.dumps(value) == data
