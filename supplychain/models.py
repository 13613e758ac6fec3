"""What the platform knows of parties, products and packs. Columns and constraints only: rules live in `lifecycle.py`.

`Event`, `EventItem` and `Refusal` only ever grow. `Item`, `Containment`, `Handoff` and a batch's state are a
projection: a fold over the statements gives the same rows again.
"""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q


class Party(models.Model):
    """An organisation that acts: it has a GLN, a licence and keys on the ledger."""

    gln = models.CharField(max_length=13, unique=True)
    name = models.CharField(max_length=200)
    roles = models.JSONField(default=list)  # of lifecycle.Role
    country = models.CharField(max_length=2)  # ISO 3166-1 alpha-2
    licence_number = models.CharField(max_length=80, blank=True)
    licence_expiry = models.DateField(null=True, blank=True)
    # GS1 company prefixes under which it numbers products and logistic units; digits only.
    company_prefixes = models.JSONField(default=list)
    # The key that signs for it by default; empty for a party that was imported and has not been admitted to the log.
    keyid = models.CharField(max_length=64, blank=True)
    # The serial reference of the next SSCC under its first company prefix; taken under a row lock, never given twice.
    next_sscc_reference = models.BigIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "parties"
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return f"{self.name} ({self.gln})"


class Place(models.Model):
    """Where goods stand: a site of a party, named by a GLN of its own or by the party's."""

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="places")
    gln = models.CharField(max_length=13, unique=True)
    name = models.CharField(max_length=200)
    city = models.CharField(max_length=100, blank=True)
    country = models.CharField(max_length=2)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.gln})"


class Membership(models.Model):
    """A person acts for a party, with one or more duties in it. Persons never reach the ledger."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="membership")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="members")
    duties = models.JSONField(default=list)  # of duties.Duty; none of them: may look only
    # The site that the person acts from, until another is chosen; None: the party's first.
    place = models.ForeignKey(Place, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    def __str__(self) -> str:
        return f"{self.user} for {self.party}"


class ApiKey(models.Model):
    """A machine acts for a party. Only the SHA-256 of the secret is kept; the prefix finds the row."""

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="api_keys")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12, unique=True)
    secret_sha256 = models.CharField(max_length=64)
    scopes = models.JSONField(default=list)  # "read", of duties.Kind, or names of single acts
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class Product(models.Model):
    """A trade item: what one GTIN stands for."""

    gtin = models.CharField(max_length=14, unique=True)
    name = models.CharField(max_length=300)
    generic_name = models.CharField(max_length=500, blank=True)
    strength = models.CharField(max_length=100, blank=True)
    form = models.CharField(max_length=100, blank=True)
    brand_owner = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="products")
    markets = models.JSONField(default=list)  # ISO 3166-1 alpha-2
    # Serials that this GTIN has used up, for the guess margin: counting a hundred million packs would take minutes.
    serials_issued = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return f"{self.name} ({self.gtin})"


class NationalCode(models.Model):
    """A product's code in a country's own scheme: NDC, PZN, 药品标识码 …"""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="national_codes")
    scheme = models.CharField(max_length=20)
    value = models.CharField(max_length=40)
    # For repackaged goods: the code it was repackaged from, or several with ";" between.
    source_value = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scheme", "value"], name="national_code_once")]

    def __str__(self) -> str:
        return f"{self.scheme} {self.value}"


class Batch(models.Model):
    """A GS1 lot of one product. One expiry for each lot: else every scan of half the lot mismatches."""

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="batches")
    lot_number = models.CharField(max_length=20)
    expiry = models.DateField()
    state = models.CharField(max_length=12, default="released")  # lifecycle.BatchState
    holds = models.PositiveIntegerField(default=0, db_default=0)  # open ones on the whole batch, see `holds.models`
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "batches"
        constraints = [models.UniqueConstraint(fields=["product", "lot_number"], name="batch_lot_once_per_product")]

    def __str__(self) -> str:
        return f"{self.product.gtin} lot {self.lot_number}"


class Event(models.Model):
    """An EPCIS event as its author stated it, with the secret that opens its commitments, and its ledger entry."""

    event_id = models.CharField(max_length=100, unique=True)  # urn:uuid, made from party and nonce
    type = models.CharField(max_length=24)
    action = models.CharField(max_length=8, blank=True)
    biz_step = models.CharField(max_length=40, blank=True)
    disposition = models.CharField(max_length=40, blank=True)
    event_time = models.DateTimeField()
    record_time = models.DateTimeField()
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="events")
    # Where it was stated: the site that the event names as its read point.
    place = models.ForeignKey(Place, on_delete=models.PROTECT, null=True, related_name="+")
    # Whoever else may see the event whole: the counterparty of a handoff.
    counterparty = models.ForeignKey(Party, on_delete=models.PROTECT, null=True, related_name="+")
    # The same request twice is the same act: the nonce in the statement is the request's id.
    nonce = models.CharField(max_length=32)
    request_sha256 = models.CharField(max_length=64)
    body = models.TextField()  # the whole event as RFC 8785 JSON, lists included
    secret = models.BinaryField(max_length=32)  # destroying it makes every commitment of the event meaningless
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["party", "nonce"], name="event_nonce_once_per_party")]
        indexes = [
            models.Index(fields=["party", "-id"], name="event_by_party"),
            models.Index(
                fields=["counterparty", "-id"],
                name="event_by_counterparty",
                condition=Q(counterparty__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.biz_step or self.type} {self.event_id}"


class ListTile(models.Model):
    """256 hashes of the Merkle tree over one EPC list of an event, so that opening one EPC never re-hashes the list."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="list_tiles")
    field = models.CharField(max_length=16)
    level = models.PositiveSmallIntegerField()
    index = models.PositiveIntegerField()
    hashes = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "field", "level", "index"], name="list_tile_once")]

    def __str__(self) -> str:
        return f"{self.event_id}/{self.field}/{self.level}/{self.index}"


class Handoff(models.Model):
    """One shipping statement and the receiving statement that answers it."""

    sender = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="handoffs_out")
    receiver = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="handoffs_in")
    ship_event = models.OneToOneField(Event, on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=12, default="sale")
    state = models.CharField(max_length=12, default="open")  # open, partial, received, void
    differences = models.JSONField(default=list)  # [{"code": "SHORTAGE"|"OVERAGE", "epc": …}]

    class Meta:
        indexes = [
            models.Index(fields=["receiver", "state", "-id"], name="handoff_incoming"),
            models.Index(fields=["sender", "state", "-id"], name="handoff_outgoing"),
        ]

    def __str__(self) -> str:
        return f"handoff {self.pk}"


class Receipt(models.Model):
    """A receiving event answers a handoff; a partial delivery has several."""

    handoff = models.ForeignKey(Handoff, on_delete=models.PROTECT, related_name="receipts")
    event = models.OneToOneField(Event, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"receipt {self.event_id} of handoff {self.handoff_id}"


class Item(models.Model):
    """A pack (SGTIN) or a logistic unit (SSCC) and its present state.

    Holder, place and handoff stand on roots only: what is packed into a unit goes where the unit goes, so a handoff of
    ten thousand packs on one pallet touches one row.
    """

    kind = models.PositiveSmallIntegerField()  # lifecycle.Kind
    gtin = models.CharField(max_length=14, blank=True)  # empty for a logistic unit
    serial_number = models.CharField(max_length=20)  # or the 18 digits of the SSCC
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, null=True, related_name="items")
    life = models.PositiveSmallIntegerField()  # lifecycle.Life
    # Without a foreign key in the database are the columns whose rows nobody can delete: events only ever grow, and the
    # events protect their parties and places. Five checks for each row made a commit of 100,000 packs cost more than
    # their COPY; that the columns are right is what `rebuild_state` compares.
    # The event that brought it into being, and its place in that event's EPC list, in EPC order.
    made_by = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="made_items", db_constraint=False)
    position = models.PositiveIntegerField(default=0)
    # With which list its serial was issued, if it was issued before it was made.
    allocation = models.ForeignKey(
        "Allocation", on_delete=models.PROTECT, null=True, related_name="items", db_constraint=False, db_index=False
    )
    # The newest event that named it: what the next statement about it builds on.
    last_event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    # The event that ended its life in trade, as long as nothing has undone it.
    ended_by = models.ForeignKey(Event, on_delete=models.PROTECT, null=True, related_name="+", db_constraint=False)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="children")
    height = models.PositiveSmallIntegerField(default=0)  # levels of units inside it
    holder = models.ForeignKey(Party, on_delete=models.PROTECT, null=True, related_name="held", db_constraint=False)
    place = models.ForeignKey(Place, on_delete=models.PROTECT, null=True, related_name="+", db_constraint=False)
    handoff = models.ForeignKey(Handoff, on_delete=models.PROTECT, null=True, related_name="items_under_way")
    # On roots, as custody: the receipt of a return, as long as nobody has verified the goods since.
    returned_by = models.ForeignKey(Event, on_delete=models.PROTECT, null=True, related_name="+", db_constraint=False)
    holds = models.PositiveIntegerField(default=0, db_default=0)  # open ones on it and inside it, see `holds.models`

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["gtin", "serial_number"], name="item_serial_once_per_gtin"),
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | Q(holder__isnull=True, place__isnull=True, handoff__isnull=True),
                name="item_custody_on_roots_only",
            ),
        ]
        indexes = [
            models.Index(fields=["holder", "-id"], name="item_held", condition=Q(holder__isnull=False)),
            models.Index(fields=["allocation", "life"], name="item_issued", condition=Q(allocation__isnull=False)),
            # What a party holds loose, counted by batch without touching the rows.
            models.Index(
                fields=["holder", "batch"],
                name="item_held_by_batch",
                condition=Q(holder__isnull=False, handoff__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.gtin} {self.serial_number}".strip()


class EventItem(models.Model):
    """An event concerns an item by name. What was inside the item at that time is found through `Containment`.

    Commissioned packs and packed children are not repeated here: `Item.made_by` and `Containment.from_event` name them.
    """

    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="event_items")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="event_items")
    field = models.CharField(max_length=16)  # epcList, parentID
    position = models.PositiveIntegerField(default=0)  # in the list, in EPC order

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "item", "field"], name="event_item_once")]
        indexes = [models.Index(fields=["item", "event"], name="event_item_by_item")]

    def __str__(self) -> str:
        return f"{self.field} of event {self.event_id}"


class Containment(models.Model):
    """A child was inside a parent from one event until another, or still is."""

    child = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="stays")
    parent = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="contents")
    from_event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveIntegerField(default=0)  # in childEPCs of that event, in EPC order
    to_event = models.ForeignKey(Event, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["child"], condition=Q(to_event__isnull=True), name="one_parent_at_a_time"),
        ]

    def __str__(self) -> str:
        return f"{self.child_id} in {self.parent_id}"


class Content(models.Model):
    """How many packs of a batch are inside a unit, however deep.

    So that a shipment knows of a recalled batch, and a recall of its holders, at a cost that does not grow with the
    goods. Units are packed and unpacked as roots only, so each change touches the rows of one unit.
    """

    unit = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="batch_contents")
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="units")
    packs = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit", "batch"], name="content_once")]

    def __str__(self) -> str:
        return f"{self.packs} of {self.batch_id} in {self.unit_id}"


class Refusal(models.Model):
    """An act that was refused: evidence, with who tried and why not."""

    act = models.CharField(max_length=24)
    party = models.ForeignKey(Party, on_delete=models.PROTECT, null=True, related_name="refusals")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    code = models.CharField(max_length=40)
    reasons = models.JSONField(default=list)  # [{"code", "epc", "text"}], at most 100
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["party", "-id"], name="refusal_by_party")]

    def __str__(self) -> str:
        return f"{self.act}: {self.code}"


class Draft(models.Model):
    """An act that was rehearsed and waits for its party's own signatures. No goods are held for it meanwhile."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="drafts")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    act = models.CharField(max_length=24)  # a name in acts.ACTS
    parameters = models.JSONField()
    nonce = models.CharField(max_length=32)
    event_time = models.DateTimeField()
    place = models.ForeignKey(Place, on_delete=models.PROTECT, null=True, related_name="+")  # that it was drafted at
    seed = models.BinaryField(max_length=32)  # secrets and serials of the act follow from it
    statements = models.JSONField()  # [{"payload": base64, "event": {…}, "secret": hex}], in the order of the act
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["party", "nonce"], name="draft_nonce_once_per_party")]

    def __str__(self) -> str:
        return f"draft {self.pk} of {self.act}"


# Models of their own rooms, where Django finds them.
from supplychain.corrections.models import Correction as Correction  # noqa: E402
from supplychain.disputes.models import Discrepancy as Discrepancy  # noqa: E402
from supplychain.holds.models import Hold as Hold  # noqa: E402
from supplychain.people.models import Invitation as Invitation  # noqa: E402
from supplychain.recalls.models import Approval as Approval  # noqa: E402
from supplychain.recalls.models import Declaration as Declaration  # noqa: E402
from supplychain.recalls.models import Proposal as Proposal  # noqa: E402
from supplychain.recalls.models import Recall as Recall  # noqa: E402
from supplychain.recalls.models import RecalledBatch as RecalledBatch  # noqa: E402
from supplychain.recalls.models import RecallNotice as RecallNotice  # noqa: E402
from supplychain.recalls.models import RecallReport as RecallReport  # noqa: E402
from supplychain.repository.models import CaptureJob as CaptureJob  # noqa: E402
from supplychain.repository.models import EventContext as EventContext  # noqa: E402
from supplychain.repository.models import EventEpc as EventEpc  # noqa: E402
from supplychain.repository.models import EventIndex as EventIndex  # noqa: E402
from supplychain.repository.models import EventValue as EventValue  # noqa: E402
from supplychain.repository.models import MasterAttribute as MasterAttribute  # noqa: E402
from supplychain.repository.models import NamedQuery as NamedQuery  # noqa: E402
from supplychain.repository.models import SubLocation as SubLocation  # noqa: E402
from supplychain.repository.models import Subscription as Subscription  # noqa: E402
from supplychain.returns.models import ReturnCheck as ReturnCheck  # noqa: E402
from supplychain.serials.models import Allocation as Allocation  # noqa: E402
