"""Policy files: which log to believe, and whose cosignatures it takes.

    log <vkey> [<address>]
    witness <name> <vkey> [<address>]
    group <name> <k|any|all> <name> [<name> …]
    quorum <name|none>

One policy file and one proof file are all that an offline check needs. `quorum none` is honest about an unwitnessed log:
whoever holds its key could show two people two histories.

>>> policy = parse_policy("log example.org/log+b3a8d72e+AQAA\\n")
Traceback (most recent call last):
    ...
ledger.errors.MalformedError: policy line 1: verifier key 'example.org/log+b3a8d72e+AQAA': expected <name>+<8 hex>+<base64 of 33 bytes>

Source: C2SP tlog-policy.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from ledger.crypto import Crypto
from ledger.errors import MalformedError, VerificationError
from ledger.tlog.checkpoint import Checkpoint, parse_checkpoint
from ledger.tlog.note import COSIGNATURE_V1, ED25519, Note, Verifier, parse_vkey, verify_note

NONE = "none"
MAX_POLICY = 1_000_000


@dataclass(frozen=True, slots=True)
class Group:
    """`k` of `members` (names of witnesses and groups) stand for the group."""

    k: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """A parsed policy. `quorum` is the name of a witness or group, or "none"."""

    logs: tuple[Verifier, ...]
    witnesses: Mapping[str, Verifier] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    quorum: str = NONE

    def is_quorum_met(self, cosigners: Collection[Verifier]) -> bool:
        """Whether these witnesses are enough. A public key counts once, whatever its names."""
        keys = {one.public_key for one in cosigners}
        return self.quorum == NONE or self._counts(self.quorum, keys, set())

    def _counts(self, name: str, keys: Collection[bytes], used: set[bytes]) -> bool:
        witness = self.witnesses.get(name)
        if witness is not None:
            fresh = witness.public_key in keys and witness.public_key not in used
            used.add(witness.public_key)
            return fresh
        group = self.groups[name]
        return sum(self._counts(member, keys, used) for member in group.members) >= group.k


def parse_policy(text: str) -> Policy:
    """The policy in a file's text.

    Raises:
        MalformedError: an unknown keyword, a name that stands twice or not yet, no log, two quorums (POLICY).
    """
    if len(text) > MAX_POLICY:
        raise MalformedError(f"policy of {len(text)} characters: expected at most {MAX_POLICY}", code="POLICY")
    logs: list[Verifier] = []
    witnesses: dict[str, Verifier] = {}
    groups: dict[str, Group] = {}
    quorums: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        try:
            match words:
                case ["log", vkey] | ["log", vkey, _]:
                    logs.append(_verifier(vkey, ED25519))
                case ["witness", name, vkey] | ["witness", name, vkey, _]:
                    _check_new(name, witnesses, groups)
                    witnesses[name] = _verifier(vkey, COSIGNATURE_V1)
                case ["group", name, k, *members]:
                    _check_new(name, witnesses, groups)
                    groups[name] = _group(k, members, {*witnesses, *groups})
                case ["quorum", name] if name in {NONE, *witnesses, *groups}:
                    quorums.append(name)
                case _:
                    raise MalformedError(f"{line[:60]!r}: expected log, witness, group or quorum, and known names")
        except MalformedError as error:
            raise MalformedError(f"policy line {number}: {error}", code="POLICY") from error
    if not logs or len(quorums) > 1:
        raise MalformedError(f"policy: {len(logs)} logs, {len(quorums)} quorums; expected a log, at most one quorum", code="POLICY")
    return Policy(tuple(logs), witnesses, groups, quorums[0] if quorums else NONE)


def _verifier(vkey: str, algorithm: int) -> Verifier:
    verifier = parse_vkey(vkey)
    if verifier.algorithm != algorithm:
        raise MalformedError(f"key {verifier.name}: of algorithm {verifier.algorithm}, expected {algorithm}")
    return verifier


def _check_new(name: str, *known: Collection[str]) -> None:
    if name == NONE or any(name in one for one in known):
        raise MalformedError(f"name {name!r} is taken")


def _group(k: str, members: list[str], known: Collection[str]) -> Group:
    needed = {"any": 1, "all": len(members)}.get(k) or (int(k) if k.isascii() and k.isdigit() and len(k) < 4 else 0)
    if not 1 <= needed <= len(members) or len(set(members)) != len(members) or not set(members) <= set(known):
        raise MalformedError(f"group of {k} of {members}: expected 1 to {len(members)} of different names given before")
    return Group(needed, tuple(members))


def verify_policy(note: Note, policy: Policy, crypto: Crypto) -> tuple[Checkpoint, list[Verifier]]:
    """The checkpoint in `note` and the witnesses that cosigned it, if the policy's log signed it and its quorum is met.

    Raises:
        MalformedError: the note's text is no checkpoint.
        VerificationError: not signed by a log of the policy (NOTE_UNSIGNED), of another origin (ORIGIN), a wrong
            signature (NOTE_SIGNATURE), or too few witnesses (QUORUM).
    """
    signers = verify_note(note, [*policy.logs, *policy.witnesses.values()], crypto)
    logs = [one for one in signers if one in policy.logs]
    if not logs:
        raise VerificationError(f"checkpoint: not signed by {policy.logs[0].name}", code="NOTE_UNSIGNED")
    checkpoint = parse_checkpoint(note.text)
    if checkpoint.origin not in {one.name for one in logs}:
        raise VerificationError(f"checkpoint of {checkpoint.origin!r}: expected {logs[0].name!r}", code="ORIGIN")
    cosigners = [one for one in signers if one not in policy.logs]
    if not policy.is_quorum_met(cosigners):
        names = ", ".join(one.name for one in cosigners) or "nobody"
        raise VerificationError(f"checkpoint: cosigned by {names}; quorum {policy.quorum} is not met", code="QUORUM")
    return checkpoint, cosigners
