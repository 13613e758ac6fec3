"""The witnesses of this log: the policy in force, and what stands on a checkpoint under it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from ledger import crypto_fast
from ledger.errors import ForkError
from ledger.models import Checkpoint, Log
from ledger.tlog.note import Verifier, parse_note, parse_signature_line, parse_vkey
from ledger.tlog.policy import NONE, Policy, parse_policy, verify_policy
from ledger.tlog.witness import add_signatures, cosignature_times
from ledger.witness_models import Cosignature
from ledger.witness_policy import load_policy


@dataclass(frozen=True, slots=True)
class Witnessing:
    """Who but the operator stands behind a checkpoint: names of the policy's witnesses, and since when.

    `newest` is the time of the newest of their cosignatures: the log was so far at that moment, and not further.
    """

    cosigners: Mapping[str, datetime]
    quorum: str

    @property
    def is_witnessed(self) -> bool:
        return bool(self.cosigners)

    @property
    def newest(self) -> datetime | None:
        return max(self.cosigners.values(), default=None)


def policy_in_force(log: Log) -> Policy:
    """The operator's policy for `log`; without WITNESS_POLICY, that nobody's word is asked.

    Raises:
        MalformedError: the file is no such policy. It was one at the start, so somebody is changing it.
        ForkError: it names another key for this log (POLICY_KEY).
    """
    if not settings.WITNESS_POLICY:
        return Policy((parse_vkey(log.vkey),))
    path = Path(settings.WITNESS_POLICY)
    policy = _load(path, log.origin, path.stat().st_mtime_ns if path.exists() else 0)
    if log.vkey not in {one.vkey for one in policy.logs}:
        raise ForkError(f"witness policy {path}: names {log.origin}, but not its key {log.vkey}", code="POLICY_KEY")
    return policy


@lru_cache(maxsize=8)
def _load(path: Path, origin: str, changed: int) -> Policy:
    return load_policy(path, origin)


def compose(checkpoint: Checkpoint, policy: Policy) -> str:
    """The note to publish: what the log signed, and the cosignatures of the policy's witnesses, in the policy's order.

    Raises:
        VerificationError: one of them is wrong, or they do not meet the quorum (QUORUM).
    """
    vkeys = [one.vkey for one in policy.witnesses.values()]
    found = dict(
        Cosignature.objects.filter(checkpoint=checkpoint, witness__vkey__in=vkeys).values_list("witness__vkey", "line")
    )
    lines = [parse_signature_line(found[vkey].rstrip("\n")) for vkey in vkeys if vkey in found]
    note = add_signatures(checkpoint.note.encode(), lines)
    # The last gate before the world: whatever lies in the table, only what a verifier would accept leaves.
    verify_policy(parse_note(note), policy, crypto_fast)
    return note.decode()


def cosigners_of(checkpoint: Checkpoint, policy: Policy) -> list[Verifier]:
    """The policy's witnesses whose cosignatures for `checkpoint` we hold, each verified when it came."""
    held = set(Cosignature.objects.filter(checkpoint=checkpoint).values_list("witness__vkey", flat=True))
    return [one for one in policy.witnesses.values() if one.vkey in held]


def witnessing_of(checkpoint: Checkpoint | None) -> Witnessing:
    """Who stands behind a published checkpoint, for people who look at a proof under it. No query.

    Judged by the policy that is published: it is what a verifier judges by, and it parses whatever anybody is doing to
    the operator's file.
    """
    policy = published_policy()
    if checkpoint is None or policy is None:
        return Witnessing({}, NONE)
    times = cosignature_times(parse_note(checkpoint.published_note), policy.witnesses.values())
    return Witnessing({one.name: datetime.fromtimestamp(seconds, UTC) for one, seconds in times.items()}, policy.quorum)


def published_policy() -> Policy | None:
    """The policy that outsiders are given; None before the first publication."""
    try:
        return _parse((Path(settings.LOG_PUBLIC_DIR) / "policy").read_text())
    except FileNotFoundError:
        return None


@lru_cache(maxsize=8)
def _parse(text: str) -> Policy:
    return parse_policy(text)
