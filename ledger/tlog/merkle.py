"""The Merkle tree of RFC 6962: roots, and proofs made from a list of leaf hashes, and proofs verified from nothing.

A leaf is hashed as SHA-256(0x00 ‖ data), a node as SHA-256(0x01 ‖ left ‖ right): the two prefixes stop an attacker from
passing a node off as a leaf. The left subtree is always the largest power of two below the size.

>>> leaves = [leaf_hash(bytes([number])) for number in range(5)]
>>> proof = inclusion_proof(leaves, 3)
>>> verify_inclusion(proof, index=3, size=5, leaf_hash=leaves[3], root_hash=root_hash(leaves))

Source: RFC 6962 section 2.1; verification as in RFC 9162 sections 2.1.3.2 and 2.1.4.2.
"""

import hashlib
from collections.abc import Sequence

from ledger.errors import MalformedError, VerificationError

HASH_SIZE = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
MAX_SIZE = 2**63 - 1  # checkpoints hold signed 64-bit sizes


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf, 32 bytes: SHA-256(0x00 ‖ data). `data` may be of any length.

    Source: RFC 6962 section 2.1.
    """
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node over its two children: SHA-256(0x01 ‖ left ‖ right), all three of 32 bytes.

    Lengths are not checked here: `check_hashes` does that once, where hashes come in.

    Source: RFC 6962 section 2.1.
    """
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_hash(leaf_hashes: Sequence[bytes]) -> bytes:
    """The root over `leaf_hashes`, 32 bytes each; of none, the hash of nothing.

    Level by level from below; an odd node at the end rises unchanged, which gives the same tree as the standard's
    recursion. Source: RFC 6962 section 2.1.
    """
    if not leaf_hashes:
        return EMPTY_ROOT
    level = list(leaf_hashes)
    sha256 = hashlib.sha256
    while len(level) > 1:
        paired = [sha256(b"\x01" + level[i] + level[i + 1]).digest() for i in range(0, len(level) - 1, 2)]
        if len(level) % 2:
            paired.append(level[-1])
        level = paired
    return level[0]


def split_point(size: int) -> int:
    """The largest power of two smaller than `size` >= 2: how many leaves the left subtree has.

    Source: RFC 6962 section 2.1, where it is called k.
    """
    return 1 << (size - 1).bit_length() - 1


def inclusion_proof(leaf_hashes: Sequence[bytes], index: int) -> list[bytes]:
    """The hashes that lead from leaf `index` to the root, the leaf's sibling first.

    Raises:
        MalformedError: `index` is outside the list.

    Source: RFC 6962 section 2.1.1.
    """
    if not 0 <= index < len(leaf_hashes):
        raise MalformedError(f"leaf {index}: expected 0 to {len(leaf_hashes) - 1}", code="INDEX_RANGE")
    proof: list[bytes] = []
    first, stop = 0, len(leaf_hashes)
    while stop - first > 1:
        middle = first + split_point(stop - first)
        if index < middle:
            proof.append(root_hash(leaf_hashes[middle:stop]))
            stop = middle
        else:
            proof.append(root_hash(leaf_hashes[first:middle]))
            first = middle
    return proof[::-1]


def consistency_proof(leaf_hashes: Sequence[bytes], old_size: int) -> list[bytes]:
    """The hashes that show that the tree of all leaves extends the tree of the first `old_size`.

    Raises:
        MalformedError: `old_size` is not 1 to the number of leaves.

    Source: RFC 6962 section 2.1.2.
    """
    size = len(leaf_hashes)
    if not 1 <= old_size <= size:
        raise MalformedError(f"old size {old_size}: expected 1 to {size}", code="SIZE_RANGE")
    return [root_hash(leaf_hashes[first:stop]) for first, stop in consistency_ranges(old_size, size)]


def consistency_ranges(old_size: int, size: int) -> list[tuple[int, int]]:
    """The leaf ranges (first, stop) whose subtree roots make the consistency proof, in the proof's order.

    `0 < old_size <= size`. The walk goes down from the root to the place where the old tree ends; on the way, the
    subtree that is not entered belongs to the proof. Where the old tree is a whole subtree from leaf 0 on, its own root
    is left out: the verifier has it.

    Source: RFC 6962 section 2.1.2.
    """
    above: list[tuple[int, int]] = []
    first, stop, whole = 0, size, True
    while old_size < stop:
        middle = first + split_point(stop - first)
        if old_size <= middle:
            above.append((middle, stop))
            stop = middle
        else:
            above.append((first, middle))
            first, whole = middle, False
    return ([] if whole else [(first, stop)]) + above[::-1]


def verify_inclusion(proof: Sequence[bytes], *, index: int, size: int, leaf_hash: bytes, root_hash: bytes) -> None:
    """Check that `leaf_hash` is leaf `index` of the tree that `root_hash` commits to.

    `index` counts from zero, `0 <= index < size`; every hash is 32 bytes.

    Raises:
        MalformedError: the numbers and the length of `proof` cannot belong together.
        VerificationError: the proof leads to another root.

    Source: RFC 9162 section 2.1.3.2.
    """
    if not 0 <= index < size <= MAX_SIZE:
        raise MalformedError(f"leaf {index} of {size}: expected 0 <= index < size", code="INDEX_RANGE")
    check_hashes(leaf_hash, root_hash, *proof)
    here, last, node = index, size - 1, leaf_hash
    for sibling in proof:
        if last == 0:
            raise MalformedError(f"inclusion proof of {len(proof)}: too long for size {size}", code="PROOF_LENGTH")
        if here & 1 or here == last:
            node = node_hash(sibling, node)
            # An odd end has no sibling on the levels where it rises unchanged.
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        here, last = here >> 1, last >> 1
    if last != 0:
        raise MalformedError(f"inclusion proof of {len(proof)}: too short for size {size}", code="PROOF_LENGTH")
    if node != root_hash:
        raise VerificationError(
            f"leaf {index} of {size}: the proof leads to {node.hex()}, expected {root_hash.hex()}", code="INCLUSION"
        )


def verify_consistency(
    proof: Sequence[bytes], *, old_size: int, new_size: int, old_root: bytes, new_root: bytes
) -> None:
    """Check that the tree of `new_size` leaves begins with the tree of `old_size` leaves. Hashes are 32 bytes.

    Raises:
        MalformedError: the numbers and the length of `proof` cannot belong together; `old_size` is 0.
        VerificationError: one of the two roots does not come out.

    Source: RFC 9162 section 2.1.4.2.
    """
    if not 0 < old_size <= new_size <= MAX_SIZE:
        raise MalformedError(f"sizes {old_size} to {new_size}: expected 0 < old <= new", code="SIZE_RANGE")
    check_hashes(old_root, new_root, *proof)
    if old_size == new_size:
        if proof:
            raise MalformedError("consistency proof between equal sizes: expected no hashes", code="PROOF_LENGTH")
        if old_root != new_root:
            raise VerificationError(f"size {old_size}: two roots for one size", code="CONSISTENCY")
        return
    path = list(proof)
    if old_size & (old_size - 1) == 0:
        path.insert(0, old_root)  # the old tree is a whole subtree of the new one: its root starts the path
    _walk_consistency(path, old_size, new_size, old_root, new_root)


def _walk_consistency(path: Sequence[bytes], old_size: int, new_size: int, old_root: bytes, new_root: bytes) -> None:
    if not path:
        raise MalformedError(f"consistency proof {old_size} to {new_size}: it is empty", code="PROOF_LENGTH")
    here, last = old_size - 1, new_size - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    old, new = path[0], path[0]
    for sibling in path[1:]:
        if last == 0:
            raise MalformedError(f"consistency proof {old_size} to {new_size}: too long", code="PROOF_LENGTH")
        if here & 1 or here == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        here, last = here >> 1, last >> 1
    if last != 0:
        raise MalformedError(f"consistency proof {old_size} to {new_size}: too short", code="PROOF_LENGTH")
    if old != old_root:
        raise VerificationError(f"old size {old_size}: the proof leads to another root", code="CONSISTENCY")
    if new != new_root:
        raise VerificationError(f"new size {new_size}: the proof leads to another root", code="CONSISTENCY")


def check_hashes(*hashes: bytes) -> None:
    """Refuse anything that is not 32 bytes, before it is hashed.

    A shorter one could collide with another pair by shifting bytes from one to the next.

    Raises:
        MalformedError: HASH_LENGTH.
    """
    for one in hashes:
        if len(one) != HASH_SIZE:
            raise MalformedError(f"hash of {len(one)} bytes: expected {HASH_SIZE}", code="HASH_LENGTH")
