"""What statements about recalls do to present state: recalls, the batches that they concern, whom they reach, answers.

Class-level throughout: a recall writes a row for each batch that it names and for each party that it reaches, never one
for a pack. Acts and replay both come through here, so the tables are a fold over the log.
"""

from collections import defaultdict
from collections.abc import Sequence

from ledger.envelope import parse_envelope
from ledger.models import Entry
from supplychain.lifecycle import BatchState
from supplychain.models import Batch, Party, Product
from supplychain.recalls.models import Recall, RecalledBatch, RecallNotice, RecallReport
from supplychain.recalls.recall import Depth, Scope, state_of_batch
from supplychain.recalls.scope import batches_of, is_addressed, reached_by
from supplychain.recalls.statement import REPORT, Body, Op, parse_answer, parse_body
from supplychain.standing import recalls_on, scope_of, standings
from supplychain.stock import chunks


def project_declaration(entry: Entry) -> Recall | RecallReport:
    """Write what a statement of kind `recall` or `recall_report` does, by what it says and by nothing else."""
    statement = parse_envelope(bytes(entry.envelope)).statement
    if entry.kind == REPORT:
        answer = parse_answer(statement)
        return RecallReport.objects.create(
            recall=find_recall(answer.recall),
            party=Party.objects.get(gln=entry.party),
            entry=entry,
            quantities=None if answer.quantities is None else dict(answer.quantities),
            at=answer.time,
        )
    body = parse_body(statement)
    if body.op is Op.RECALL:
        return _call_back(entry, body)
    return _change(entry, body)


def find_recall(entry_id: str) -> Recall:
    """The recall that an entry (64 hex) brought into force."""
    return Recall.objects.select_related("product").get(entry__entry_id=bytes.fromhex(entry_id))


def lock_batches_of(*scopes: Scope) -> list[Batch]:
    """The batches that these scopes concern, locked: acts on their goods finish first, and later ones wait.

    The product first, as everywhere: no batch of it comes into being meanwhile.
    """
    gtins = sorted({one.gtin for one in scopes})
    list(Product.objects.select_for_update(no_key=True).filter(gtin__among=gtins).order_by("pk"))
    keys = {pk for scope in scopes for pk in batches_of(scope).values_list("pk", flat=True)}
    return list(Batch.objects.select_for_update(no_key=True).filter(pk__among=sorted(keys)).order_by("pk"))


def _call_back(entry: Entry, body: Body) -> Recall:
    assert body.scope is not None
    recall = Recall.objects.create(
        entry=entry,
        last_entry=entry,
        product=Product.objects.get(gtin=body.scope.gtin),
        party=Party.objects.get(gln=entry.party),
        action=body.action.value,
        scope=body.scope.as_json(),
        is_whole_product=body.scope.lots is None,
        severity=body.severity,
        depth=int(body.depth),
        reason=body.reason,
        text=body.text,
        respond_by=body.respond_by,
        in_force_at=entry.received_at,
    )
    batches = lock_batches_of(body.scope)
    _name_batches(recall, body.scope)
    refresh_states(batches)
    _notify(recall, body.scope)
    return recall


def _change(entry: Entry, body: Body) -> Recall:
    recall = find_recall(body.recall)
    before = scope_of(recall)
    batches = lock_batches_of(before)
    recall.last_entry, recall.change_text = entry, body.text
    if body.scope is None:
        recall.lifted_at = entry.received_at
    else:
        recall.scope, recall.is_whole_product = body.scope.as_json(), body.scope.lots is None
    recall.save(update_fields=["last_entry", "change_text", "lifted_at", "scope", "is_whole_product"])
    if body.scope is not None:
        RecalledBatch.objects.filter(recall=recall).delete()
        _name_batches(recall, body.scope)
    refresh_states(batches)
    if body.scope is not None:
        RecallNotice.objects.filter(recall=recall).delete()
        _notify(recall, body.scope)
    return recall


def _name_batches(recall: Recall, scope: Scope) -> None:
    if scope.lots is not None:
        named = batches_of(scope).order_by("pk")
        RecalledBatch.objects.bulk_create([RecalledBatch(recall=recall, batch=one) for one in named], batch_size=2000)


def refresh_states(batches: Sequence[Batch]) -> None:
    """Write what the recalls in force make of each of these locked batches: one statement for each state."""
    on = recalls_on(batches)
    by_state: dict[BatchState, list[int]] = defaultdict(list)
    for batch in batches:
        by_state[state_of_batch(batch.lot_number, standings(on[batch.pk]))].append(batch.pk)
    for state, keys in by_state.items():
        for some in chunks(keys):
            Batch.objects.filter(pk__among=some).exclude(state=state).update(state=state.value)


def _notify(recall: Recall, scope: Scope) -> None:
    """Whom the recall reaches now. Its batches are locked: nobody's goods move meanwhile."""
    reached = reached_by(scope)
    parties = Party.objects.in_bulk(list(reached))
    RecallNotice.objects.bulk_create(
        [
            RecallNotice(
                recall=recall,
                party=parties[pk],
                packs=share.packs,
                dispensed=share.dispensed,
                is_addressed=is_addressed(parties[pk], share, Depth(recall.depth)),
            )
            for pk, share in sorted(reached.items())
        ],
        batch_size=2000,
    )
