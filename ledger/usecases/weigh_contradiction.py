"""A witness says that our history is not the one it knows. Is it lying, or are we?"""

import hashlib

import structlog
from django.conf import settings
from django.utils import timezone

from ledger import crypto_fast
from ledger.errors import MalformedError, VerificationError
from ledger.models import Log
from ledger.queries import TileReader
from ledger.tlog.checkpoint import open_checkpoint
from ledger.tlog.note import parse_vkey
from ledger.tlog.policy import Policy
from ledger.tlog.tile import tree_root
from ledger.usecases.check_log_state import signed_head
from ledger.usecases.freeze import freeze
from ledger.witness_asking import Asked, has_failed
from ledger.witness_client import Reply, ask
from ledger.witness_models import Incident, Witness
from ledger.witness_policy import is_witnessed

logger = structlog.get_logger(__name__)


def weigh_contradiction(*, log: Log, policy: Policy, asked: Asked, reply: Reply) -> bool:
    """Freeze the log if this is the evidence of a fork; else raise the alarm and go on without this witness.

    1. The witness is asked what it cosigned last. A head under our own key that our signer has never signed, or with
       another root than our tiles give, is proof: the log stands still.
    2. Its bare word is not: one witness that lies would else stop every pharmacy. But when those that contradict us are
       enough for the quorum, nothing could be published any more, and the log stands still too.

    Returns whether the log was frozen.
    """
    said = f"{asked.verifier.name} answers {reply.status} {reply.body.strip()[:100]!r} after size {asked.old_size}"
    shown = ask(asked.address, monitoring_path(log.origin), seconds=float(settings.WITNESS_TIMEOUT_S))
    proof = prove_fork(log, shown.body) if shown.status == 200 else None
    has_failed(asked, proof or f"contradicts us and shows no proof: {said}", contradicts=True)
    if proof:
        return freeze(because=f"FORK: {proof}; {said}", evidence=shown.body)
    if not asked.row.contradicts:
        Incident.objects.create(what=Incident.CONTRADICTED, at=timezone.now(), because=said, evidence=shown.body)
    logger.critical("ledger_witness_contradicts", witness=asked.name, said=said)
    against = set(Witness.objects.filter(contradicts=True).values_list("vkey", flat=True))
    speaking = [one for one in policy.witnesses.values() if one.vkey in against]
    if is_witnessed(policy) and policy.is_quorum_met(speaking):
        names = ", ".join(sorted(one.name for one in speaking))
        return freeze(because=f"FORK: {names} contradict us, enough for the quorum; {said}", evidence=shown.body)
    return False


def prove_fork(log: Log, note: str) -> str | None:
    """What `note` proves against us, None if nothing: only a head under our own key can prove a second history."""
    try:
        theirs = open_checkpoint(note, parse_vkey(log.vkey), crypto_fast)
    except (MalformedError, VerificationError):
        return None
    # Read after the note was: a head that we sign meanwhile must not look like a stranger's.
    signed = signed_head(log)
    if theirs.size > signed.size:
        return f"our key has signed size {theirs.size}, but our signer knows {signed.size} only"
    ours = tree_root(theirs.size, TileReader().expect(theirs.size))
    if ours != theirs.root_hash:
        return f"our key has signed root {theirs.root_hash.hex()} at size {theirs.size}, our tiles give {ours.hex()}"
    return None


def monitoring_path(origin: str) -> str:
    """Where a witness shows what it cosigned last. Source: C2SP tlog-witness, monitoring."""
    return f"/{hashlib.sha256(origin.encode()).hexdigest()}/checkpoint"
