"""Have the newest block's tree head signed."""

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from ledger.errors import ForkError
from ledger.models import Block, Checkpoint
from ledger.queries import TileReader, lock_active_log
from ledger.signer import Signer
from ledger.tlog.tile import Edge, consistency_proof


def sign() -> Checkpoint | None:
    """Sign the newest committed block; earlier unsigned ones are covered by it. None when that is done already.

    Raises:
        ForkError: the tiles do not hash to the block's root (EDGE_DIFFERS), or the signer refuses (ROLLBACK, FORK).
    """
    # Durable, so never inside a transaction that might yet roll back: what is signed must be committed.
    with transaction.atomic(durable=True):
        # Signers take turns: one that read an older block would ask for less than is signed, and look like a rollback.
        log = lock_active_log()
        block = Block.objects.order_by("-height").first()
        if block is None or Checkpoint.objects.filter(tree_size=block.tree_size).exists():
            return None
        # Hashed again from what was stored: memory may have failed between sealing and now.
        read_tile = TileReader().expect(block.tree_size)
        root_hash = Edge.load(block.tree_size, read_tile).root()
        if root_hash != bytes(block.root_hash):
            raise ForkError(
                f"tiles of size {block.tree_size} hash to {root_hash.hex()}, "
                f"block {block.height} says {bytes(block.root_hash).hex()}",
                code="EDGE_DIFFERS",
            )
        signer = Signer(settings.LOG_DIR, log.origin)
        signed_size = signer.head().size
        proof = consistency_proof(signed_size, block.tree_size, read_tile) if 0 < signed_size < block.tree_size else ()
        note = signer.sign(size=block.tree_size, root_hash=root_hash, consistency_proof=proof)
        # Killed here, the signer has the head and the table has not: next time it gives the same note again.
        return Checkpoint.objects.create(tree_size=block.tree_size, note=note, signed_at=timezone.now())
