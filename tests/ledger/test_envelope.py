import base64
import hashlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import crypto_fast
from ledger.envelope import (
    MAX_DEPTH,
    MAX_ENVELOPE,
    MAX_INTEGER,
    MAX_SIGNATURES,
    P256_ORDER,
    PAYLOAD_TYPE,
    Envelope,
    Signature,
    canonical,
    canonical_with_floats,
    check_low_s,
    encode_der,
    entry_id,
    keyid_of,
    pae,
    parse_der,
    parse_envelope,
    parse_json,
    parse_payload,
    raw_to_der,
    to_low_s,
)
from ledger.errors import LedgerError, MalformedError, VerificationError
from tests.ledger.small_log import MAKER, WHOLESALER

PAYLOAD = canonical({"type": "medtrail.statement.v1", "kind": "event", "event": {"größe": [1, True, None]}})
ENVELOPE = Envelope(PAYLOAD, (MAKER.sign(PAYLOAD), WHOLESALER.sign(PAYLOAD)))
DATA = ENVELOPE.encode()
NUMBERS = st.integers(1, P256_ORDER - 1)


def refused(data: bytes, parse=parse_payload) -> str:
    with pytest.raises(MalformedError) as caught:
        parse(data)
    return caught.value.code


def rewritten(**changes) -> bytes:
    return json.dumps(json.loads(DATA) | changes, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


# --- Payloads: one meaning, one spelling ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b'{"a":1,"a":1}', "DUPLICATE_KEY"),
        (b'{"a":{"b":1,"c":2,"b":3}}', "DUPLICATE_KEY"),
        (b'{"a":1,"\\u0061":2}', "DUPLICATE_KEY"),
        (b'{"a":1.0}', "FLOAT"),
        (b'{"a":1e2}', "FLOAT"),
        (b'{"a":-0.0}', "FLOAT"),
        (b'{"a":NaN}', "FLOAT"),
        (b'{"a":Infinity}', "FLOAT"),
        (b'{"a":-Infinity}', "FLOAT"),
        (b'{"a":9007199254740992}', "INTEGER_RANGE"),
        (b'{"a":-9007199254740992}', "INTEGER_RANGE"),
        (b'{"a":' + b"9" * 5000 + b"}", "INTEGER_RANGE"),
        (b'{"a":-0}', "NOT_CANONICAL"),
        (b'{ "a":1}', "NOT_CANONICAL"),
        (b'{"a":1}\n', "NOT_CANONICAL"),
        (b'{"b":1,"a":2}', "NOT_CANONICAL"),
        (b'{"a":"\\u0061"}', "NOT_CANONICAL"),
        (b'{"a":"\\/"}', "NOT_CANONICAL"),
        (b'{"a":"\\u000A"}', "NOT_CANONICAL"),
        (b'{"a":"\\u001F"}', "NOT_CANONICAL"),
        (b'{"a":"\\u00e9"}', "NOT_CANONICAL"),
        ('{"\ue000":1,"\U00010000":2}'.encode(), "NOT_CANONICAL"),
        (b'{"a":"\\ud800"}', "SURROGATE"),
        (b'{"\\udfff":1}', "SURROGATE"),
        (b'{"a":"\\ud800', "JSON"),
        (b'{"a":"\x01"}', "JSON"),
        (b'{"a":"\xff"}', "JSON"),
        (b'{"a":"\xed\xa0\x80"}', "JSON"),
        (b'\xef\xbb\xbf{"a":1}', "JSON"),
        ('{"a":1}'.encode("utf-16"), "JSON"),
        (b'{"a":1}{"a":1}', "JSON"),
        (b'{"a":1,}', "JSON"),
        (b'{"a":01}', "JSON"),
        (b'{"a":+1}', "JSON"),
        (b"{'a':1}", "JSON"),
        (b'{"a":1/*b*/}', "JSON"),
        (b"", "JSON"),
        (b"[]", "JSON"),
        (b'"a"', "JSON"),
        (b"null", "JSON"),
        (b'{"a":' + b"[" * 40 + b"]" * 40 + b"}", "TOO_DEEP"),
        (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "TOO_DEEP"),
    ],
)
def test_a_payload_that_could_be_read_in_two_ways_is_refused(data, code):
    assert refused(data) == code


def test_many_duplicate_keys_do_not_cost_more_than_reading_them():
    # The twin stands at the end, where counting each key again would take minutes.
    keys = ",".join(f'"{number}":0' for number in range(60_000))
    assert refused(f'{{{keys},"59999":1}}'.encode()) == "DUPLICATE_KEY"


def test_keys_are_in_the_order_of_utf_16_which_is_not_that_of_code_points():
    value = {"\ue000": 1, "\U00010000": 2, "a": 3, "": 4}
    assert canonical(value) == '{"":4,"a":3,"\U00010000":2,"\ue000":1}'.encode()
    assert parse_payload(canonical(value)) == value


def test_text_is_written_as_it_is_but_for_what_json_must_escape():
    assert canonical('\x00\b\t\n\f\r\x1f "\\/\x7f\u2028é😀') == (
        b'"\\u0000\\b\\t\\n\\f\\r\\u001f \\"\\\\/\x7f' + "\u2028é😀".encode() + b'"'
    )


def test_numbers_go_as_far_as_a_double_counts():
    data = f'{{"a":{MAX_INTEGER},"b":-{MAX_INTEGER}}}'.encode()
    assert parse_payload(data) == {"a": MAX_INTEGER, "b": -MAX_INTEGER}


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (1.0, "FLOAT"), ({"a": 0.5}, "FLOAT"), (float("nan"), "FLOAT"), (2**53, "INTEGER_RANGE"), (b"bytes", "FLOAT"),
        ({1: 2}, "JSON"), ({None: 2}, "JSON"), ({"a": {1, 2}}, "FLOAT"), ("\ud800", "SURROGATE"),
        ({"\udc00": 1}, "SURROGATE"),
    ],
)  # fmt: skip
def test_what_has_no_canonical_form_is_refused(value, code):
    with pytest.raises(MalformedError) as caught:
        canonical(value)
    assert caught.value.code == code


def test_a_value_that_contains_itself_is_refused():
    endless: list = []
    endless.append(endless)
    with pytest.raises(MalformedError) as caught:
        canonical(endless)
    assert caught.value.code == "TOO_DEEP"


@pytest.mark.parametrize("innermost", ["x", [], {}])
def test_lists_and_objects_nest_32_deep_whatever_is_inside(innermost):
    def nested(levels):
        value = innermost
        for _ in range(levels):
            value = [value]
        return value

    inner = 0 if innermost == "x" else 1
    assert canonical(nested(MAX_DEPTH - inner))
    with pytest.raises(MalformedError) as caught:
        canonical(nested(MAX_DEPTH + 1 - inner))
    assert caught.value.code == "TOO_DEEP"


@pytest.mark.parametrize("value", [2**53, -(2**53), pytest.param(10**5000, id="5001 digits")])
def test_a_number_is_refused_however_long_it_is(value):
    with pytest.raises(MalformedError) as caught:
        canonical([value])
    assert caught.value.code == "INTEGER_RANGE"


def test_sealed_fields_may_have_fractions_but_no_numbers_beyond_numbers():
    assert canonical_with_floats({"b": 26.0, "a": [1e21, -0.0, 0.1]}) == b'{"a":[1e+21,0,0.1],"b":26}'
    for value in (float("nan"), float("inf"), 2**53, "\ud800", {1: 1}):
        with pytest.raises(MalformedError) as caught:
            canonical_with_floats(value)
        assert caught.value.code == "NOT_CANONICAL"


def test_a_file_need_not_be_canonical_but_unambiguous():
    assert parse_json(b' {"b" : 1, "a": "\\u00e9"}\n') == {"b": 1, "a": "é"}
    assert refused(b'{"a":1,"a":1}', parse_json) == "DUPLICATE_KEY"
    assert refused(b'{"a":"\\uD800"}', parse_json) == "SURROGATE"
    assert refused(b"[1]", parse_json) == "JSON"


# --- Envelopes --------------------------------------------------------------------------------------------------------


def test_what_is_signed_is_bound_to_type_and_length():
    assert pae(b"{}") == b"DSSEv1 39 application/vnd.medtrail.statement+json 2 {}"
    assert len(PAYLOAD_TYPE) == 39
    assert entry_id(b"{}") == hashlib.sha256(pae(b"{}")).digest()
    assert keyid_of(b"key") == hashlib.sha256(b"key").hexdigest()


def test_an_envelope_reads_as_it_was_written():
    read = parse_envelope(DATA)
    assert read == ENVELOPE
    assert read.encode() == DATA
    assert read.sha256 == hashlib.sha256(DATA).digest()
    assert read.statement["event"] == {"größe": [1, True, None]}
    for one, signature in zip((MAKER, WHOLESALER), read.signatures, strict=True):
        assert signature.keyid == one.keyid
        assert crypto_fast.verify_p256(one.spki, pae(PAYLOAD), signature.der)


def test_the_order_of_signatures_is_kept():
    other = Envelope(PAYLOAD, ENVELOPE.signatures[::-1])
    assert parse_envelope(other.encode()).signatures == ENVELOPE.signatures[::-1]
    assert other.sha256 != ENVELOPE.sha256


def test_another_signature_over_the_same_payload_is_the_same_entry():
    alone = Envelope(PAYLOAD, ENVELOPE.signatures[:1])
    assert alone.sha256 != ENVELOPE.sha256
    assert entry_id(alone.payload) == entry_id(ENVELOPE.payload)


SIGNED = json.loads(DATA)["signatures"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"payloadType": "application/json"}, "PAYLOAD_TYPE"),
        ({"payloadType": None}, "PAYLOAD_TYPE"),
        ({"more": 1}, "ENVELOPE"),
        ({"signatures": []}, "ENVELOPE"),
        ({"signatures": {}}, "ENVELOPE"),
        ({"signatures": None}, "ENVELOPE"),
        ({"signatures": [None]}, "ENVELOPE"),
        ({"signatures": [[]]}, "ENVELOPE"),
        ({"signatures": [SIGNED[0], SIGNED[0]]}, "ENVELOPE"),
        ({"signatures": [SIGNED[0] | {"alg": "none"}]}, "ENVELOPE"),
        ({"signatures": [{"keyid": SIGNED[0]["keyid"]}]}, "ENVELOPE"),
        ({"signatures": [SIGNED[0] | {"keyid": SIGNED[0]["keyid"].upper()}]}, "ENVELOPE"),
        ({"signatures": [SIGNED[0] | {"keyid": SIGNED[0]["keyid"][:-1]}]}, "ENVELOPE"),
        ({"signatures": [SIGNED[0] | {"keyid": 7}]}, "ENVELOPE"),
        ({"signatures": [SIGNED[0] | {"sig": 7}]}, "ENVELOPE"),
        ({"signatures": [SIGNED[0] | {"sig": "!"}]}, "ENVELOPE"),
        ({"signatures": [SIGNED[0] | {"sig": "é"}]}, "ENVELOPE"),
        ({"payload": "-_=="}, "ENVELOPE"),
        ({"payload": None}, "ENVELOPE"),
        ({"payload": "YQ"}, "ENVELOPE"),
        ({"payload": "YR=="}, "NOT_CANONICAL"),  # stray bits: a second spelling of "YQ=="
    ],
)
def test_an_envelope_that_is_not_as_we_write_it_is_refused(changes, code):
    assert refused(rewritten(**changes), parse_envelope) == code


@pytest.mark.parametrize("member", ["payload", "payloadType", "signatures"])
def test_an_envelope_without_one_of_its_members_is_refused(member):
    rest = {name: value for name, value in json.loads(DATA).items() if name != member}
    assert refused(canonical(rest), parse_envelope) == "ENVELOPE"


def test_envelopes_are_bounded_in_bytes_and_signatures():
    assert refused(b" " * (MAX_ENVELOPE + 1), parse_envelope) == "OVERSIZE"
    with pytest.raises(MalformedError, match="expected at most 100"):
        parse_envelope(DATA, max_bytes=100)
    many = [Signature(f"{number:064x}", b"x") for number in range(MAX_SIGNATURES + 1)]
    assert refused(Envelope(PAYLOAD, tuple(many)).encode(), parse_envelope) == "ENVELOPE"
    assert len(parse_envelope(Envelope(PAYLOAD, tuple(many[1:])).encode()).signatures) == MAX_SIGNATURES


def test_every_flipped_bit_is_refused_or_gives_another_hash():
    for at in range(0, len(DATA), 3):
        changed = DATA[:at] + bytes([DATA[at] ^ 1 << at % 8]) + DATA[at + 1 :]
        try:
            assert parse_envelope(changed).sha256 != ENVELOPE.sha256
        except MalformedError:
            continue


@given(
    st.binary(max_size=60), st.dictionaries(st.binary(min_size=32, max_size=32), st.binary(), min_size=1, max_size=4)
)
def test_any_payload_survives_the_envelope(payload, signatures):
    envelope = Envelope(payload, tuple(Signature(key.hex(), der) for key, der in signatures.items()))
    assert parse_envelope(envelope.encode()) == envelope


# --- Signatures have one spelling -------------------------------------------------------------------------------------


@settings(deadline=None)
@given(NUMBERS, NUMBERS)
def test_der_reads_as_it_was_written(r, s):
    der = encode_der(r, s)
    assert parse_der(der) == (r, s)
    assert raw_to_der(r.to_bytes(32, "big") + s.to_bytes(32, "big")) == der
    low = to_low_s(der)
    check_low_s(low)
    assert parse_der(low) in {(r, s), (r, P256_ORDER - s)}
    assert to_low_s(low) == low


def test_s_may_be_half_the_order_and_no_more():
    half = P256_ORDER // 2
    check_low_s(encode_der(1, half))
    with pytest.raises(VerificationError) as caught:
        check_low_s(encode_der(1, half + 1))
    assert caught.value.code == "HIGH_S"


GOOD = MAKER.sign(b"x").der


@pytest.mark.parametrize(
    "der",
    [
        b"", b"0", GOOD[:-1], GOOD + b"\x00", b"\x31" + GOOD[1:], GOOD[:1] + b"\x81" + GOOD[1:],
        GOOD[:2] + b"\x03" + GOOD[3:], bytes.fromhex("3006020101020100"), bytes.fromhex("3006020100020101"),
        bytes.fromhex("300702020001020101"), bytes.fromhex("300702010102020001"), bytes.fromhex("3006020181020101"),
        bytes.fromhex("3006020101020181"), bytes.fromhex("30060201010201"), bytes.fromhex("300602ff01020101"),
        bytes.fromhex("3080020101020101"), bytes.fromhex("3006020101030101"), bytes.fromhex("30050201010201"),
        encode_der(P256_ORDER, 1), encode_der(1, P256_ORDER), encode_der(2**256, 1), bytes(72), b"\x30" * 72, bytes(80),
    ],
)  # fmt: skip
def test_what_is_not_strict_der_is_refused(der):
    for check in (check_low_s, to_low_s, parse_der):
        with pytest.raises(VerificationError) as caught:
            check(der)
        assert caught.value.code == "BAD_DER"


@pytest.mark.parametrize("length", [0, 63, 65, 128])
def test_a_raw_signature_has_64_bytes(length):
    with pytest.raises(VerificationError, match=f"raw signature of {length} bytes: expected 64"):
        raw_to_der(bytes(length))


@given(st.binary(max_size=80))
def test_bytes_are_the_der_of_their_numbers_or_are_refused(data):
    try:
        numbers = parse_der(data)
    except LedgerError:
        return
    assert encode_der(*numbers) == data


def test_base64_of_the_envelope_is_the_standard_one():
    assert base64.b64decode(json.loads(DATA)["payload"], validate=True) == PAYLOAD
