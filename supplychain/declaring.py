"""Statements that are no events: the frame of the acts that make them, and the way into the log.

They are acts like all others, with the same frame around them: the same request twice is done once, all or nothing, a
refusal is evidence, and `?draft=true` lets a party sign with a key of its own. What differs is what they answer.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from django.conf import settings
from django.utils import timezone

from ledger.envelope import canonical
from ledger.models import Entry
from supplychain.acts import Actor, Refused, Request, framed
from supplychain.models import Approval, Declaration, Proposal, Recall, RecallReport
from supplychain.signing import Prepared
from supplychain.statement import STATEMENT_TYPE


@dataclass(frozen=True, slots=True)
class Declared:
    """What came of it. `recall` is set once it is in force; until then `missing` says whose signatures are awaited."""

    proposal: Proposal | None = None
    recall: Recall | None = None
    report: RecallReport | None = None
    missing: str = ""
    replayed: bool = False

    @property
    def entry(self) -> Entry | None:
        """The statement in the log, if it is there already."""
        if self.report is not None:
            return self.report.entry
        return self.proposal.entry if self.proposal is not None else None


Declaring = Callable[..., Declared]


def declaration(name: str) -> Callable[[Declaring], Declaring]:
    """Run a use case in the frame of acts; it returns `Declared` or raises `Refused`."""
    return cast(Callable[[Declaring], Declaring], framed(name, find_declared))


def find_declared(actor: Actor, request: Request) -> Declared | None:
    """What this party's request led to before, or None."""
    approval = (
        Approval.objects.filter(party=actor.party, nonce=request.nonce)
        .select_related("proposal__entry", "proposal__party", "proposal__product", "proposal__recall")
        .first()
    )
    if approval is not None:
        _check_digest(approval.request_sha256, request)
        return Declared(approval.proposal, recall_of(approval.proposal), replayed=True)
    made = Declaration.objects.filter(party=actor.party, nonce=request.nonce).select_related("entry").first()
    if made is None:
        return None
    _check_digest(made.request_sha256, request)
    report = RecallReport.objects.select_related("recall", "entry", "party").filter(entry=made.entry).first()
    return Declared(report=report, recall=report.recall if report else None, replayed=True)


def recall_of(proposal: Proposal) -> Recall | None:
    """The recall that a proposal has brought into force, or has changed."""
    if proposal.entry_id is None:
        return None
    return Recall.objects.filter(entry=proposal.entry_id).first() or proposal.recall


def _check_digest(known: str, request: Request) -> None:
    if known != request.digest:
        raise Refused.because(
            "REQUEST_REUSED", f"Request id {request.nonce} was used for another act of yours; take a new one"
        )


def prepare(actor: Actor, request: Request, *, kind: str, body: Mapping[str, Any], after: Iterable[Entry]) -> Prepared:
    """The statement `kind` of the actor's party, all of it in the clear, ready to be signed."""
    if not actor.party.keyid:
        raise Refused.because(
            "NOT_ADMITTED", f"{actor.party.name} has no key on this log: the regulator must admit it first"
        )
    statement = {
        "type": STATEMENT_TYPE,
        "log": settings.LOG_ORIGIN,
        "party": actor.party.gln,
        "kind": kind,
        "nonce": request.nonce,
        "after": sorted({bytes(one.entry_id).hex() for one in after}),
        kind: dict(body),
    }
    return Prepared(canonical(statement), {}, b"", actor.party.keyid)


def keep(actor: Actor, request: Request, entry: Entry) -> Declaration:
    """Note which request an entry answers, so that the replay finds it and the same request does not make another."""
    return Declaration.objects.create(
        party=actor.party,
        kind=entry.kind,
        nonce=request.nonce,
        request_sha256=request.digest,
        record_time=timezone.now(),
        entry=entry,
    )
