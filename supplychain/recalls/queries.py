"""Recalls as people read them: what concerns a party, what waits for signatures, and how well a recall works."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from ledger.envelope import parse_payload
from ledger.models import Key
from ledger.queries import acts_in_force
from ledger.quorum import RECALL, QuorumVerdict, Rule, assess_quorum
from supplychain.models import (
    Batch,
    Content,
    Party,
    Product,
    Proposal,
    Recall,
    RecallNotice,
    RecallReport,
    Refusal,
)
from supplychain.queries import PAGE_SIZE, Page
from supplychain.recalls.gathering import eligible_rule
from supplychain.recalls.recall import QUANTITIES, Depth, Effectiveness, Scope, Share, due_of, measure
from supplychain.recalls.scope import batches_of, reached_by
from supplychain.recalls.statement import Body, parse_body
from supplychain.standing import scope_of
from supplychain.stock import find_items
from supplychain.visibility import is_regulator

STOPPED = ("SHIP_BLOCKED", "BATCH_CALLED_BACK", "UNDO_CALLED_BACK")
MOST_ATTEMPTS = 200


def oversees(party: Party, product: Product) -> bool:
    """Whether a party sees a recall of this product whole: its maker, and the regulator.

    Whom a recall reaches is told by name to those who called it, though who has what of whom is otherwise a matter
    between two parties: nobody can follow up on "a pharmacy in CH".
    """
    return is_regulator(party) or product.brand_owner_id == party.pk


def _cut(rows: QuerySet[Any], after: int | None, size: int) -> Page[Any]:
    rows = rows.filter(pk__lt=after) if after is not None else rows
    found = list(rows.order_by("-pk")[: size + 1])
    return Page(found[:size], found[size - 1].pk if len(found) > size else None)


# --- In force ---------------------------------------------------------------------------------------------------------


def recalls_page(*, only_in_force: bool = False, after: int | None = None, size: int = PAGE_SIZE) -> Page[Recall]:
    """All recalls, newest first. That goods are called back is for everybody to know."""
    rows = Recall.objects.select_related("product__brand_owner", "party", "entry")
    return _cut(rows.filter(lifted_at=None) if only_in_force else rows, after, size)


@dataclass(frozen=True, slots=True)
class Task:
    """A recall in force that asks a party for an answer, and what it has answered so far."""

    recall: Recall
    notice: RecallNotice
    report: RecallReport | None

    @property
    def is_done(self) -> bool:
        """Counted, not only known."""
        return self.report is not None and self.report.quantities is not None

    def is_late(self, today: date) -> bool:
        return not self.is_done and today > self.recall.respond_by


def tasks_of(party: Party) -> list[Task]:
    """Recalls in force that address the party, the most urgent first: those without an answer, by their day."""
    rows = RecallNotice.objects.filter(party=party, is_addressed=True, recall__lifted_at=None)
    notices = list(rows.select_related("recall__product__brand_owner", "recall__entry", "recall__party"))
    newest = newest_reports(party_reports(party, [one.recall_id for one in notices]))
    tasks = [Task(one.recall, one, newest.get((one.recall_id, party.pk))) for one in notices]
    return sorted(tasks, key=lambda one: (one.is_done, one.recall.respond_by, one.recall.pk))


def find_task(party: Party, recall: Recall) -> Task | None:
    """What one recall asks of a party, or None if it is not addressed."""
    notice = RecallNotice.objects.filter(party=party, recall=recall, is_addressed=True).first()
    if notice is None:
        return None
    return Task(recall, notice, newest_reports(party_reports(party, [recall.pk])).get((recall.pk, party.pk)))


def party_reports(party: Party, recalls: Iterable[int]) -> QuerySet[RecallReport]:
    return RecallReport.objects.filter(party=party, recall__in=list(recalls))


def newest_reports(rows: QuerySet[RecallReport]) -> dict[tuple[int, int], RecallReport]:
    """(recall, party) to the newest report; one that only says "we know of it" does not undo a count before it."""
    found: dict[tuple[int, int], RecallReport] = {}
    for one in rows.select_related("entry").order_by("pk"):
        key = (one.recall_id, one.party_id)
        if one.quantities is not None or key not in found:
            found[key] = one
    return found


# --- How well it works ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HolderRow:
    """One party that a recall addresses, what it had, what it says, and since when it says nothing."""

    party: Party
    share: Share
    due: int
    report: RecallReport | None
    silent_since: datetime | None
    is_late: bool

    @property
    def numbers(self) -> list[tuple[str, int | None]]:
        """By name, in the order of `recall.QUANTITIES`."""
        said = self.share.quantities
        return [(name, None if said is None else said[name]) for name in QUANTITIES]


@dataclass(frozen=True, slots=True)
class Progress:
    """A recall's effectiveness and the parties behind it: those that have not answered first, the largest first."""

    effectiveness: Effectiveness
    rows: list[HolderRow]


def progress_of(recall: Recall, today: date) -> Progress:
    """Two queries, whatever the number of packs."""
    depth = Depth(recall.depth)
    notices = RecallNotice.objects.filter(recall=recall, is_addressed=True).select_related("party")
    newest = newest_reports(RecallReport.objects.filter(recall=recall))
    rows: list[HolderRow] = []
    for notice in notices:
        report = newest.get((recall.pk, notice.party_id))
        share = Share(notice.packs, notice.dispensed, report is not None, report.quantities if report else None)
        is_open = share.quantities is None
        rows.append(
            HolderRow(
                notice.party,
                share,
                due_of(share, depth),
                report,
                recall.in_force_at if not share.knows else None,
                is_open and today > recall.respond_by,
            )
        )
    rows.sort(key=lambda one: (one.share.knows, one.share.quantities is not None, -one.due, one.party.name))
    return Progress(measure([one.share for one in rows], depth), rows)


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What one party has now of what a recall calls back: with it or on its way to it, and what it has given out."""

    party: Party
    packs: int
    dispensed: int


def whereabouts_of(recall: Recall) -> list[Whereabouts]:
    """Where the goods are now, the largest holder first: the forward trace, summed by party. Four queries."""
    reached = reached_by(scope_of(recall))
    parties = Party.objects.in_bulk(list(reached))
    found = [Whereabouts(parties[pk], share.packs, share.dispensed) for pk, share in reached.items()]
    return sorted(found, key=lambda one: (-one.packs, -one.dispensed, one.party.name))


def attempts_on(recall: Recall) -> list[Refusal]:
    """Refused attempts, since it is in force, to sell what it calls back; newest first, among the newest refusals."""
    rows = Refusal.objects.filter(code__in=STOPPED, at__gte=recall.in_force_at).select_related("party", "user")
    newest = list(rows.order_by("-pk")[:MOST_ATTEMPTS])
    epcs = {reason["epc"] for one in newest for reason in one.reasons if reason["epc"]}
    batches = set(batches_of(scope_of(recall)).values_list("pk", flat=True))
    items = find_items(sorted(epcs))
    units = [item.pk for item in items.values() if not item.gtin]
    holding = set(Content.objects.filter(unit__in=units, batch__in=batches).values_list("unit", flat=True))
    meant = {epc for epc, item in items.items() if item.batch_id in batches or item.pk in holding}
    return [one for one in newest if any(reason["epc"] in meant for reason in one.reasons)]


def batches_in_scope(scope: Scope, *, most: int = 100) -> list[Batch]:
    return list(batches_of(scope).select_related("product").order_by("lot_number")[:most])


# --- Proposals --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pending:
    """A proposal as it stands: what it says, who has signed it, and who could."""

    proposal: Proposal
    body: Body
    verdict: QuorumVerdict | None
    signers: list[tuple[Party, str]]  # with the custody of the key
    missing: list[Party]  # of those that count

    @property
    def may_sign(self) -> set[str]:
        """GLNs whose signature would bring it further: those that are missing, and those with managed keys only."""
        if self.verdict is None:
            return set()
        if self.verdict.code == "APPROVALS_MANAGED":
            return set(self.verdict.rule.parties)
        return set(self.verdict.missing)


def proposals_page(party: Party, *, after: int | None = None, size: int = PAGE_SIZE) -> Page[Pending]:
    """Proposals that wait for signatures and that the party may see: of its own products; the regulator sees all."""
    page = _cut(visible_proposals(party).filter(entry=None, dropped_at=None), after, size)
    return Page([pending(one) for one in page.rows], page.next)


def visible_proposals(party: Party) -> QuerySet[Proposal]:
    """What is not in force is nobody's business but that of its maker, of authorities, and of who proposed it."""
    rows = Proposal.objects.select_related("party", "product__brand_owner", "recall", "entry")
    return rows if is_regulator(party) else rows.filter(Q(product__brand_owner=party) | Q(party=party))


def pending(proposal: Proposal) -> Pending:
    rule = read_rule(proposal.product)
    keys = Key.objects.in_bulk(list(proposal.approvals.values_list("keyid", flat=True)))
    live = [(key.party, key.custody) for key in keys.values() if key.revoked_by_id is None]
    verdict = assess_quorum(RECALL, rule, live) if rule is not None else None
    signed = proposal.approvals.select_related("party").order_by("pk")
    body = parse_body(parse_payload(bytes(proposal.payload)))
    missing = list(Party.objects.filter(gln__in=verdict.missing)) if verdict is not None else []
    return Pending(proposal, body, verdict, [(one.party, keys[one.keyid].custody) for one in signed], missing)


def read_rule(product: Product) -> Rule | None:
    """Who must sign a recall of this product, to look at. The use cases hold the policy while they ask."""
    return eligible_rule(acts_in_force(), product)


def waits_for(pendings: Sequence[Pending], party: Party) -> list[Pending]:
    """Those of `pendings` that the party's signature would bring further."""
    return [one for one in pendings if party.gln in one.may_sign]


def concerned_batches(party: Party) -> QuerySet[Batch]:
    """Batches with a recall of which the party holds goods."""
    loose = party.held.filter(batch=OuterRef("pk"))
    packed = Content.objects.filter(batch=OuterRef("pk"), unit__holder=party)
    return Batch.objects.exclude(state="released").filter(Exists(loose) | Exists(packed))
