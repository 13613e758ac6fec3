"""One side of a difference confirms it and says what becomes of the goods, contests it, or takes it back."""

from collections.abc import Sequence

from supplychain.acts import Actor, Done, Refused, Request, act, check
from supplychain.disputes.rules import Answer, Claim, Resolution, Standing, guard_answer
from supplychain.epcis import event as epcis
from supplychain.lifecycle import CLOCK_SKEW
from supplychain.models import Discrepancy, Event
from supplychain.recording import enact, scene_of
from supplychain.stock import last_events, lock_rows


@act("answer_dispute")
def answer_dispute(
    *,
    actor: Actor,
    request: Request,
    discrepancies: Sequence[int],
    answer: str,
    resolution: str = "",
    note: str = "",
) -> Done:
    """Answer differences (primary keys) of one kind that one statement raised. Who may say what: `disputes`.

    A shortage that the sender confirms moves goods: back to the sender, or written off as lost until they turn up.
    """
    if answer not in set(Answer):
        raise Refused.because("BAD_ANSWER", f"Answer {answer!r}: expected one of {', '.join(Answer)}")
    if resolution and resolution not in set(Resolution):
        raise Refused.because("BAD_RESOLUTION", f"Resolution {resolution!r}: expected one of {', '.join(Resolution)}")
    said, how = Answer(answer), Resolution(resolution) if resolution else None
    rows = lock_discrepancies(discrepancies)
    claims = [_claim(row) for row in rows]
    check(guard_answer(claims, party=actor.party.gln, answer=said, resolution=how, note=note))
    if request.time < rows[0].raised_by.event_time - CLOCK_SKEW:
        raise Refused.because("TIME_TRAVEL", f"It was raised at {rows[0].raised_by.event_time:%Y-%m-%d %H:%M} UTC")
    epcs = sorted(row.epc for row in rows)
    body = epcis.answering(
        scene_of(actor, request),
        claims[0],
        epcs=epcs,
        answer=said,
        resolution=how if said is Answer.CONFIRM else None,
        note=note.strip(),
    )
    first = rows[0]
    other = first.respondent if first.claimant_id == actor.party.pk else first.claimant
    items = [row.item for row in rows if row.item is not None]
    after = {event.pk: event for event in [*_answered(rows), *(last_events(items) if how else ())]}
    return enact(body, actor=actor, request=request, after=after.values(), counterparty=other)


def lock_discrepancies(ids: Sequence[int]) -> list[Discrepancy]:
    """The rows, with their items and then themselves locked: in the order that every act keeps. Raises Refused."""
    if len(set(ids)) != len(ids):
        raise Refused.because("NAMED_TWICE", "A difference stands in the list more than once")
    found = Discrepancy.objects.filter(pk__among=list(ids))
    lock_rows(found.filter(item__isnull=False).values_list("item", flat=True))
    rows = found.select_for_update(of=("self",)).order_by("pk")
    rows = rows.select_related("item", "claimant", "respondent", "raised_by__entry", "answered_by__entry")
    locked = list(rows.defer("raised_by__body", "answered_by__body"))
    if missing := sorted(set(ids) - {row.pk for row in locked}):
        raise Refused.because("UNKNOWN_DISPUTE", f"There is no difference {missing[0]}")
    return locked


def _claim(row: Discrepancy) -> Claim:
    return Claim(
        code=row.code,
        epc=row.epc,
        about=row.raised_by.event_id,
        claimant=row.claimant.gln,
        respondent=row.respondent.gln,
        standing=Standing(row.standing),
    )


def _answered(rows: Sequence[Discrepancy]) -> list[Event]:
    """What an answer builds on: the claim, and what was said to it before."""
    return [rows[0].raised_by, *(row.answered_by for row in rows if row.answered_by is not None)]
