"""The same answers as `ledger.envelope`, fifteen times as fast, for the server: there a signature costs microseconds.

`orjson` writes RFC 8785 but for a few values. Here it is asked first; where its answer is not provably the standard's,
`ledger.envelope` answers, so results and refusals are always those of that module. The offline verifier never comes
here: it needs the standard library only.

What makes an answer provable, read off the bytes themselves:

* they hold no float, or only floats that both write alike (not whole, 0.0001 <= |x| < 10^15: shortest digits, no
  exponent). A number stands behind `":`, `[` or `,` in JSON without blanks; text that merely looks so is asked slowly.
* they hold no character beyond the BMP: below, the order of UTF-8 bytes is that of UTF-16 units.
* they open at most 32 lists and objects, so nothing nests deeper.
* parsed and written again they are the same bytes: that refuses duplicate keys, blanks, other escapes and other orders.

>>> parse_payload(canonical({"kind": "event", "after": []}))
{'after': [], 'kind': 'event'}

Source: RFC 8785 sections 3.2.2 and 3.2.3; design section 6, "Hot paths".
"""

import binascii
import re
from typing import Any

import orjson

from ledger import envelope
from ledger.envelope import (
    MAX_DEPTH,
    MAX_ENVELOPE,
    MAX_SIGNATURES,
    PAYLOAD_TYPE,
    Envelope,
    Signature,
)

# Integers beyond 2^53 - 1 fail to be written; so do objects that JSON does not have, for `envelope` to refuse by name.
_OPTIONS = (
    orjson.OPT_SORT_KEYS
    | orjson.OPT_STRICT_INTEGER
    | orjson.OPT_PASSTHROUGH_SUBCLASS
    | orjson.OPT_PASSTHROUGH_DATACLASS
    | orjson.OPT_PASSTHROUGH_DATETIME
)
# Three searches, because each for fixed bytes takes a sixth of the time of one for all.
_FLOAT_MEMBER, _FLOAT_FIRST, _FLOAT_NEXT = (
    re.compile(before + rb"(-?[0-9]+[.eE][-+0-9.eE]*)") for before in (b'":', rb"\[", b",")
)
_PLAIN_FLOAT = re.compile(rb"-?(?:0\.0{0,3}[1-9][0-9]*|[1-9][0-9]{0,14}\.[0-9]*[1-9])(?<!0)")
_BEYOND_BMP = re.compile(rb"[\xf0-\xff]")

_HEAD = b'{"payload":"'
_MIDDLE = b'","payloadType":"' + PAYLOAD_TYPE.encode() + b'","signatures":['
_SIGNATURE = re.compile(rb'\{"keyid":"([0-9a-f]{64})","sig":"([A-Za-z0-9+/=]*)"\}')


def canonical(value: Any) -> bytes:
    """As `ledger.envelope.canonical`: the RFC 8785 spelling of a value without floats; raises as that."""
    data = _written(value)
    # Parsed again it must be equal: orjson writes enums, UUIDs and NaN as something else.
    if data is None or not _is_plain(data) or orjson.loads(data) != value:
        return envelope.canonical(value)
    return data


def canonical_with_floats(value: Any) -> bytes:
    """As `ledger.envelope.canonical_with_floats`: the RFC 8785 spelling of any JSON value; raises as that."""
    data = _written(value)
    if (
        data is None
        or not _is_in_order(data)
        or not all(_PLAIN_FLOAT.fullmatch(number) for number in _floats(data))
        or orjson.loads(data) != value
    ):
        return envelope.canonical_with_floats(value)
    return data


def parse_payload(data: bytes) -> dict[str, Any]:
    """As `ledger.envelope.parse_payload`: the object in `data`, if that is its RFC 8785 spelling; raises as that."""
    value = parse_plain(data)
    return envelope.parse_payload(data) if value is None else value


def parse_plain(data: bytes) -> dict[str, Any] | None:
    """The object in `data`, if that is provably its canonical spelling; None says nothing either way."""
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(value, dict) or not _is_plain(data) or _written(value) != data:
        return None
    return value


def parse_envelope(data: bytes, *, max_bytes: int = MAX_ENVELOPE) -> Envelope:
    """As `ledger.envelope.parse_envelope`: the envelope that `data` is; raises as that."""
    parsed = parse_plain_envelope(data) if len(data) <= max_bytes else None
    return envelope.parse_envelope(data, max_bytes=max_bytes) if parsed is None else parsed


def parse_plain_envelope(data: bytes) -> Envelope | None:
    """The envelope that `data` is, if written down from its parts it gives `data` again; None says nothing.

    Base64 and hex hold nothing that JSON escapes, so what is written here is what `Envelope.encode` writes.
    """
    end = data.find(b'"', len(_HEAD))
    try:
        payload = binascii.a2b_base64(data[len(_HEAD) : end])
        signatures = [
            Signature(keyid.decode(), binascii.a2b_base64(der)) for keyid, der in _SIGNATURE.findall(data, end)
        ]
    except binascii.Error:
        return None
    parsed = Envelope(payload, tuple(signatures))
    if encode(parsed) != data or not 1 <= len(signatures) <= MAX_SIGNATURES:
        return None
    if len(signatures) > 1 and len({one.keyid for one in signatures}) != len(signatures):
        return None
    return parsed


def encode(one: Envelope) -> bytes:
    """As `Envelope.encode`: the canonical bytes of an envelope whose keyids are hex."""
    signed = [b'{"keyid":"%b","sig":"%b"}' % (each.keyid.encode(), _b64(each.der)) for each in one.signatures]
    return b"%b%b%b%b]}" % (_HEAD, _b64(one.payload), _MIDDLE, b",".join(signed))


def _b64(data: bytes) -> bytes:
    return binascii.b2a_base64(data, newline=False)


def _written(value: Any) -> bytes | None:
    if not isinstance(value, dict | list):
        return None  # a bare number has nothing in front that would give it away
    try:
        return orjson.dumps(value, option=_OPTIONS)
    except orjson.JSONEncodeError:
        return None


def _is_plain(data: bytes) -> bool:
    return (
        _is_in_order(data)
        and data.count(b"[") + data.count(b"{") <= MAX_DEPTH
        and _FLOAT_MEMBER.search(data) is None
        and _FLOAT_FIRST.search(data) is None
        and _FLOAT_NEXT.search(data) is None
    )


def _floats(data: bytes) -> list[bytes]:
    """Whatever may be a float in `data`; in text, too."""
    return [*_FLOAT_MEMBER.findall(data), *_FLOAT_FIRST.findall(data), *_FLOAT_NEXT.findall(data)]


def _is_in_order(data: bytes) -> bool:
    return data.isascii() or _BEYOND_BMP.search(data) is None
