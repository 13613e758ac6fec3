"""Policy files: which log to believe, and whose cosignatures it takes.

    log <vkey> [<address>]
    witness <name> <vkey> [<address>]
    group <name> <k|any|all> <name> [<name> …]
    quorum <name|none>

One policy file and one proof file are all that an offline check needs. `quorum none` is honest about an unwitnessed
log: whoever holds its key could show two people two histories.

>>> parse_policy("quorum none")
Traceback (most recent call last):
    ...
ledger.errors.MalformedError: policy: no log, expected at least one

Source: C2SP tlog-policy.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ledger.crypto import Crypto
from ledger.errors import MalformedError, VerificationError
from ledger.tlog.checkpoint import Checkpoint, parse_checkpoint
from ledger.tlog.note import COSIGNATURE_V1, ED25519, Note, Verifier, parse_vkey, verify_note

NONE = "none"
MAX_POLICY = 1_000_000
MAX_NAMES = 256  # groups may nest as deep as there are groups, and each level costs stack
_BLANKS = re.compile(r"[ \t]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_COUNT = re.compile(r"[1-9][0-9]{0,3}")


@dataclass(frozen=True, slots=True)
class Group:
    """`k` of `members` (names of witnesses and groups given above it) stand for the group, `1 <= k <= len(members)`."""

    k: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """A parsed policy: the logs that it accepts, witnesses and groups by name, and whose word is enough.

    `quorum` is the name of a witness or group, or "none". `addresses` has the submission prefixes of those witnesses
    for which the file gives one; who only verifies needs none.
    """

    logs: tuple[Verifier, ...]
    witnesses: Mapping[str, Verifier] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    quorum: str = NONE
    addresses: Mapping[str, str] = field(default_factory=dict)

    def encode(self) -> str:
        """The policy as a file without addresses or comments: what verifiers need, and no word on where we ask.

        Parsed again, it decides alike. Source: C2SP tlog-policy.
        """
        lines = [f"log {one.vkey}" for one in self.logs]
        lines += [f"witness {name} {one.vkey}" for name, one in self.witnesses.items()]
        lines += [f"group {name} {one.k} {' '.join(one.members)}" for name, one in self.groups.items()]
        return "\n".join([*lines, f"quorum {self.quorum}", ""])

    def is_quorum_met(self, cosigners: Collection[Verifier]) -> bool:
        """Whether these witnesses are enough. A public key counts, whatever name it goes by in the note.

        Each of them must have been verified. Source: C2SP tlog-policy, "Defining a witness group".
        """
        return self.quorum == NONE or self._is_met(self.quorum, {one.public_key for one in cosigners})

    def _is_met(self, name: str, keys: Collection[bytes]) -> bool:
        if name in self.witnesses:
            return self.witnesses[name].public_key in keys
        group = self.groups[name]
        return sum(self._is_met(member, keys) for member in group.members) >= group.k


def parse_policy(text: str) -> Policy:
    """The policy in a file's text. The lines come in any order, but a name is used only below the line that gives it.

    Raises:
        MalformedError: an unknown keyword, a name or key that stands twice, a name used before it is given or in two
            groups, a control character, no log, not exactly one quorum (POLICY).

    Source: C2SP tlog-policy, "Policy file syntax and structure". Beyond it, a policy without a log is refused.
    """
    if len(text) > MAX_POLICY:
        raise MalformedError(f"policy of {len(text)} characters: expected at most {MAX_POLICY}", code="POLICY")
    draft = _Draft()
    for number, line in enumerate(text.split("\n"), 1):
        try:
            if _CONTROL.search(line):
                raise MalformedError(f"{line[:60]!r}: control characters")
            words = [word for word in _BLANKS.split(line) if word]
            if words and not words[0].startswith("#"):
                draft.take(words)
        except MalformedError as error:
            raise MalformedError(f"policy line {number}: {error}", code="POLICY") from error
    if not draft.logs:
        raise MalformedError("policy: no log, expected at least one", code="POLICY")
    if draft.quorum is None:
        raise MalformedError(f"policy: no quorum line, expected one, such as 'quorum {NONE}'", code="POLICY")
    return Policy(tuple(draft.logs), draft.witnesses, draft.groups, draft.quorum, draft.addresses)


@dataclass(slots=True)
class _Draft:
    """A policy as far as its lines have been read."""

    logs: list[Verifier] = field(default_factory=list)
    witnesses: dict[str, Verifier] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    grouped: set[str] = field(default_factory=set)  # members of any group so far
    quorum: str | None = None
    addresses: dict[str, str] = field(default_factory=dict)

    def take(self, words: Sequence[str]) -> None:
        """Take one line, split at its blanks."""
        match words:
            case ["log", vkey] | ["log", vkey, _]:
                self.logs.append(_verifier(vkey, ED25519, self.logs))
            case ["witness", name, vkey, *address] if len(address) < 2:
                self._check_new(name)
                self.witnesses[name] = _verifier(vkey, COSIGNATURE_V1, self.witnesses.values())
                self.addresses.update((name, one) for one in address)
            case ["group", name, k, *members]:
                self._check_new(name)
                self.groups[name] = self._group(k, members)
            case ["quorum", name] if self.quorum is None and (name == NONE or self._is_known(name)):
                self.quorum = name
            case _:
                line = " ".join(words)
                raise MalformedError(
                    f"{line[:60]!r}: expected log, witness, group, or one quorum, of names given above"
                )

    def _is_known(self, name: str) -> bool:
        return name in self.witnesses or name in self.groups

    def _check_new(self, name: str) -> None:
        if name == NONE or self._is_known(name):
            raise MalformedError(f"name {name[:60]!r} is taken")
        if len(self.witnesses) + len(self.groups) >= MAX_NAMES:
            raise MalformedError(f"more than {MAX_NAMES} witnesses and groups")

    def _group(self, k: str, members: Sequence[str]) -> Group:
        size = len(members)
        needed = 1 if k == "any" else size if k == "all" else int(k) if _COUNT.fullmatch(k) else 0
        if not 1 <= needed <= size:
            raise MalformedError(f"group of {k[:20]!r} out of {size}: expected any, all, or 1 to {size}")
        for member in members:
            if not self._is_known(member) or member in self.grouped:
                raise MalformedError(f"member {member[:60]!r}: expected a name given above that is in no group yet")
            # One place for each: else one witness could count twice on different ways up to the quorum.
            self.grouped.add(member)
        return Group(needed, tuple(members))


def _verifier(vkey: str, algorithm: int, others: Iterable[Verifier]) -> Verifier:
    verifier = parse_vkey(vkey)
    if verifier.algorithm != algorithm:
        raise MalformedError(f"key {verifier.name}: of algorithm {verifier.algorithm}, expected {algorithm}")
    if verifier.public_key in {one.public_key for one in others}:
        raise MalformedError(f"key {verifier.name}: stands twice, expected each public key once")
    return verifier


def verify_policy(note: Note, policy: Policy, crypto: Crypto) -> tuple[Checkpoint, list[Verifier]]:
    """The checkpoint in `note` and the witnesses that cosigned it, if the policy's log signed it and its quorum is met.

    Steps: (1) every known signature is right; (2) a log of the policy is among the signers; (3) the text is a
    checkpoint of that very log; (4) the other signers meet the quorum. Left to the caller: how old the cosignatures
    are, and that the tree extends the one that was seen before.

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
