"""All that is known of a batch as one archive, for a regulator or its maker, to be checked without us.

Written while it is read: one event, one page of items in memory at a time, whatever the batch's size. All proofs lead
to one checkpoint, the newest when the export began; what was stated since then is counted as pending.

The archive has the events that its reader sees whole, each with the secret that opens every commitment in it: all of
them for a regulator; for a maker what it stated or was told, for to whom its goods went on is not its to know. Format:
`ledger/verifier/archive.py`.
"""

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.db.models import prefetch_related_objects
from django.utils import timezone

from anticounterfeit.usecases.build_pedigree import NotYetProven, build_pedigree
from ledger.envelope import canonical, parse_envelope
from ledger.models import Checkpoint, Entry
from ledger.queries import Proof, key_entries_for, latest_checkpoint, leaf_index_of, proofs_of
from supplychain.acts import Refused
from supplychain.batch_history import events_of_batch, load_event
from supplychain.epcis.event import format_time
from supplychain.lifecycle import Life
from supplychain.models import Batch, Event, Item, Party
from supplychain.queries import roots_of
from supplychain.stock import chunks, epc_of
from supplychain.streams import as_text, csv_lines
from supplychain.visibility import can_name_holder, can_see_batch, reader_of, visible_events
from supplychain.zip_stream import ZipStream

PEDIGREES = 10
ITEMS_AT_ONCE = 2_000
EVENTS_AT_ONCE = 200
ITEM_COLUMNS = ("epc", "serial_number", "life", "parent", "root", "holder_gln", "holder", "place", "under_way")
MOVEMENT_COLUMNS = ("leaf", "time", "party", "biz_step", "action", "counterparty", "place", "entry_id", "event_id")
README = """{about}
{line}

Exported on {made_at}. To check all of it without the platform that wrote it:

    medtrail-verify THIS-FILE.zip --policy POLICY-FILE

Get the policy file from somebody whom you believe, not from whoever gave you this archive.

manifest.json   every other file with its size and SHA-256, and the checkpoint that all proofs lead to
keys.json       the log's first entry, and what proves each signing key from there on
events.jsonl    one signed statement a line, in the log's order: envelope, leaf index, inclusion proof, the whole EPCIS
                event and the secret that opens its commitments; of those that you may see
items.csv       the packs of the batch and their state when this was written
movements.csv   the statements as a table; without a leaf number: stated since the checkpoint, not in events.jsonl yet
pedigrees/      the signed history of some packs, each to be checked alone, too

What this does not prove: that nothing was left out. {pending} statements wait for their block.
"""


@dataclass(slots=True)
class _Export:
    batch: Batch
    reader: Party
    checkpoint: Checkpoint
    events: list[int]
    zip: ZipStream = field(default_factory=ZipStream)
    keyids: set[str] = field(default_factory=set)
    proven: int = 0

    @property
    def about(self) -> str:
        product = self.batch.product
        return f"lot {self.batch.lot_number} of {product.name}, GTIN {product.gtin}"


def export_batch(*, reader: Party, batch: Batch, pedigrees: int = PEDIGREES) -> Iterator[bytes]:
    """The archive of `batch` for `reader`, in pieces. `pedigrees`: how many packs' histories are written out.

    Raises:
        Refused: the batch is neither the reader's nor for it to oversee (UNKNOWN_BATCH), or nothing of it is published
            yet (NOT_YET_PROVEN). Both before the first piece.
    """
    if not can_see_batch(reader, batch):
        raise Refused.because("UNKNOWN_BATCH", f"Batch {batch.pk} is not registered here, or not yours to see")
    checkpoint = latest_checkpoint()
    events = events_of_batch(batch)
    rows = visible_events(reader).filter(pk__among=events).order_by("pk")
    events = list(rows.values_list("pk", flat=True))
    entries = rows.values_list("entry_id", flat=True)
    sealed = leaf_index_of(entries).values() if checkpoint is not None else ()
    if checkpoint is None or not any(index < checkpoint.tree_size for index in sealed):
        raise Refused.because("NOT_YET_PROVEN", "No statement about this batch is published yet; ask in some seconds")
    return _pieces(_Export(batch, reader, checkpoint, events), pedigrees)


def _pieces(export: _Export, pedigrees: int) -> Iterator[bytes]:
    add, made_at = export.zip.add, format_time(timezone.now())
    yield from add("events.jsonl", _event_lines(export))
    yield from add("keys.json", [_keys(export)])
    yield from add("items.csv", csv_lines(ITEM_COLUMNS, _item_rows(export)))
    yield from add("movements.csv", csv_lines(MOVEMENT_COLUMNS, _movement_rows(export)))
    for item in _some_packs(export.batch, pedigrees):
        try:
            document = build_pedigree(item, reader=reader_of(export.reader)).document
        except NotYetProven:
            continue
        yield from add(f"pedigrees/{item.pk}.json", [json.dumps(document, indent=1).encode()])
    pending = len(export.events) - export.proven
    told = {"about": export.about, "line": "=" * len(export.about), "made_at": made_at, "pending": pending}
    yield from add("README.txt", [README.format(**told).encode()])
    manifest = {
        "v": 1,
        "about": export.about,
        "made_at": made_at,
        "pending": pending,
        "checkpoint": export.checkpoint.note,
        "files": dict(export.zip.files),
    }
    yield from add("manifest.json", [canonical(manifest)])
    yield from export.zip.close()


def _event_lines(export: _Export) -> Iterator[bytes]:
    """In the log's order, which is not that of statement where two were sealed together."""
    for event, proof in _in_log_order(export):
        envelope = bytes(event.entry.envelope)
        export.keyids |= {one.keyid for one in parse_envelope(envelope).signatures}
        export.proven += 1
        # The stored body is canonical text, and stays as it is: a digest covers its spelling.
        opened = f'"event":{event.body},"secret":"{bytes(event.secret).hex()}"'
        yield f"{{{opened},{json.dumps(_place(proof, envelope))[1:]}\n".encode()


def _in_log_order(export: _Export) -> Iterator[tuple[Event, Proof]]:
    rows = Event.objects.filter(pk__among=export.events, entry__leaf__index__lt=export.checkpoint.tree_size)
    ordered = rows.order_by("entry__leaf__index").values_list("pk", "entry_id")
    for some in chunks(list(ordered), EVENTS_AT_ONCE):
        proofs = proofs_of([entry for _, entry in some], under=export.checkpoint)
        for pk, entry in some:
            yield load_event(pk), proofs[entry]


def _place(proof: Proof, envelope: bytes) -> dict[str, object]:
    return {
        "index": proof.index,
        "proof": [b64encode(one).decode() for one in proof.hashes],
        "envelope": b64encode(envelope).decode(),
    }


def _keys(export: _Export) -> bytes:
    entries: list[Entry] = key_entries_for(export.keyids)
    proofs = proofs_of([one.pk for one in entries], under=export.checkpoint)
    return json.dumps([_place(proofs[one.pk], bytes(one.envelope)) for one in entries if one.pk in proofs]).encode()


def _item_rows(export: _Export) -> Iterator[tuple[object, ...]]:
    """Packs made under the checkpoint: their state is that of now, their making is what the archive proves."""
    size = export.checkpoint.tree_size
    rows = Item.objects.filter(batch=export.batch, made_by__entry__leaf__index__lt=size).order_by("pk")
    after = 0
    while page := list(rows.filter(pk__gt=after).select_related("parent")[:ITEMS_AT_ONCE]):
        roots = roots_of(page)
        prefetch_related_objects(list(roots.values()), "holder", "place")
        for item in page:
            yield _item_row(export.reader, item, roots[item.pk])
        after = page[-1].pk


def _item_row(reader: Party, item: Item, root: Item) -> tuple[object, ...]:
    holder = root.holder
    is_named = holder is not None and can_name_holder(reader, holder)
    return (
        epc_of(item),
        item.serial_number,
        Life(item.life).name.lower(),
        epc_of(item.parent) if item.parent else "",
        epc_of(root) if item.parent else "",
        holder.gln if holder and is_named else "",
        as_text(holder.name) if holder and is_named else "|".join(holder.roles) if holder else "",
        root.place.gln if root.place and is_named else "",
        "yes" if root.handoff_id else "",
    )


def _movement_rows(export: _Export) -> Iterator[tuple[object, ...]]:
    for some in chunks(export.events, ITEMS_AT_ONCE):
        rows = Event.objects.filter(pk__among=some).select_related("entry", "party", "counterparty", "place")
        events = list(rows.defer("body", "secret", "entry__envelope").order_by("pk"))
        leaves = leaf_index_of(event.entry_id for event in events)
        for event in events:
            yield _movement_row(export, event, leaves.get(event.entry_id))


def _movement_row(export: _Export, event: Event, leaf: int | None) -> tuple[object, ...]:
    return (
        leaf if leaf is not None and leaf < export.checkpoint.tree_size else "",
        format_time(event.event_time),
        event.party.gln,
        event.biz_step,
        event.action,
        event.counterparty.gln if event.counterparty else "",
        event.place.gln if event.place else "",
        bytes(event.entry.entry_id).hex(),
        event.event_id,
    )


def _some_packs(batch: Batch, count: int) -> Iterable[Item]:
    """`count` packs spread over the batch: from all pallets rather than from one."""
    keys = Item.objects.filter(batch=batch).order_by("pk").values_list("pk", flat=True)
    first, last = keys.first(), keys.last()
    if first is None or last is None or count < 1:
        return []
    wanted = {first + (last - first) * step // max(count - 1, 1) for step in range(count)}
    # Keys of other batches may lie between: the next pack of this one stands in for them.
    found = [key for one in sorted(wanted) if (key := keys.filter(pk__gte=one).first()) is not None]
    return Item.objects.filter(pk__in=found).order_by("pk")
