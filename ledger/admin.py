"""The operator's view of the log: everything to read, nothing to change. Managed keys do not appear at all."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from ledger.models import Block, Checkpoint, Entry, EntryParent, Key, Leaf, Log, Pending, PolicyEntry, Tile
from ledger.witness_models import Cosignature, Incident, Witness

if TYPE_CHECKING:
    PlainAdmin = admin.ModelAdmin[Any]
else:
    PlainAdmin = admin.ModelAdmin  # generic for the type checker only


class ReadOnlyAdmin(PlainAdmin):
    """Lists and shows. The log takes statements through `submit` alone, and takes nothing back."""

    # Counting a hundred million rows for a page number is not worth it.
    show_full_result_count = False
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    @admin.display(description="entry", ordering="entry_id")
    def entry_hash(self, entry: Entry) -> str:
        return bytes(entry.entry_id).hex()

    @admin.display(description="root")
    def root(self, row: Log | Block) -> str:
        return bytes(row.root_hash).hex()

    @admin.display(description="hashes")
    def hash_count(self, tile: Tile) -> int:
        return len(tile.hashes) // 32


@admin.register(Log)
class LogAdmin(ReadOnlyAdmin):
    list_display = ["origin", "tree_size", "height", "state", "root"]
    fields = ["origin", "vkey", "tree_size", "height", "root", "state", "frozen_because"]


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin):
    list_display = ["seq", "entry_hash", "kind", "party", "received_at"]
    list_filter = ["kind"]
    search_fields = ["party", "keyid"]
    fields = ["seq", "entry_hash", "kind", "party", "keyid", "received_at"]


@admin.register(EntryParent)
class EntryParentAdmin(ReadOnlyAdmin):
    list_display = ["child_id", "parent_id"]


@admin.register(Pending)
class PendingAdmin(ReadOnlyAdmin):
    list_display = ["entry"]
    list_select_related = ["entry"]


@admin.register(Block)
class BlockAdmin(ReadOnlyAdmin):
    list_display = ["height", "first", "count", "tree_size", "sealed_at", "root"]
    fields = ["height", "first", "count", "tree_size", "root", "time_ms", "sealed_at"]


@admin.register(Leaf)
class LeafAdmin(ReadOnlyAdmin):
    list_display = ["index", "entry_id", "block_id"]


@admin.register(Tile)
class TileAdmin(ReadOnlyAdmin):
    list_display = ["level", "index", "hash_count"]
    list_filter = ["level"]
    fields = ["level", "index", "hash_count"]


@admin.register(Checkpoint)
class CheckpointAdmin(ReadOnlyAdmin):
    list_display = ["tree_size", "state", "signed_at", "published_at"]


@admin.register(Witness)
class WitnessAdmin(ReadOnlyAdmin):
    list_display = ["name", "size", "ok_at", "failures", "contradicts", "problem"]


@admin.register(Cosignature)
class CosignatureAdmin(ReadOnlyAdmin):
    list_display = ["checkpoint_id", "witness", "time"]
    list_select_related = ["witness"]


@admin.register(Incident)
class IncidentAdmin(ReadOnlyAdmin):
    list_display = ["at", "what", "because"]
    list_filter = ["what"]


@admin.register(Key)
class KeyAdmin(ReadOnlyAdmin):
    list_display = ["keyid", "party", "custody", "registered_by_id", "revoked_by_id", "reason"]
    list_filter = ["custody"]
    search_fields = ["keyid", "party"]
    fields = ["keyid", "party", "custody", "registered_by", "revoked_by", "invalid_from", "reason"]


@admin.register(PolicyEntry)
class PolicyEntryAdmin(ReadOnlyAdmin):
    list_display = ["entry_id"]
