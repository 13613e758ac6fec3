"""The tables of one append-only log.

The log is entries (signed bytes), the leaves that give them an index, the tiles that hash the leaves, and the blocks
that say which leaves came together. What was written there stays: `migrations/0002` refuses UPDATE and DELETE inside
the database itself. `Pending`, `Key` and `PolicyEntry` are not the log: they are its queue and two views of it.
"""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import Exact, LessThanOrEqual

HASH_SIZE = 32
TILE_SIZE = 256 * HASH_SIZE
ENVELOPE_MAX = 65_536


def has_length(field: str, size: int = HASH_SIZE) -> Exact:
    return Exact(Length(field), size)


class Log(models.Model):
    """Where the log stands. Its single row is the sealer's mutex: whoever seals holds a lock on it."""

    ACTIVE = "active"
    FROZEN = "frozen"

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    origin = models.CharField(max_length=200, unique=True)
    vkey = models.CharField(max_length=400)
    tree_size = models.BigIntegerField(default=0)
    root_hash = models.BinaryField(max_length=HASH_SIZE)
    height = models.BigIntegerField(default=0, help_text="number of blocks, so the height of the next one")
    last_header_hash = models.BinaryField(max_length=HASH_SIZE)
    last_time_ms = models.BigIntegerField(default=0)
    keys_hash = models.BinaryField(max_length=HASH_SIZE)
    state = models.CharField(max_length=8, default=ACTIVE)
    frozen_because = models.TextField(blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="ledger_log_has_one_row"),
            models.CheckConstraint(condition=Q(state__in=["active", "frozen"]), name="ledger_log_state_known"),
            models.CheckConstraint(condition=has_length("root_hash"), name="ledger_log_root_is_32_bytes"),
        ]

    def __str__(self) -> str:
        return f"{self.origin} at {self.tree_size}"


class Entry(models.Model):
    """One signed statement, as the exact bytes that arrived. `seq` is the order of arrival, never the log index."""

    seq = models.BigAutoField(primary_key=True)
    entry_id = models.BinaryField(max_length=HASH_SIZE, unique=True)
    envelope_sha256 = models.BinaryField(max_length=HASH_SIZE, unique=True)
    envelope = models.BinaryField(max_length=ENVELOPE_MAX)
    kind = models.CharField(max_length=40)
    party = models.CharField(max_length=64)
    keyid = models.CharField(max_length=64, help_text="the first signature's key")
    received_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "entries"
        constraints = [
            models.CheckConstraint(condition=has_length("entry_id"), name="ledger_entry_id_is_32_bytes"),
            models.CheckConstraint(condition=has_length("envelope_sha256"), name="ledger_entry_sha_is_32_bytes"),
            models.CheckConstraint(
                condition=LessThanOrEqual(Length("envelope"), ENVELOPE_MAX), name="ledger_entry_envelope_fits"
            ),
        ]
        indexes = [
            # Verifiers ask for the few key and policy entries among millions of others.
            models.Index(fields=["seq"], condition=Q(kind__in=["key", "policy"]), name="ledger_entry_of_keys"),
            models.Index(fields=["party", "seq"], name="ledger_entry_by_party"),
        ]

    def __str__(self) -> str:
        return bytes(self.entry_id).hex()


class EntryParent(models.Model):
    """`child` builds on `parent`: one edge of the custody graph, checked when the child was admitted."""

    # The unique constraint already serves look-ups by child.
    child = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="parent_edges", db_index=False)
    parent = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="child_edges")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["child", "parent"], name="ledger_parent_once"),
            models.CheckConstraint(condition=Q(parent__lt=models.F("child")), name="ledger_parent_comes_first"),
        ]

    def __str__(self) -> str:
        return f"{self.child_id} after {self.parent_id}"


class Pending(models.Model):
    """An entry that waits for its block. The queue lives here, in the database; the broker only rings."""

    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, primary_key=True, related_name="pending")

    class Meta:
        verbose_name_plural = "pending entries"

    def __str__(self) -> str:
        return f"entry {self.entry_id}"


class Block(models.Model):
    """One sealed run of entries and the header leaf that closes it. `root_hash` is the root of `tree_size` leaves."""

    height = models.BigIntegerField(primary_key=True)
    first = models.BigIntegerField(help_text="leaf index of the first entry")
    count = models.IntegerField(help_text="entries; the header leaf is not counted")
    tree_size = models.BigIntegerField(unique=True)
    root_hash = models.BinaryField(max_length=HASH_SIZE)
    header = models.BinaryField(max_length=512)
    header_hash = models.BinaryField(max_length=HASH_SIZE, unique=True)
    time_ms = models.BigIntegerField()
    keys_hash = models.BinaryField(max_length=HASH_SIZE)
    sealed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(count__gte=1), name="ledger_block_not_empty"),
            models.CheckConstraint(
                condition=Q(tree_size=models.F("first") + models.F("count") + 1), name="ledger_block_adds_up"
            ),
            models.CheckConstraint(condition=has_length("root_hash"), name="ledger_block_root_is_32_bytes"),
        ]

    def __str__(self) -> str:
        return f"block {self.height}"

    @property
    def last(self) -> int:
        """The leaf index of the header."""
        return self.tree_size - 1

    @property
    def previous(self) -> int | None:
        return self.height - 1 if self.height else None


class Leaf(models.Model):
    """Which entry holds which index. A leaf without an entry is the header of its block."""

    # Neither reference is checked by the database: that took two thirds of sealing. The sealer reads the entries and
    # writes the block in the same transaction, and nothing can delete either; `ledger_audit` looks all the same.
    index = models.BigIntegerField(primary_key=True)
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, null=True, related_name="leaf", db_constraint=False)
    # No index of its own: a block's leaves are a range of `index`.
    block = models.ForeignKey(
        Block, on_delete=models.PROTECT, related_name="leaves", db_index=False, db_constraint=False
    )

    class Meta:
        verbose_name_plural = "leaves"

    def __str__(self) -> str:
        return f"leaf {self.index}"


class Tile(models.Model):
    """Up to 256 hashes of one level, side by side. A row grows at its end until it is full, and stays."""

    level = models.SmallIntegerField()
    index = models.BigIntegerField()
    hashes = models.BinaryField(max_length=TILE_SIZE)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["level", "index"], name="ledger_tile_once"),
            models.CheckConstraint(
                condition=LessThanOrEqual(Length("hashes"), TILE_SIZE), name="ledger_tile_fits_256_hashes"
            ),
        ]

    def __str__(self) -> str:
        return f"tile {self.level}/{self.index}"


class Checkpoint(models.Model):
    """A signed tree head. `state` goes forward only: signed, cosigned by the quorum, published."""

    SIGNED = "signed"
    QUORUM = "quorum"
    PUBLISHED = "published"

    tree_size = models.BigIntegerField(primary_key=True)
    note = models.TextField(help_text="as the log signed it")
    cosigned = models.TextField(blank=True, default="", help_text="as it was published: the note and its cosignatures")
    state = models.CharField(max_length=12, default=SIGNED)
    signed_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True, help_text="since when the witnesses are asked to cosign this one")
    published_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["signed", "quorum", "published"]), name="ledger_checkpoint_state_known"
            )
        ]

    def __str__(self) -> str:
        return f"checkpoint {self.tree_size}"

    @property
    def published_note(self) -> str:
        """What outsiders get: with the cosignatures that it was last published with."""
        return self.cosigned or self.note


class Key(models.Model):
    """What the key entries say about one key, folded. The entries decide; this row only makes the answer quick."""

    keyid = models.CharField(max_length=64, primary_key=True)
    party = models.CharField(max_length=64, db_index=True)
    spki = models.BinaryField(max_length=512)
    custody = models.CharField(max_length=8)
    registered_by = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="+")
    revoked_by = models.ForeignKey(Entry, on_delete=models.PROTECT, null=True, related_name="+")
    invalid_from = models.BigIntegerField(null=True, help_text="log index from which a compromised key is suspect")
    reason = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(custody__in=["client", "managed", "hsm"]), name="ledger_key_custody_known"
            )
        ]

    def __str__(self) -> str:
        return f"{self.keyid[:16]} of {self.party}"


class PolicyEntry(models.Model):
    """A policy entry's body, taken apart once. The newest row is the policy in force."""

    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, primary_key=True, related_name="policy")
    body = models.JSONField()

    class Meta:
        verbose_name_plural = "policy entries"

    def __str__(self) -> str:
        return f"policy of entry {self.entry_id}"


class ManagedKey(models.Model):
    """A private key that we keep for a party, encrypted. Read and written by `custody` alone."""

    keyid = models.CharField(max_length=64, primary_key=True)
    wrapped = models.BinaryField(max_length=512)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.keyid


# Found by Django through here; a file of their own, because they are the log's outsiders.
from ledger import witness_models  # noqa: E402, F401
