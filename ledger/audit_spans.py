"""The audit's plan: the log in spans, each with the keys that are in force where it begins, walked on all cores."""

import pickle
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db import connection

from ledger import crypto_fast
from ledger.audit_rows import damage
from ledger.audit_walk import SPAN, Position, Span, walk_span
from ledger.envelope_fast import parse_envelope
from ledger.errors import LedgerError
from ledger.keyring import Keyring
from ledger.models import Entry, Log
from ledger.processes import map_on_all_cores
from ledger.queries import KEY_KINDS
from ledger.signer import Head
from ledger.tlog.block import NO_HASH, fold_keys

# A process costs a second to start. Below this many spans one is faster alone.
ALONE_BELOW = 8
PAGE = 1000


@dataclass(slots=True)
class Plan:
    """Goes through the log's key entries once, ahead of the walks, and cuts the log into spans.

    A span's walk checks the key entries within it, too. So what is found wrong with one here needs no word: no span
    behind it is handed out, and its own walk names it.
    """

    log: Log
    size: int
    signed: Iterator[Head]
    keyring: Keyring = field(default_factory=Keyring)
    keys: bytes = NO_HASH
    next_signed: Head | None = None

    def spans(self) -> Iterator[Span]:
        self.next_signed = next(self.signed, None)
        key_entries = read_key_entries(self.size)
        entry: tuple[int, bytes, bytes] | None = next(key_entries, None)
        for first in range(0, self.size, SPAN):
            stop = min(first + SPAN, self.size)
            # A copy: whoever walks the span adds to it.
            keyring = pickle.loads(pickle.dumps(self.keyring))  # noqa: S301 - our own object
            yield Span(self.log.origin, self.log.vkey, first, stop, keyring, self.keys, tuple(self.take_heads(stop)))
            while entry is not None and entry[0] < stop:
                index, identity, envelope = entry
                try:
                    self.keyring.apply(index, parse_envelope(envelope), crypto_fast)
                except LedgerError:
                    return
                self.keys = fold_keys(self.keys, identity)
                entry = next(key_entries, None)

    def take_heads(self, stop: int) -> Iterator[Head]:
        while self.next_signed is not None and self.next_signed.size <= stop:
            yield self.next_signed
            self.next_signed = next(self.signed, None)


def read_key_entries(size: int) -> Iterator[tuple[int, bytes, bytes]]:
    """Leaf index, entry id and envelope of every key and policy entry below `size`, in index order."""
    # Not in the order of arrival: after a recovery the two differ.
    rows = Entry.objects.filter(kind__in=KEY_KINDS, leaf__index__lt=size).order_by("leaf__index")
    columns, after = rows.values_list("leaf__index", "entry_id", "envelope"), -1
    while page := list(columns.filter(leaf__index__gt=after)[:PAGE]):
        for index, identity, envelope in page:
            yield index, bytes(identity), bytes(envelope)
        after = page[-1][0]


def walk_all(plan: Plan) -> Iterator[Position]:
    """Walk every span of the plan; yields where each one ends, in order.

    Raises:
        LedgerError: the first thing that is wrong.
    """
    at = Position()
    spans = plan.spans()
    is_small = plan.size < ALONE_BELOW * SPAN
    # Inside a transaction other processes do not see what we see.
    walks = map(walk_span, spans) if is_small or connection.in_atomic_block else map_on_all_cores(walk_span, spans)
    for walked in walks:
        if walked.start != at:
            raise damage(f"leaf {at.edge.size}: the leaves before it do not lead to where block {at.height} begins")
        at = walked.end
        yield at
    if at.edge.size != plan.size:
        raise damage(f"leaf {at.edge.size}: the walk ends there, the log row says size {plan.size}")
