"""The envelope: a statement's bytes and the signatures over them (DSSE over RFC 8785 JSON).

What is signed is `PAE(type, payload)`, which binds the type and every length: bytes signed here mean nothing anywhere
else. `entry_id` = SHA-256(PAE) is a statement's identity. Never use a signature or an envelope's hash for that: whoever
sees an ECDSA signature (r, s) can write another valid one, (r, n - s).

The payload is canonicalised once, by its signer. Whoever reads it only checks that it is canonical, so one meaning has
one spelling; duplicate keys, floats and integers that a double cannot hold are refused.

>>> payload = canonical({"kind": "event", "after": []})
>>> payload, parse_payload(payload)["kind"]
(b'{"after":[],"kind":"event"}', 'event')

Source: DSSE v1 protocol; RFC 8785; design section 2.2.
"""

import base64
import binascii
import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ledger.errors import MalformedError, VerificationError

PAYLOAD_TYPE = "application/vnd.medtrail.statement+json"
MAX_ENVELOPE = 65_536
MAX_SIGNATURES = 20
MAX_DEPTH = 32
MAX_INTEGER = 2**53 - 1
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

_DSSE_HEAD = f"DSSEv1 {len(PAYLOAD_TYPE)} {PAYLOAD_TYPE} ".encode()


def pae(payload: bytes) -> bytes:
    """The bytes that are signed: type and payload, each behind its length. Source: DSSE v1, "Signature Definition"."""
    return _DSSE_HEAD + str(len(payload)).encode() + b" " + payload


def entry_id(payload: bytes) -> bytes:
    """A statement's identity, 32 bytes, whoever signed it and however often: SHA-256 of what is signed.

    Source: design section 2.2.
    """
    return hashlib.sha256(pae(payload)).digest()


def keyid_of(spki: bytes) -> str:
    """A key's name: lower-case hex SHA-256 of its DER SubjectPublicKeyInfo, 64 characters. Source: design 2.2."""
    return hashlib.sha256(spki).hexdigest()


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature: the key's name (64 hex) and the ECDSA signature in DER."""

    keyid: str
    der: bytes


@dataclass(frozen=True)
class Envelope:
    """A payload with its signatures, none of them checked.

    The order of the signatures is part of the envelope's bytes, so of its hash, but not of the statement's identity.
    """

    payload: bytes
    signatures: tuple[Signature, ...]

    def encode(self) -> bytes:
        """The envelope's own canonical bytes: what is stored, sent and hashed into the log."""
        signatures = [{"keyid": one.keyid, "sig": _b64(one.der)} for one in self.signatures]
        return canonical({"payload": _b64(self.payload), "payloadType": PAYLOAD_TYPE, "signatures": signatures})

    @cached_property
    def sha256(self) -> bytes:
        """SHA-256 over `encode()`: what the log's leaf commits to."""
        return hashlib.sha256(self.encode()).digest()

    @cached_property
    def statement(self) -> dict[str, Any]:
        """The payload as an object; raises as `parse_payload`."""
        return parse_payload(self.payload)


def parse_envelope(data: bytes, *, max_bytes: int = MAX_ENVELOPE) -> Envelope:
    """The envelope that `data` is.

    Steps: (1) size and JSON; (2) the three members and the type; (3) each signature's form; (4) written again, it gives
    the same bytes. Left to the caller: the payload, and whether any signature is right.

    Raises:
        MalformedError: too large (OVERSIZE), not JSON, not canonical (NOT_CANONICAL), another type (PAYLOAD_TYPE), no
            or too many signatures, a key twice, bad base64 (ENVELOPE).
    """
    if len(data) > max_bytes:
        raise MalformedError(f"envelope of {len(data)} bytes: expected at most {max_bytes}", code="OVERSIZE")
    parsed = parse_payload(data)
    if sorted(parsed) != ["payload", "payloadType", "signatures"]:
        raise MalformedError(
            f"envelope: members {sorted(parsed)[:5]}, expected payload, payloadType, signatures", code="ENVELOPE"
        )
    if parsed["payloadType"] != PAYLOAD_TYPE:
        raise MalformedError(
            f"payload type {str(parsed['payloadType'])[:80]!r}: expected {PAYLOAD_TYPE!r}", code="PAYLOAD_TYPE"
        )
    listed = parsed["signatures"]
    if not isinstance(listed, list) or not 1 <= len(listed) <= MAX_SIGNATURES:
        raise MalformedError(f"envelope: expected 1 to {MAX_SIGNATURES} signatures", code="ENVELOPE")
    signatures = tuple(_parse_signature(one) for one in listed)
    if len({one.keyid for one in signatures}) != len(signatures):
        raise MalformedError("envelope: one key signs twice; expected each key once", code="ENVELOPE")
    envelope = Envelope(_unb64(parsed["payload"], "payload"), signatures)
    # Base64 has spellings that decode to the same bytes. Only ours may hash into the log.
    if envelope.encode() != data:
        raise MalformedError("envelope: not in its canonical spelling", code="NOT_CANONICAL")
    return envelope


def _parse_signature(value: Any) -> Signature:
    if not isinstance(value, dict) or sorted(value) != ["keyid", "sig"]:
        raise MalformedError("envelope: a signature has other members than keyid and sig", code="ENVELOPE")
    keyid = value["keyid"]
    if not isinstance(keyid, str) or len(keyid) != 64 or not set(keyid) <= set("0123456789abcdef"):
        raise MalformedError(f"keyid {str(keyid)[:80]!r}: expected 64 lower-case hex digits", code="ENVELOPE")
    return Signature(keyid, _unb64(value["sig"], "sig"))


def parse_payload(data: bytes) -> dict[str, Any]:
    """The JSON object in `data`, if `data` is its RFC 8785 spelling and nothing in it could be read in two ways.

    Raises:
        MalformedError: as `parse_json`, or another spelling (NOT_CANONICAL).
    """
    value = parse_json(data)
    if canonical(value) != data:
        raise MalformedError("JSON is not in its canonical (RFC 8785) spelling", code="NOT_CANONICAL")
    return value


def parse_json(data: bytes) -> dict[str, Any]:
    """The JSON object in `data`, in whatever spelling.

    Raises:
        MalformedError: not JSON or not an object (JSON), a key twice (DUPLICATE_KEY), a float (FLOAT), an integer of
            2^53 or more (INTEGER_RANGE), nested too deep (TOO_DEEP), half of a surrogate pair (SURROGATE).
    """
    try:
        value = json.loads(
            data.decode(),
            object_pairs_hook=_refuse_duplicates,
            parse_float=_refuse_float,
            parse_constant=_refuse_float,
            parse_int=_parse_int,
        )
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise MalformedError(f"not JSON: {error}", code="JSON") from error
    except RecursionError as error:
        raise MalformedError(f"nested too deep: expected at most {MAX_DEPTH} levels", code="TOO_DEEP") from error
    if not isinstance(value, dict):
        raise MalformedError(f"JSON {type(value).__name__}: expected an object", code="JSON")
    if b"\\u" in data:  # the only way in for text that has no bytes, and that would fail wherever it is hashed
        canonical(value)
    return value


def canonical(value: Any) -> bytes:
    """The RFC 8785 spelling of a value without floats.

    Python's own encoder writes strings as the standard wants them; what is ours is the key order (by UTF-16 code units,
    which differs from code points beyond the BMP) and the refusals.

    Raises:
        MalformedError: a float, an integer of 2^53 or more, a lone surrogate, a key that is no string, too deep.

    Source: RFC 8785 sections 3.2.2 and 3.2.3.
    """
    try:
        return json.dumps(_ordered(value, MAX_DEPTH), ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError as error:
        raise MalformedError("text with half of a surrogate pair: it has no UTF-8 form", code="SURROGATE") from error


def canonical_with_floats(value: Any) -> bytes:
    """The RFC 8785 spelling of any JSON value; sensor readings and quantities have fractions. For signers only.

    Raises:
        MalformedError: the value has no canonical form (NOT_CANONICAL).
    """
    import rfc8785  # here, so that verifying needs nothing beyond the standard library

    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, ValueError, RecursionError) as error:
        # Not in its words alone: text without UTF-8, a number of thousands of digits, a list that contains itself.
        raise MalformedError(f"no canonical form: {error}", code="NOT_CANONICAL") from error


def _ordered(value: Any, depth: int) -> Any:
    if depth == 0 and isinstance(value, dict | list | tuple):
        raise MalformedError(f"nested too deep: expected at most {MAX_DEPTH} levels", code="TOO_DEEP")
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise MalformedError("object key that is no string", code="JSON")
        return {key: _ordered(value[key], depth - 1) for key in sorted(value, key=_utf16)}
    if isinstance(value, list | tuple):
        return [_ordered(one, depth - 1) for one in value]
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        if abs(value) > MAX_INTEGER:
            # Not its digits: Python refuses to write thousands of them.
            raise MalformedError(f"integer of {value.bit_length()} bits: expected less than 2^53", code="INTEGER_RANGE")
        return value
    raise MalformedError(
        f"{type(value).__name__} {value!r:.60}: expected text, whole number, list or object", code="FLOAT"
    )


def _utf16(key: str) -> bytes:
    return key.encode("utf-16-be", "surrogatepass")


def _refuse_duplicates(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise MalformedError(f"key {twice[:80]!r} stands twice in one object", code="DUPLICATE_KEY")
    return found


def _refuse_float(text: str) -> Any:
    raise MalformedError(f"number {text[:40]}: expected a whole number or text", code="FLOAT")


def _parse_int(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > MAX_INTEGER:
        raise MalformedError(f"integer {text[:40]}: expected less than 2^53", code="INTEGER_RANGE")
    return int(text)


# --- ECDSA signatures in DER ------------------------------------------------------------------------------------------


def check_low_s(der: bytes) -> None:
    """Refuse a signature that has a second valid spelling: strict DER, and s in the lower half of the order.

    Raises:
        VerificationError: not strict DER or out of range (BAD_DER), s > n/2 (HIGH_S).

    Source: SEC 1 section C.5 (DER); design section 2.2.
    """
    _, s = parse_der(der)
    if s > P256_ORDER // 2:
        raise VerificationError(
            "signature with s in the upper half of the order: expected its low-S form", code="HIGH_S"
        )


def to_low_s(der: bytes) -> bytes:
    """The low-S form of a signature. A signer's last step; verifiers never repair.

    Raises:
        VerificationError: not strict DER, or out of range (BAD_DER).
    """
    r, s = parse_der(der)
    return encode_der(r, min(s, P256_ORDER - s))


def raw_to_der(raw: bytes) -> bytes:
    """A signature as WebCrypto gives it, r ‖ s of 32 bytes each, as DER. It may still be high-S, or out of range.

    Raises:
        VerificationError: not 64 bytes (BAD_DER).

    Source: W3C Web Cryptography API, "ECDSA"; SEC 1 section C.5.
    """
    if len(raw) != 64:
        raise VerificationError(f"raw signature of {len(raw)} bytes: expected 64", code="BAD_DER")
    return encode_der(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))


def parse_der(der: bytes) -> tuple[int, int]:
    """(r, s) of a signature in strict DER, both in 1 to n-1.

    Raises:
        VerificationError: any other spelling, or a number out of range (BAD_DER).

    Source: X.690 section 10.1; FIPS 186-5 section 6.4.2.
    """
    if not 8 <= len(der) <= 72 or der[0] != 0x30 or der[1] != len(der) - 2:
        raise VerificationError(f"signature {der[:8].hex()}…: expected a DER sequence of two integers", code="BAD_DER")
    r_length = der[3]
    r, s = der[4 : 4 + r_length], der[6 + r_length :]
    one, other = int.from_bytes(r, "big"), int.from_bytes(s, "big")
    # Written again, there is one spelling only: this refuses every long form, padding and trailing byte at once.
    if not (0 < one < P256_ORDER and 0 < other < P256_ORDER) or encode_der(one, other) != der:
        raise VerificationError(f"signature {der[:8].hex()}…: not strict DER, or out of range", code="BAD_DER")
    return one, other


def encode_der(r: int, s: int) -> bytes:
    """Two integers from 0 on as a DER sequence. Their lengths stay below 128 bytes for P-256.

    Source: X.690 sections 8.3 and 8.9.
    """
    one, other = r.to_bytes(r.bit_length() // 8 + 1, "big"), s.to_bytes(s.bit_length() // 8 + 1, "big")
    size = 4 + len(one) + len(other)
    return b"\x30%c\x02%c%b\x02%c%b" % (size, len(one), one, len(other), other)


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _unb64(text: Any, name: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError, TypeError) as error:
        raise MalformedError(f"envelope: {name} is not base64", code="ENVELOPE") from error
