import hashlib

import pytest

from ledger.errors import MalformedError, VerificationError
from ledger.tlog.merkle import (
    EMPTY_ROOT,
    MAX_SIZE,
    check_hashes,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root_hash,
    verify_consistency,
    verify_inclusion,
)

BIGGEST = 64
LEAVES = [leaf_hash(bytes([number])) for number in range(BIGGEST)]
STRANGER = leaf_hash(b"not in the tree")


# --- A slow reference: RFC 6962 section 2.1 word for word -------------------------------------------------------------


def slow_split(size: int) -> int:
    power = 1
    while power * 2 < size:
        power *= 2
    return power


def slow_root(leaves: list[bytes]) -> bytes:
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    k = slow_split(len(leaves))
    return hashlib.sha256(b"\x01" + slow_root(leaves[:k]) + slow_root(leaves[k:])).digest()


def slow_path(m: int, leaves: list[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    k = slow_split(len(leaves))
    if m < k:
        return [*slow_path(m, leaves[:k]), slow_root(leaves[k:])]
    return [*slow_path(m - k, leaves[k:]), slow_root(leaves[:k])]


def slow_subproof(m: int, leaves: list[bytes], *, whole: bool) -> list[bytes]:
    if m == len(leaves):
        return [] if whole else [slow_root(leaves)]
    k = slow_split(len(leaves))
    if m <= k:
        return [*slow_subproof(m, leaves[:k], whole=whole), slow_root(leaves[k:])]
    return [*slow_subproof(m - k, leaves[k:], whole=False), slow_root(leaves[:k])]


ROOTS = [slow_root(LEAVES[:size]) for size in range(BIGGEST + 1)]


def flipped(proof: list[bytes], at: int) -> list[bytes]:
    changed = bytearray(proof[at])
    changed[at % 32] ^= 1 << at % 8
    return [*proof[:at], bytes(changed), *proof[at + 1 :]]


def is_refused(check) -> bool:
    try:
        check()
    except (MalformedError, VerificationError):
        return True
    return False


# --- Hostile ----------------------------------------------------------------------------------------------------------


def test_no_proof_of_a_tree_up_to_64_leaves_survives_a_flipped_bit():
    for size in range(1, BIGGEST + 1):
        for index in range(size):
            proof = inclusion_proof(LEAVES[:size], index)
            for at in range(len(proof)):
                with pytest.raises(VerificationError) as caught:
                    verify_inclusion(
                        flipped(proof, at), index=index, size=size, leaf_hash=LEAVES[index], root_hash=ROOTS[size]
                    )
                assert caught.value.code == "INCLUSION"


def test_no_consistency_proof_up_to_64_leaves_survives_a_flipped_bit():
    for size in range(1, BIGGEST + 1):
        for old in range(1, size + 1):
            proof = consistency_proof(LEAVES[:size], old)
            for at in range(len(proof)):
                with pytest.raises(VerificationError) as caught:
                    verify_consistency(
                        flipped(proof, at), old_size=old, new_size=size, old_root=ROOTS[old], new_root=ROOTS[size]
                    )
                assert caught.value.code == "CONSISTENCY"


def test_a_proof_fits_one_leaf_at_one_index_of_one_size():
    for size in range(1, 20):
        for index in range(size):
            proof = inclusion_proof(LEAVES[:size], index)
            for other in range(20):
                if other != index:
                    assert is_refused(
                        lambda proof=proof, other=other, size=size, index=index: verify_inclusion(
                            proof, index=other, size=size, leaf_hash=LEAVES[index], root_hash=ROOTS[size]
                        )
                    ), (size, index, other)
            with pytest.raises(VerificationError):
                verify_inclusion(proof, index=index, size=size, leaf_hash=STRANGER, root_hash=ROOTS[size])


def test_an_inner_node_does_not_pass_for_a_leaf():
    node = node_hash(LEAVES[0], LEAVES[1])
    assert root_hash([node, node_hash(LEAVES[2], LEAVES[3])]) == ROOTS[4]
    assert leaf_hash(LEAVES[0] + LEAVES[1]) != node


def test_a_proof_of_another_length_is_malformed():
    for size in range(2, 20):
        for index in range(size):
            proof = inclusion_proof(LEAVES[:size], index)
            for wrong, message in [([*proof, STRANGER], "too long"), (proof[:-1], "too short")]:
                with pytest.raises(MalformedError, match=message) as caught:
                    verify_inclusion(wrong, index=index, size=size, leaf_hash=LEAVES[index], root_hash=ROOTS[size])
                assert caught.value.code == "PROOF_LENGTH"


def test_a_consistency_proof_of_another_length_is_malformed():
    for size in range(2, 20):
        for old in range(1, size):
            proof = consistency_proof(LEAVES[:size], old)
            for wrong in ([*proof, STRANGER], proof[:-1]):
                with pytest.raises(MalformedError) as caught:
                    verify_consistency(wrong, old_size=old, new_size=size, old_root=ROOTS[old], new_root=ROOTS[size])
                assert caught.value.code == "PROOF_LENGTH"


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (4, 3), (0, 0), (0, -1), (MAX_SIZE, MAX_SIZE + 1)])
def test_an_index_outside_the_tree_is_malformed(index, size):
    with pytest.raises(MalformedError) as caught:
        verify_inclusion([], index=index, size=size, leaf_hash=LEAVES[0], root_hash=LEAVES[0])
    assert caught.value.code == "INDEX_RANGE"


@pytest.mark.parametrize(("old", "new"), [(0, 0), (0, 1), (-1, 1), (2, 1), (1, MAX_SIZE + 1)])
def test_sizes_out_of_order_and_a_size_of_0_are_malformed(old, new):
    with pytest.raises(MalformedError) as caught:
        verify_consistency([], old_size=old, new_size=new, old_root=EMPTY_ROOT, new_root=EMPTY_ROOT)
    assert caught.value.code == "SIZE_RANGE"


def test_between_equal_sizes_nothing_but_equal_roots_and_no_hashes_will_do():
    verify_consistency([], old_size=5, new_size=5, old_root=ROOTS[5], new_root=ROOTS[5])
    with pytest.raises(MalformedError, match="expected no hashes"):
        verify_consistency([STRANGER], old_size=5, new_size=5, old_root=ROOTS[5], new_root=ROOTS[5])
    with pytest.raises(VerificationError, match="two roots for one size"):
        verify_consistency([], old_size=5, new_size=5, old_root=ROOTS[5], new_root=STRANGER)


def test_either_root_alone_being_wrong_is_seen():
    proof = consistency_proof(LEAVES[:13], 6)
    with pytest.raises(VerificationError, match="old size 6"):
        verify_consistency(proof, old_size=6, new_size=13, old_root=STRANGER, new_root=ROOTS[13])
    with pytest.raises(VerificationError, match="new size 13"):
        verify_consistency(proof, old_size=6, new_size=13, old_root=ROOTS[6], new_root=STRANGER)


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_what_is_not_32_bytes_is_refused_before_it_is_hashed(length):
    wrong, proof = bytes(length), inclusion_proof(LEAVES[:2], 0)
    with pytest.raises(MalformedError, match=f"hash of {length} bytes: expected 32"):
        check_hashes(LEAVES[0], wrong)
    for leaf, root, path in [
        (wrong, ROOTS[2], proof), (LEAVES[0], wrong, proof), (LEAVES[0], ROOTS[2], [wrong]),
    ]:  # fmt: skip
        with pytest.raises(MalformedError) as caught:
            verify_inclusion(path, index=0, size=2, leaf_hash=leaf, root_hash=root)
        assert caught.value.code == "HASH_LENGTH"
    path = consistency_proof(LEAVES[:3], 2)
    for old, new, hashes in [(wrong, ROOTS[3], path), (ROOTS[2], wrong, path), (ROOTS[2], ROOTS[3], [wrong])]:
        with pytest.raises(MalformedError) as caught:
            verify_consistency(hashes, old_size=2, new_size=3, old_root=old, new_root=new)
        assert caught.value.code == "HASH_LENGTH"


@pytest.mark.parametrize("index", [-1, 3])
def test_there_is_no_proof_for_a_leaf_that_is_not_there(index):
    with pytest.raises(MalformedError, match=f"leaf {index}: expected 0 to 2"):
        inclusion_proof(LEAVES[:3], index)


@pytest.mark.parametrize("old", [-1, 0, 4])
def test_there_is_no_proof_from_a_tree_that_never_was(old):
    with pytest.raises(MalformedError, match=f"old size {old}: expected 1 to 3"):
        consistency_proof(LEAVES[:3], old)


# --- Honest -----------------------------------------------------------------------------------------------------------


def test_roots_and_proofs_are_those_of_the_slow_reference_and_verify():
    for size in range(BIGGEST + 1):
        leaves = LEAVES[:size]
        assert root_hash(leaves) == ROOTS[size]
        for index in range(size):
            proof = inclusion_proof(leaves, index)
            assert proof == slow_path(index, leaves)
            verify_inclusion(proof, index=index, size=size, leaf_hash=LEAVES[index], root_hash=ROOTS[size])
        for old in range(1, size + 1):
            proof = consistency_proof(leaves, old)
            assert proof == slow_subproof(old, leaves, whole=True)
            verify_consistency(proof, old_size=old, new_size=size, old_root=ROOTS[old], new_root=ROOTS[size])


def test_the_empty_tree_has_the_hash_of_nothing_as_its_root():
    assert root_hash([]) == EMPTY_ROOT == hashlib.sha256().digest()


def test_a_proof_is_as_long_as_the_tree_is_high():
    assert [len(inclusion_proof(LEAVES[:size], 0)) for size in (1, 2, 3, 4, 5, 8, 9, 64)] == [0, 1, 2, 2, 3, 3, 4, 6]
