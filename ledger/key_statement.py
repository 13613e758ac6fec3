"""What key and policy statements say, parsed strictly. Who may say it is another matter: `ledger.keyring`.

    "key": {"op": "register", "keyid": <64 hex>, "spki": <base64 of DER>, "custody": "client" | "managed" | "hsm"}
    "key": {"op": "rotate", … as register …, "replaces": <keyid>}
    "key": {"op": "recover", … as rotate …, "reason": <text>, "invalid_from"?: <leaf index of the key replaced>}
    "key": {"op": "revoke", "keyid": <64 hex>, "reason": <text>, "invalid_from"?: <leaf index>}
    "policy": {"authorities": [{"party", "keyid", "spki", "custody"} …], "acts": {<act>: {"k": <k>, "parties": […]}}}

>>> statement = {"party": "9520001000003", "key": {"op": "revoke", "keyid": "0" * 64, "reason": "lost"}}
>>> parse_key_act(statement).reason
'lost'

Source: design section 2.6.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ledger.crypto import is_spki
from ledger.envelope import keyid_of
from ledger.errors import MalformedError

STATEMENT_TYPE = "medtrail.statement.v1"
KEY, POLICY = "key", "policy"
REGISTER, ROTATE, RECOVER, REVOKE = "register", "rotate", "recover", "revoke"
CUSTODIES = ("client", "managed", "hsm")
MAX_REASON = 200
MAX_AUTHORITIES = 20
MAX_ACTS = 100
MAX_PARTIES = 100

_MEMBERS = {
    REGISTER: ({"op", "keyid", "spki", "custody"}, set()),
    ROTATE: ({"op", "keyid", "spki", "custody", "replaces"}, set()),
    RECOVER: ({"op", "keyid", "spki", "custody", "replaces", "reason"}, {"invalid_from"}),
    REVOKE: ({"op", "keyid", "reason"}, {"invalid_from"}),
}


@dataclass(frozen=True, slots=True)
class KeyAct:
    """One key statement, parsed. `spki` is DER, empty for a revocation; `replaces` is set where a key takes another's
    place. `reason` and `invalid_from`, the leaf index from which it is suspect, are those of the key that ends.
    """

    op: str
    party: str
    keyid: str
    spki: bytes = b""
    custody: str = ""
    replaces: str = ""
    reason: str = ""
    invalid_from: int | None = None


@dataclass(frozen=True, slots=True)
class Authority:
    """A party that may admit others, with the key that it brings into the log."""

    party: str
    keyid: str
    spki: bytes
    custody: str


@dataclass(frozen=True, slots=True)
class PolicyAct:
    """One policy statement, parsed: who admits parties, and which acts need k of which parties."""

    party: str
    authorities: tuple[Authority, ...]
    acts: Mapping[str, Any]


def parse_key_act(statement: Mapping[str, Any]) -> KeyAct:
    """The key statement in a payload.

    Raises:
        MalformedError: other members, an unknown operation or custody, no P-256 key in the one spelling that we take,
            or a key that is not its own keyid (KEY_STATEMENT).
    """
    party, body = _text(statement.get("party"), "party"), statement.get(KEY)
    op = body.get("op") if isinstance(body, dict) else None
    if not isinstance(body, dict) or not isinstance(op, str) or op not in _MEMBERS:
        raise _bad(f"operation {_show(op)}: expected {', '.join(_MEMBERS)}")
    required, optional = _MEMBERS[op]
    if not required <= set(body) <= required | optional:
        raise _bad(f"{op} with members {_show(', '.join(sorted(body)))}: expected {', '.join(sorted(required))}")
    keyid = _text(body["keyid"], "keyid")
    reason, since = _parse_end(body) if "reason" in required else ("", None)
    if op == REVOKE:
        return KeyAct(op, party, keyid, reason=reason, invalid_from=since)
    spki, custody = _parse_key(keyid, body["spki"], body["custody"])
    replaces = _text(body["replaces"], "replaces") if "replaces" in required else ""
    return KeyAct(op, party, keyid, spki, custody, replaces, reason, since)


def _parse_end(body: Mapping[str, Any]) -> tuple[str, int | None]:
    """Why a key ends, and since when it may have been in strange hands."""
    since, reason = body.get("invalid_from"), _text(body["reason"], "reason")
    if "invalid_from" in body and (type(since) is not int or since < 0):
        raise _bad(f"invalid_from {_show(since)}: expected a log index")
    if not 0 < len(reason) <= MAX_REASON:
        raise _bad(f"reason of {len(reason)} characters: expected 1 to {MAX_REASON}")
    return reason, since


def parse_policy_act(statement: Mapping[str, Any]) -> PolicyAct:
    """The policy statement in a payload.

    Raises:
        MalformedError: no authorities, one key for two of them, other members, or a rule that no set of parties could
            meet (POLICY_STATEMENT); a key that is none, as in `parse_key_act` (KEY_STATEMENT).
    """
    body = statement.get(POLICY)
    if not isinstance(body, dict) or set(body) != {"authorities", "acts"}:
        raise _bad("expected authorities and acts", "POLICY_STATEMENT")
    listed, acts = body["authorities"], body["acts"]
    if not isinstance(listed, list) or not 1 <= len(listed) <= MAX_AUTHORITIES:
        raise _bad(f"expected 1 to {MAX_AUTHORITIES} authorities", "POLICY_STATEMENT")
    if not isinstance(acts, dict) or len(acts) > MAX_ACTS:
        raise _bad(f"expected at most {MAX_ACTS} acts by name", "POLICY_STATEMENT")
    for name, rule in acts.items():
        _check_rule(name, rule)
    authorities = tuple(_parse_authority(one) for one in listed)
    if len({one.keyid for one in authorities}) != len(authorities):
        # Else one signature would be that of two authorities.
        raise _bad("one key stands for two authorities", "POLICY_STATEMENT")
    return PolicyAct(_text(statement.get("party"), "party"), authorities, acts)


def _check_rule(name: str, rule: Any) -> None:
    """Parties are counted, not keys; so each stands once, and k of them can be had."""
    if not isinstance(rule, dict) or set(rule) != {"k", "parties"}:
        raise _bad(f"act {_show(name)}: expected k and parties", "POLICY_STATEMENT")
    k, parties = rule["k"], rule["parties"]
    if not isinstance(parties, list) or not all(isinstance(one, str) for one in parties):
        raise _bad(f"act {_show(name)}: expected a list of parties", "POLICY_STATEMENT")
    if len(set(parties)) != len(parties) or len(parties) > MAX_PARTIES:
        raise _bad(f"act {_show(name)}: expected each party once, at most {MAX_PARTIES}", "POLICY_STATEMENT")
    if type(k) is not int or not 1 <= k <= len(parties):
        raise _bad(f"act {_show(name)}: k {_show(k)}, expected 1 to {len(parties)}", "POLICY_STATEMENT")


def _parse_authority(value: Any) -> Authority:
    if not isinstance(value, dict) or set(value) != {"party", "keyid", "spki", "custody"}:
        raise _bad("an authority has other members than party, keyid, spki, custody", "POLICY_STATEMENT")
    keyid = _text(value["keyid"], "keyid")
    spki, custody = _parse_key(keyid, value["spki"], value["custody"])
    return Authority(_text(value["party"], "party"), keyid, spki, custody)


def _parse_key(keyid: str, spki: Any, custody: Any) -> tuple[bytes, str]:
    try:
        der = base64.b64decode(_text(spki, "spki"), validate=True)
    except (binascii.Error, ValueError) as error:
        raise _bad("spki: expected base64") from error
    if not is_spki(der) or base64.b64encode(der).decode() != spki:
        raise _bad(f"spki {_show(spki)}: expected an uncompressed P-256 key in DER, in base64")
    if keyid_of(der) != keyid:
        raise _bad(f"keyid {_show(keyid)}: expected {keyid_of(der)}, the SHA-256 of the key")
    if not isinstance(custody, str) or custody not in CUSTODIES:
        raise _bad(f"custody {_show(custody)}: expected {', '.join(CUSTODIES)}")
    return der, custody


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str) or not value:
        raise _bad(f"{name}: {_show(value)}, expected text")
    return value


def _show(value: Any) -> str:
    """A value for a message; of lists and objects the type only, for they may be deep."""
    return repr(value)[:80] if value is None or isinstance(value, bool | int | str) else f"a {type(value).__name__}"


def _bad(message: str, code: str = "KEY_STATEMENT") -> MalformedError:
    return MalformedError(f"{'policy' if code.startswith('POLICY') else 'key'} statement: {message}", code=code)
