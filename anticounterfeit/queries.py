"""What is registered of the things that a code names, and a pack's story as a given viewer may see it.

The number of queries depends on how deep a pack was packed, never on how many packs its batch or its pallet has.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from django.db.models import QuerySet

from anticounterfeit.code import Claim
from anticounterfeit.verdict import BatchFacts, KnownPack, PackFacts
from ledger.models import Checkpoint, Leaf
from ledger.queries import PENDING, PUBLISHED, SEALED
from supplychain.epcis import vocabulary as cbv
from supplychain.gs1.identifiers import Sscc
from supplychain.history import Step, history_of, without_effect
from supplychain.lifecycle import BatchState, Role
from supplychain.models import Batch, Event, Item, Party, Product, Recall, Receipt
from supplychain.recalls.recall import Depth
from supplychain.standing import chain_of, country_of, is_held, recalls_on, scope_of, state_on
from supplychain.stock import effective_life
from supplychain.visibility import can_see_event

# Who does what, when a party is licensed for several things.
_ROLES_OF_STEP: Mapping[str, tuple[Role, ...]] = {
    cbv.COMMISSIONING: (Role.MANUFACTURER,),
    cbv.DISPENSING: (Role.PHARMACY,),
    cbv.REPACKAGING: (Role.REPACKAGER,),
}


@dataclass(frozen=True, slots=True)
class Found:
    """The rows that a claim names: those that exist. The batch is the pack's own, else that of the claimed lot."""

    product: Product | None = None
    batch: Batch | None = None
    item: Item | None = None


@dataclass(frozen=True, slots=True)
class ShownParty:
    """Who did a step. `name` is empty for viewers who may not know it."""

    role: str  # of lifecycle.Role, "" if the party has none
    country: str
    name: str


@dataclass(frozen=True, slots=True)
class ProofState:
    """How far a statement has come: `ledger.queries` PENDING, SEALED or PUBLISHED, and its block once it has one."""

    state: str = PENDING
    block: int | None = None


class Concern(StrEnum):
    """What of an item's surroundings a step is about."""

    PACK = "pack"  # the pack itself
    UNIT = "unit"  # the logistic unit itself
    CONTENTS = "contents"  # what went into the unit or came out of it
    AROUND = "around"  # a unit that the item was inside of


@dataclass(frozen=True, slots=True)
class ShownStep:
    """One step of a pack's story: what everybody may know, and for some viewers who it was.

    `is_answered` belongs to shipments: the addressee has stated that it received them.
    """

    event: Event
    actor: ShownParty
    receiver: ShownParty | None
    concerns: Concern
    is_answered: bool | None
    proof: ProofState

    @property
    def biz_step(self) -> str:
        return self.event.biz_step

    @property
    def time(self) -> datetime:
        return self.event.event_time

    @property
    def entry_id(self) -> bytes:
        return bytes(self.event.entry.entry_id)


# --- The pack ---------------------------------------------------------------------------------------------------------


def find_claimed(claim: Claim) -> Found:
    """The pack that a claim names; else its batch; else its product."""
    item = find_pack(claim.gtin.digits, claim.serial_number.text) if claim.serial_number is not None else None
    if item is not None and item.batch is not None:
        return Found(item.batch.product, item.batch, item)
    product = Product.objects.filter(gtin=claim.gtin.digits).select_related("brand_owner").first()
    if product is None or claim.lot_number is None:
        return Found(product)
    return Found(product, Batch.objects.filter(product=product, lot_number=claim.lot_number.text).first())


def find_pack(gtin: str, serial_number: str) -> Item | None:
    """The pack, if there is one. A serial that was only issued has no batch: to the world it does not exist, or asking
    here would show a thief which of his numbers are good."""
    rows = Item.objects.filter(gtin=gtin, serial_number=serial_number, batch__isnull=False)
    return _with_all_around(rows).first()


def find_unit(sscc: Sscc) -> Item | None:
    return _with_all_around(Item.objects.filter(gtin="", serial_number=sscc.digits)).first()


def packs_of_batch(batch: Batch, *, after_pk: int = 0) -> QuerySet[Item]:
    """The batch's packs in the order in which they were made, from behind `after_pk` on."""
    return Item.objects.filter(batch=batch, pk__gt=after_pk).select_related("batch").order_by("pk")


def _with_all_around(items: QuerySet[Item]) -> QuerySet[Item]:
    """All that the page says of the item itself, in one query: its batch, its maker, and how it came into being."""
    related = ("batch__product__brand_owner", "made_by__entry", "made_by__party", "holder")
    return items.select_related(*related).defer("made_by__body", "made_by__entry__envelope")


def root_of(item: Item) -> Item:
    """The outermost unit around an item, or itself: where custody stands. One query for each unit around it."""
    while item.parent_id is not None:
        item = Item.objects.select_related("holder").only("parent", "handoff", "holder__roles").get(pk=item.parent_id)
    return item


def recalls_of(found: Found) -> list[Recall]:
    """The recalls in force that concern the pack, or a batch that is all the code names. None: no query."""
    batch = found.batch
    if batch is None or batch.state == BatchState.RELEASED:
        return []
    recalls = recalls_on([batch])[batch.pk]
    if found.item is None:
        return recalls
    item, country = found.item, country_of(chain_of(found.item))
    return [one for one in recalls if scope_of(one).concerns(batch.lot_number, item.serial_number, country)]


def facts_of(claim: Claim, found: Found, steps: Sequence[ShownStep], recalls: Sequence[Recall] = ()) -> PackFacts:
    """What `assess_pack` needs to know. `steps` are the pack's, `recalls` those of `recalls_of`."""
    if found.product is None:
        return PackFacts()
    reports = bool(found.product.brand_owner.keyid)
    if found.item is not None and found.batch is not None:
        return PackFacts(
            product_known=True, maker_reports=reports, pack=_known_pack(found.item, found.batch, steps, recalls)
        )
    batch = found.batch
    claimed = None
    if batch is not None:
        # Only a serial that nobody knows makes this question worth a query.
        has_packs = claim.serial_number is None or batch.items.exists()
        claimed = BatchFacts(batch.lot_number, batch.expiry, BatchState(batch.state), has_packs)
    return PackFacts(product_known=True, maker_reports=reports, claimed_batch=claimed)


def _known_pack(item: Item, batch: Batch, steps: Sequence[ShownStep], recalls: Sequence[Recall]) -> KnownPack:
    chain = chain_of(item)
    root = chain[-1]
    dispensed = next((step for step in reversed(steps) if step.biz_step == cbv.DISPENSING), None)
    return KnownPack(
        life=effective_life(item, root),
        batch=BatchFacts(
            batch.lot_number,
            batch.expiry,
            state_on(item, chain),
            reaches_patients=not recalls or any(one.depth == Depth.CONSUMER for one in recalls),
        ),
        seen_with=main_role(root.holder) if root.holder else None,
        in_transit=root.handoff_id is not None,
        dispensed_on=dispensed.time.astimezone(UTC).date() if dispensed else None,
        dispensed_in=dispensed.actor.country if dispensed else "",
        is_held=is_held(item, chain),
    )


# --- Its story --------------------------------------------------------------------------------------------------------


def story_of(item: Item, *, viewer: Party | None, checkpoint: Checkpoint | None) -> list[ShownStep]:
    """The steps of a pack's or a unit's life, oldest first, with names only where `viewer` may know them.

    `checkpoint` is the newest published one.
    """
    steps = history_of(item)
    # What was stated late and changed nothing, or was declared erroneous, did not happen to this pack.
    void = without_effect(step.event.pk for step in steps)
    steps = [step for step in steps if step.event.pk not in void]
    partners = Party.objects.in_bulk({step.event.counterparty_id for step in steps} - {None})
    answered = _answered_shipments(steps)
    proofs = _proofs_of([step.event.entry_id for step in steps], checkpoint)
    return [_show(step, item, viewer, partners, answered, proofs) for step in steps]


def _show(
    step: Step,
    item: Item,
    viewer: Party | None,
    partners: Mapping[int, Party],
    answered: set[int],
    proofs: Mapping[int, ProofState],
) -> ShownStep:
    event = step.event
    may_see = can_see_event(viewer, event)
    is_shipment = event.biz_step == cbv.SHIPPING
    partner = partners.get(event.counterparty_id) if event.counterparty_id and is_shipment else None
    return ShownStep(
        event=event,
        actor=_shown(event.party, event.biz_step, may_see),
        receiver=_shown(partner, "", may_see) if partner else None,
        concerns=_concern(step, item),
        is_answered=event.pk in answered if is_shipment else None,
        proof=proofs.get(event.entry_id, ProofState()),
    )


def _concern(step: Step, item: Item) -> Concern:
    if step.through.pk != item.pk:
        return Concern.AROUND
    if step.field == "parentID":
        return Concern.CONTENTS
    return Concern.PACK if item.gtin else Concern.UNIT


def main_role(party: Party, biz_step: str = "") -> Role | None:
    """The role in which a party does a step: the one that the step asks for if it has it, else its first."""
    wanted = (*_ROLES_OF_STEP.get(biz_step, ()), *(Role(one) for one in party.roles))
    return next((role for role in wanted if role in party.roles), None)


def _shown(party: Party, biz_step: str, may_see: bool) -> ShownParty:
    return ShownParty(main_role(party, biz_step) or "", party.country, party.name if may_see else "")


def _answered_shipments(steps: Sequence[Step]) -> set[int]:
    """The shipping events among `steps` that a receiving event among them answers."""
    received = [step.event.pk for step in steps if step.event.biz_step == cbv.RECEIVING]
    return set(Receipt.objects.filter(event__in=received).values_list("handoff__ship_event", flat=True))


def _proofs_of(entries: Sequence[int], checkpoint: Checkpoint | None) -> dict[int, ProofState]:
    """Entry -> how far it has come, for those that have a block."""
    size = checkpoint.tree_size if checkpoint is not None else 0
    leaves = Leaf.objects.filter(entry__in=entries).values_list("entry_id", "index", "block_id")
    return {entry: ProofState(PUBLISHED if index < size else SEALED, block) for entry, index, block in leaves}
