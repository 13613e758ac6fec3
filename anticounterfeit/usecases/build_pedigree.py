"""A pack's pedigree: every published statement about it, each with its proof, under one checkpoint.

Whoever holds the file and the log's policy can check it without us. It shows of each statement what concerns this pack
and nothing else: its own EPC, or that of the unit that it was in, and for packing and unpacking which unit that was.

Every statement names its author in the clear, for the log's own sake, so the file tells the GLNs of those who had this
pack. Provenance that nobody has to believe us is what the code on the pack is for: whoever has the pack may have the
file. Where trade relations weigh more, PUBLIC_PEDIGREE=maker cuts it by who asks (`sight.pedigree_length`): the public
gets the maker's statement, a party the way up to its own last part in it, a regulator all. The format is the same for
everybody, and every such file can be checked alone.
"""

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Q

from ledger.envelope import parse_envelope
from ledger.models import Entry
from ledger.queries import Proof, key_entries_for, newest_header, proofs_of, whole_keyring
from supplychain.epcis import vocabulary as cbv
from supplychain.history import Step, history_of
from supplychain.models import Containment, Event, Item
from supplychain.openings import is_long, open_in_list, open_parent, statement_of
from supplychain.sight import Reader, pedigree_length
from supplychain.statement import disclose_list
from supplychain.stock import epc_of

VERSION = 1
BIRTHS = (cbv.COMMISSIONING, cbv.REPACKAGING)
MAX_WHOLE_KEYRING = 64  # some 60 kB; beyond, the file has those keys only that it needs


class NotYetProven(Exception):
    """No statement about the pack is under a published checkpoint yet: ask again in a few seconds."""


@dataclass(frozen=True, slots=True)
class Pedigree:
    """The file as a JSON object, and how many of the newest statements it cannot contain yet."""

    document: dict[str, Any]
    pending: int


def build_pedigree(item: Item, *, reader: Reader) -> Pedigree:
    """The pedigree of a pack, as far as `reader` may follow it.

    Raises:
        NotYetProven: nothing about it is published yet.
        LedgerError: what is stored is not what was signed.
    """
    steps = _shown_to(reader, history_of(item))
    events = _load_events(steps)
    # All of them while they are few: then the newest header proves that no revocation was left out.
    whole = whole_keyring(MAX_WHOLE_KEYRING)
    keys = key_entries_for(_keyids_of(event.entry for event in events.values())) if whole is None else whole
    # Asked once for all of them, so that all stand under one checkpoint.
    proofs = proofs_of([*(step.event.entry_id for step in steps), *(key.pk for key in keys)])
    proven = sorted((step for step in steps if step.event.entry_id in proofs), key=lambda step: _index(step, proofs))
    if not proven:
        raise NotYetProven(f"No statement about {epc_of(item)} is published yet; {len(steps)} wait")
    parents = _parents_of(proven)
    document = {
        "v": VERSION,
        "checkpoint": proofs[proven[0].event.entry_id].note,
        "items": [
            _entry(events[step.event.pk].entry, proofs)
            | {"disclosed": _disclose(events[step.event.pk], step, parents.get((step.event.pk, step.through.pk)))}
            for step in proven
        ],
        "keys": [_entry(key, proofs) for key in keys if key.pk in proofs],
    }
    header = newest_header() if whole is not None else None
    if header is not None and header[0].note == document["checkpoint"]:  # else somebody published in between
        place, leaf = header
        document["header"] = {
            "index": place.index,
            "proof": [b64encode(one).decode() for one in place.hashes],
            "leaf": b64encode(leaf).decode(),
        }
    return Pedigree(document, pending=len(steps) - len(proven))


def _shown_to(reader: Reader, steps: Sequence[Step]) -> Sequence[Step]:
    if settings.PUBLIC_PEDIGREE == "whole":
        return steps
    births = (at for at, step in enumerate(steps, 1) if step.event.biz_step in BIRTHS)
    parties = [(step.event.party_id, step.event.counterparty_id) for step in steps]
    return steps[: pedigree_length(reader, parties, born=next(births, 1))]


def _index(step: Step, proofs: Mapping[int, Proof]) -> int:
    return proofs[step.event.entry_id].index


def _load_events(steps: Sequence[Step]) -> dict[int, Event]:
    """The steps' events with their envelopes and secrets; of bodies only the short ones, which are hashed again."""
    wanted = [step.event.pk for step in steps]
    events = Event.objects.filter(pk__in=wanted).select_related("entry").defer("body").in_bulk()
    short = [step.event.pk for step in steps if not is_long(statement_of(events[step.event.pk]), step.field)]
    for pk, body in Event.objects.filter(pk__in=short).values_list("pk", "body"):
        events[pk].body = body
    return events


def _parents_of(steps: Sequence[Step]) -> dict[tuple[int, int], Item]:
    """(event, child) -> the unit that the child was packed into or taken out of by that event."""
    moves = [step for step in steps if step.field == "childEPCs"]
    events, children = [step.event.pk for step in moves], [step.through.pk for step in moves]
    rows = Containment.objects.filter(Q(from_event__in=events) | Q(to_event__in=events), child__in=children)
    parents: dict[tuple[int, int], Item] = {}
    for row in rows.select_related("parent"):
        parents[row.from_event_id, row.child_id] = row.parent
        if row.to_event_id is not None:
            parents[row.to_event_id, row.child_id] = row.parent
    return parents


def _keyids_of(entries: Iterable[Entry]) -> set[str]:
    return {one.keyid for entry in entries for one in parse_envelope(bytes(entry.envelope)).signatures}


def _entry(entry: Entry, proofs: Mapping[int, Proof]) -> dict[str, Any]:
    proof = proofs[entry.pk]
    return {
        "index": proof.index,
        "proof": [b64encode(one).decode() for one in proof.hashes],
        "envelope": b64encode(bytes(entry.envelope)).decode(),
    }


def _disclose(event: Event, step: Step, parent: Item | None) -> dict[str, Any]:
    opening = open_in_list(event, step.field, epc_of(step.through), step.position)
    shown: dict[str, Any] = {"lists": {step.field: disclose_list(opening)}}
    if parent is not None:
        shown["sealed"] = {"parentID": open_parent(event, epc_of(parent))}
    return shown
