"""What a restored backup or a stale replica looks like: a database that is whole, and older than what is signed."""

from django.db import connection

from ledger.models import Block, Checkpoint, Entry, Key, Leaf, Log, Pending, PolicyEntry
from tests.append_only import triggers_off


def restore_to(height: int, *, entries_too: bool = True) -> None:
    """What a backup from after block `height - 1` looks like: it is whole, and knows nothing of what came then."""
    block = Block.objects.get(height=height - 1) if height else None
    size = block.tree_size if block else 0
    kept = Leaf.objects.filter(index__lt=size).exclude(entry=None).values("entry")
    with triggers_off(connection), connection.cursor() as cursor:
        Pending.objects.all().delete()
        late = Entry.objects.exclude(pk__in=kept)
        waiting = [entry.pk for entry in late]
        Checkpoint.objects.filter(tree_size__gt=size).delete()
        cursor.execute('DELETE FROM ledger_leaf WHERE "index" >= %s', [size])
        cursor.execute("DELETE FROM ledger_block WHERE height >= %s", [height])
        if entries_too:
            Key.objects.filter(revoked_by__in=late).update(revoked_by=None, reason="")
            Key.objects.filter(registered_by__in=late).delete()
            PolicyEntry.objects.filter(entry__in=late).delete()
            cursor.execute("DELETE FROM ledger_entryparent WHERE child_id NOT IN (SELECT entry_id FROM ledger_leaf "
                           "WHERE entry_id IS NOT NULL)")  # fmt: skip
            cursor.execute("DELETE FROM ledger_entry WHERE seq NOT IN (SELECT entry_id FROM ledger_leaf "
                           "WHERE entry_id IS NOT NULL)")  # fmt: skip
        else:
            for seq in waiting:
                cursor.execute("INSERT INTO ledger_pending (entry_id) VALUES (%s)", [seq])
        if block is None:
            cursor.execute("DELETE FROM ledger_tile")
            cursor.execute("DELETE FROM ledger_log")
            return
        cursor.execute("UPDATE ledger_tile SET hashes = substr(hashes, 1, %s)", [32 * size])
        Log.objects.update(
            tree_size=size, root_hash=block.root_hash, height=height, last_header_hash=block.header_hash,
            last_time_ms=block.time_ms, keys_hash=block.keys_hash,
        )  # fmt: skip
