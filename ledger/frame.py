"""The six fields that the log reads of every statement; whatever else stands in a payload is nobody's business here.

>>> body = {"type": "medtrail.statement.v1", "log": "a.example/1", "party": "p", "kind": "event", "nonce": "0" * 32}
>>> parse_frame(body | {"after": [], "event": {"opaque": "to us"}}).kind
'event'

Source: design sections 2.6 and 3.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ledger.errors import MalformedError
from ledger.keyring import STATEMENT_TYPE

MAX_PARTY = 64
MAX_AFTER = 1000
FIELDS = ("type", "log", "party", "kind", "nonce", "after")
_FIELD_SET = frozenset(FIELDS)
_TEXTS = FIELDS[:-1]
_KIND = re.compile(r"[a-z][a-z0-9._-]{0,39}")
_NONCE = re.compile(r"[0-9a-f]{32}")
_ENTRY_ID = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Frame:
    """What every statement says about itself.

    `log` is the origin of the one log that it is meant for, `after` the ids (32 bytes) of the entries that it builds
    on, in the statement's order, none of them twice.
    """

    log: str
    party: str
    kind: str
    nonce: str
    after: tuple[bytes, ...]


def parse_frame(statement: Mapping[str, Any]) -> Frame:
    """The frame of a parsed payload.

    Raises:
        MalformedError: a field is missing or is no text (STATEMENT_FIELDS), of another type (STATEMENT_TYPE), or does
            not have its form (STATEMENT_PARTY, STATEMENT_KIND, STATEMENT_NONCE, STATEMENT_AFTER).

    Source: design section 3.
    """
    if not statement.keys() >= _FIELD_SET:
        missing = [name for name in FIELDS if name not in statement]
        raise MalformedError(
            f"statement without {', '.join(missing)}: expected {', '.join(FIELDS)}", code="STATEMENT_FIELDS"
        )
    texts = [statement[name] for name in _TEXTS]
    for name, text in zip(_TEXTS, texts, strict=True):
        if not isinstance(text, str):
            raise MalformedError(f"statement: {name} is {type(text).__name__}, expected text", code="STATEMENT_FIELDS")
    type_, log, party, kind, nonce = texts
    if type_ != STATEMENT_TYPE:
        raise MalformedError(f"statement type {type_[:80]!r}: expected {STATEMENT_TYPE!r}", code="STATEMENT_TYPE")
    if not 0 < len(party) <= MAX_PARTY or not party.isprintable() or party != party.strip():
        raise MalformedError(
            f"party {party[:80]!r}: expected 1 to {MAX_PARTY} printable characters", code="STATEMENT_PARTY"
        )
    if not _KIND.fullmatch(kind):
        raise MalformedError(f"kind {kind[:80]!r}: expected a lower-case word, at most 40", code="STATEMENT_KIND")
    if not _NONCE.fullmatch(nonce):
        raise MalformedError(f"nonce {nonce[:80]!r}: expected 32 lower-case hex digits", code="STATEMENT_NONCE")
    after = statement["after"]
    return Frame(log, party, kind, nonce, () if after == [] else _parse_after(after))


def _parse_after(value: Any) -> tuple[bytes, ...]:
    if not isinstance(value, list) or len(value) > MAX_AFTER:
        raise MalformedError(f"after: expected a list of at most {MAX_AFTER} entry ids", code="STATEMENT_AFTER")
    for one in value:
        if not isinstance(one, str) or not _ENTRY_ID.fullmatch(one):
            raise MalformedError(f"after: {str(one)[:80]!r}, expected 64 lower-case hex digits", code="STATEMENT_AFTER")
    if len(set(value)) != len(value):
        raise MalformedError("after: an entry stands twice, expected each once", code="STATEMENT_AFTER")
    return tuple(bytes.fromhex(one) for one in value)
