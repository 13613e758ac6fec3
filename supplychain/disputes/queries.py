"""What two parties still have to settle, read page by page for one of them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Q, QuerySet

from supplychain.disputes.rules import KINDS, Resolution, Standing, due_on
from supplychain.models import Discrepancy, Handoff, Party
from supplychain.queries import PAGE_SIZE, Page
from supplychain.visibility import is_regulator


def visible_discrepancies(reader: Party) -> QuerySet[Discrepancy]:
    """The differences between `reader` and others; the regulator sees everybody's."""
    rows = Discrepancy.objects.select_related(
        *("item__batch__product", "handoff", "claimant", "respondent", "raised_by", "answered_by", "against")
    ).defer("raised_by__body", "answered_by__body", "against__body")
    return rows if is_regulator(reader) else rows.filter(Q(claimant=reader) | Q(respondent=reader))


def disputes_page(
    reader: Party, *, only_open: bool = True, after: int | None = None, size: int = PAGE_SIZE
) -> Page[Discrepancy]:
    """Differences, newest first."""
    rows = visible_discrepancies(reader)
    rows = rows.exclude(standing=Standing.SETTLED) if only_open else rows
    rows = rows.filter(pk__lt=after) if after is not None else rows
    found = list(rows.order_by("-pk")[: size + 1])
    return Page(found[:size], found[size - 1].pk if len(found) > size else None)


def count_waiting(party: Party) -> int:
    """How many differences wait for an answer of this party."""
    return Discrepancy.objects.filter(respondent=party, standing=Standing.OPEN).count()


def due_of(row: Discrepancy) -> date:
    """The last day to answer: counted from when the log took the claim in, not from when its author says it was."""
    return due_on(row.raised_by.record_time.date())


@dataclass(slots=True)
class Dispute:
    """Differences of one kind that one statement raised: they are answered together, or some of them."""

    code: str
    rows: list[Discrepancy] = field(default_factory=list)

    @property
    def first(self) -> Discrepancy:
        return self.rows[0]

    @property
    def due(self) -> date:
        return due_of(self.first)

    @property
    def unsettled(self) -> list[Discrepancy]:
        return [row for row in self.rows if row.standing != Standing.SETTLED]

    @property
    def resolutions(self) -> list[Resolution]:
        return [one for one in Resolution if one in KINDS[self.code].resolutions]


def grouped(rows: Iterable[Discrepancy]) -> list[Dispute]:
    """Rows in their order, brought together as they can be answered together."""
    groups: dict[tuple[int, str], Dispute] = {}
    for row in rows:
        groups.setdefault((row.raised_by_id, row.code), Dispute(row.code)).rows.append(row)
    return list(groups.values())


MOST_OF_HANDOFF = 1_000


def disputes_of(handoff: Handoff, reader: Party) -> list[Dispute]:
    """What was different about a delivery, the newest claim first."""
    rows = visible_discrepancies(reader).filter(handoff=handoff)
    return grouped(rows.order_by("-raised_by", "code", "epc")[:MOST_OF_HANDOFF])
