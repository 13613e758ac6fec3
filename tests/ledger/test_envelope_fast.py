"""Whatever is asked, the fast way answers as the slow one: same value, same bytes, same refusal."""

import dataclasses
import datetime as dt
import decimal
import enum
import json
import struct
import uuid
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from ledger import envelope, envelope_fast
from ledger.envelope import MAX_DEPTH, MAX_ENVELOPE, MAX_INTEGER, Envelope, Signature
from ledger.errors import LedgerError
from tests.ledger.small_log import MAKER, WHOLESALER

TEXTS = st.text(max_size=12) | st.text(
    alphabet='\x00\x1f"\\/\x7f\u2028\ue000\uffff\U00010000\U0010ffff€aé:,[]-1.5e', max_size=8
)
FLOATS = st.floats() | st.sampled_from(
    [0.0001, 0.00001, 1e15, 999999999999999.9, 1e16, 123456789012345.6, 5e-324, 1e21, 0.1, -2.5]
)
SCALARS = st.none() | st.booleans() | st.integers(-MAX_INTEGER - 2, MAX_INTEGER + 2) | st.integers() | TEXTS
PLAIN = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=5), max_leaves=15
)
VALUES = st.recursive(
    SCALARS | FLOATS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=5),
    max_leaves=15,
)

EVENT = {
    "after": ["5e" * 32],
    "event": {"eventTime": "2026-11-23T08:00:00.000Z", "eventTimeZoneOffset": "+00:00", "größe": [1, True, None]},
    "kind": "event",
    "lists": {"epcList": {"root": "12e4" * 16, "size": 3}},
    "type": "medtrail.statement.v1",
}
PAYLOAD = envelope.canonical(EVENT)
SIGNED = Envelope(PAYLOAD, (MAKER.sign(PAYLOAD), WHOLESALER.sign(PAYLOAD)))
DATA = SIGNED.encode()


class Shade(enum.Enum):
    DARK = "dark"


class Word(enum.StrEnum):
    YES = "yes"


class Count(enum.IntEnum):
    ONE = 1


class Text(str):
    __slots__ = ()


@dataclasses.dataclass
class Point:
    x: int


def answer(ask: Callable[..., Any], *args: Any) -> tuple[str, Any]:
    """What comes back, with the types inside it; or the refusal, word for word."""
    try:
        found = ask(*args)
    except LedgerError as error:
        return type(error).__name__, (error.code, str(error))
    return "ok", repr(found)


def same(name: str, *args: Any) -> tuple[str, Any]:
    fast = answer(getattr(envelope_fast, name), *args)
    assert fast == answer(getattr(envelope, name), *args)
    return fast


# --- Writing ----------------------------------------------------------------------------------------------------------


@given(VALUES)
def test_every_value_is_written_or_refused_as_before(value):
    same("canonical", value)
    same("canonical_with_floats", value)


@given(PLAIN)
def test_what_is_written_is_what_the_library_writes(value):
    outcome, _ = same("canonical", value)
    if outcome == "ok":
        assert envelope_fast.canonical(value) == rfc8785.dumps(value)


@given(st.lists(st.integers(0, 2**64 - 1).map(lambda bits: struct.unpack(">d", bits.to_bytes(8))[0]), max_size=20))
def test_doubles_of_any_bits_are_written_as_javascript_writes_them(numbers):
    same("canonical_with_floats", numbers)


@given(st.lists(st.decimals(-(10**16), 10**16, places=6).map(float), max_size=20))
def test_doubles_of_everyday_size_are_written_as_javascript_writes_them(numbers):
    same("canonical_with_floats", {"readings": numbers})


@pytest.mark.parametrize(
    "value",
    [
        Shade.DARK, Word.YES, Count.ONE, Text("t"), Point(1), uuid.UUID(int=1), dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        dt.date(2026, 1, 1), decimal.Decimal("1.5"), (1, 2), OrderedDict(a=1), b"bytes", {1, 2}, float("nan"), -0.0,
        1.0, 2**53, -(2**53), 2**64, 10**5000, "\ud800", {"\udc00": 1}, {1: 2}, {None: 1}, {Text("k"): 1}, 1, None,
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_objects_that_are_no_json_are_treated_as_before(value):
    for around in (value, [value], {"a": value}, {"a": [[value]]}):
        same("canonical", around)
        same("canonical_with_floats", around)


def test_a_value_that_contains_itself_is_refused_as_before():
    endless: list[Any] = []
    endless.append(endless)
    assert same("canonical", endless)[1][0] == "TOO_DEEP"
    assert same("canonical_with_floats", endless)[1][0] == "NOT_CANONICAL"


@pytest.mark.parametrize("levels", [MAX_DEPTH - 1, MAX_DEPTH, MAX_DEPTH + 1, 200, 300])
def test_depth_counts_as_before(levels):
    value: Any = "x"
    for _ in range(levels):
        value = [value]
    same("canonical", value)
    same("canonical", {"a": value, "b": [[], [], {}]})


# --- Reading ----------------------------------------------------------------------------------------------------------

TRAPS = [
    b'{"a":1,"a":1}', b'{"a":1,"\\u0061":2}', b'{"a":1.5}', b'{"a":[1.5]}', b'{"a":[1,2.5]}', b'{"a":-0.5}',
    b'{"a":1e21}',
    b'{"a":":1.5"}', b'{"a":",1.5"}', b'{"a":"[1.5"}', b'{"a\\":1.5":1}', b'{"a":18446744073709551616}', b'{"a":-0}',
    b'{"a":9007199254740992}', b'{"a":9007199254740991}', b'{"a":"\\ud800"}', '{"\ue000":1,"\U00010000":2}'.encode(),
    '{"\U00010000":2,"\ue000":1}'.encode(), b'\xef\xbb\xbf{"a":1}',
    b'{"a":"\xed\xa0\x80"}', b"[]", b"1.5", b"", b'{"a":1}\n',
    b'{"a":"\\u001f"}', b'{"a":"\\u001F"}', b'{"a":"\\/"}', b'{"a":"\x7f"}', b'{"a":NaN}',
    b'{"a":' + b"[" * 31 + b"]" * 31 + b"}", b'{"a":' + b"[" * 32 + b"]" * 32 + b"}",
    b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}",
]  # fmt: skip


@pytest.mark.parametrize("data", TRAPS)
def test_every_trap_is_answered_as_before(data):
    same("parse_payload", data)


SPELT = PLAIN.map(
    lambda value: json.dumps({"a": value}, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    .encode("utf-8", "surrogatepass")
)  # fmt: skip


@given(st.binary(max_size=40) | VALUES.map(lambda value: json.dumps(value).encode()) | SPELT)
def test_whatever_is_read_is_read_as_before(data):
    same("parse_payload", data)


@given(st.dictionaries(TEXTS, PLAIN, max_size=5))
def test_what_is_canonical_parses_to_what_it_was(value):
    try:
        data = envelope.canonical(value)
    except LedgerError:
        return
    assert envelope_fast.parse_payload(data) == value
    assert same("parse_payload", data)[0] == "ok"


@given(st.integers(0, len(PAYLOAD) - 1), st.binary(max_size=3), st.integers(0, 2))
def test_a_statement_with_a_few_bytes_changed_is_read_as_before(at, put, cut):
    same("parse_payload", PAYLOAD[:at] + put + PAYLOAD[at + cut :])


# --- Envelopes --------------------------------------------------------------------------------------------------------


def rewritten(**changes: Any) -> bytes:
    return envelope.canonical(json.loads(DATA) | changes)


ONE = json.loads(DATA)["signatures"][0]
SPELLINGS = [
    DATA, DATA + b" ", b" " + DATA, DATA[:-1], b"", b"{}", rewritten(signatures=[]), rewritten(signatures=[ONE, ONE]),
    rewritten(signatures=[{**ONE, "keyid": f"{number:064x}"} for number in range(20)]),
    rewritten(signatures=[{**ONE, "keyid": f"{number:064x}"} for number in range(21)]),
    rewritten(signatures=[{**ONE, "keyid": ONE["keyid"].upper()}]), rewritten(signatures=[{**ONE, "more": 1}]),
    rewritten(signatures=[{**ONE, "sig": ONE["sig"][:-1]}]), rewritten(signatures=[{**ONE, "sig": ""}]),
    rewritten(signatures=ONE), rewritten(payload=""), rewritten(payload="AB=="), rewritten(payload="AA=A"),
    rewritten(payload="QUJD\n"), rewritten(payload=1), rewritten(payload="€"), rewritten(payloadType="text/plain"),
    rewritten(more=1), json.dumps(json.loads(DATA)).encode(), DATA.replace(b'"sig"', b'"s\\u0069g"'),
]  # fmt: skip


@pytest.mark.parametrize("data", SPELLINGS, ids=range(len(SPELLINGS)))
def test_every_spelling_of_an_envelope_is_answered_as_before(data):
    same("parse_envelope", data)


@given(st.integers(0, len(DATA) - 1), st.binary(max_size=2), st.integers(0, 2))
@example(0, b"", 0)
def test_an_envelope_with_a_few_bytes_changed_is_answered_as_before(at, put, cut):
    same("parse_envelope", DATA[:at] + put + DATA[at + cut :])


@given(st.binary(max_size=200), st.lists(st.binary(max_size=80), min_size=1, max_size=4))
def test_any_payload_and_any_signatures_come_back(payload, ders):
    made = Envelope(payload, tuple(Signature(f"{number:064x}", der) for number, der in enumerate(ders)))
    assert envelope_fast.parse_envelope(made.encode()) == made
    assert same("parse_envelope", made.encode())[0] == "ok"


def test_an_envelope_may_be_as_large_as_before():
    largest = Envelope(bytes(48_900), SIGNED.signatures).encode()
    for data in (largest, largest + b" " * (MAX_ENVELOPE + 1 - len(largest))):
        same("parse_envelope", data)
    assert envelope_fast.parse_envelope(DATA, max_bytes=len(DATA)) == SIGNED
    with pytest.raises(LedgerError, match="expected at most"):
        envelope_fast.parse_envelope(DATA, max_bytes=len(DATA) - 1)


# --- It is fast where it should be ------------------------------------------------------------------------------------


def test_an_ordinary_statement_takes_the_fast_way():
    assert envelope_fast.parse_plain(PAYLOAD) == EVENT
    assert envelope_fast.parse_plain_envelope(DATA) == SIGNED
