"""The Merkle cases of transparency-dev: our verifier takes a proof exactly where theirs does."""

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from ledger.errors import MalformedError, VerificationError
from ledger.tlog.merkle import (
    EMPTY_ROOT,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root_hash,
    verify_consistency,
    verify_inclusion,
)

pytestmark = pytest.mark.conformance


@pytest.fixture
def folder(shared_folder: Path) -> Path:
    return shared_folder / "vectors" / "transparency-merkle"


def cases(folder: Path, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((folder / name).read_text())
    return found


def proof_of(case: dict[str, Any]) -> list[bytes]:
    return [b64decode(one) for one in case["proof"] or []]


def is_aligned(start: int, end: int) -> bool:
    """Whether [start, end) is the range of a subtree. We know whole trees only; ranges that are none are not for us."""
    return start < end and start % (1 << (end - start - 1).bit_length()) == 0


def agrees(case: dict[str, Any], check: Any) -> bool:
    """Whether `check` accepts or refuses as the case says; any other exception is a failure of its own."""
    try:
        check()
    except (MalformedError, VerificationError):
        return bool(case["wantErr"])
    return not case["wantErr"]


def test_inclusion_is_accepted_exactly_where_it_should_be(folder):
    for case in (found := cases(folder, "inclusion.json")):
        assert agrees(
            case,
            lambda case=case: verify_inclusion(
                proof_of(case),
                index=case["leafIdx"],
                size=case["treeSize"],
                leaf_hash=b64decode(case["leafHash"]),
                root_hash=b64decode(case["root"]),
            ),
        ), case["path"]
    assert (len(found), sum(not case["wantErr"] for case in found)) == (49, 3)


def test_consistency_is_accepted_exactly_where_it_should_be(folder):
    for case in (found := cases(folder, "consistency.json")):
        assert agrees(
            case,
            lambda case=case: verify_consistency(
                proof_of(case),
                old_size=case["size1"],
                new_size=case["size2"],
                old_root=b64decode(case["root1"]),
                new_root=b64decode(case["root2"]),
            ),
        ), case["path"]
    assert (len(found), sum(not case["wantErr"] for case in found)) == (49, 4)


def test_a_subtree_is_a_tree_of_its_own(folder):
    seen = 0
    for case in cases(folder, "subtreeinclusion.json"):
        start, end = case["start"], case["end"]
        if not is_aligned(start, end):
            assert case["wantErr"], case["path"]
            continue
        seen += not case["wantErr"]
        assert agrees(
            case,
            lambda case=case, start=start, end=end: verify_inclusion(
                proof_of(case),
                index=case["leafIdx"] - start,
                size=end - start,
                leaf_hash=b64decode(case["leafHash"]),
                root_hash=b64decode(case["root"]),
            ),
        ), case["path"]
    assert seen == 6


def test_a_subtree_from_leaf_0_on_is_an_older_tree(folder):
    seen = 0
    for case in cases(folder, "subtreeconsistency.json"):
        # Of roots that are no hashes theirs sees only that they are equal; ours refuses them, and trees of no leaves.
        if (
            case["start"] != 0
            or case["end"] == 0
            or {len(b64decode(case[name])) for name in ("root1", "root2")} != {32}
        ):
            continue
        seen += 1
        assert agrees(
            case,
            lambda case=case: verify_consistency(
                proof_of(case),
                old_size=case["end"],
                new_size=case["size"],
                old_root=b64decode(case["root1"]),
                new_root=b64decode(case["root2"]),
            ),
        ), case["path"]
    assert seen > 20


def test_the_tree_of_eight_leaves_has_the_published_nodes_and_roots(folder):
    tree = json.loads((folder / "rfc6962_tree.json").read_text())
    leaves = [leaf_hash(bytes.fromhex(text)) for text in tree["leaf_inputs_hex"]]
    nodes = leaves
    for level in sorted(tree["node_hashes_hex"], key=int):
        assert [one.hex() for one in nodes] == tree["node_hashes_hex"][level]
        nodes = [node_hash(nodes[at], nodes[at + 1]) for at in range(0, len(nodes) - 1, 2)]
    roots = tree["root_hashes_hex_by_size"]
    by_size = roots if isinstance(roots, list) else [roots[size] for size in sorted(roots, key=int)]
    assert [root_hash(leaves[:size]).hex() for size in range(9)][-len(by_size) :] == by_size
    assert tree["empty_root_hex"] == EMPTY_ROOT.hex()
    for size in range(1, 9):
        for index in range(size):
            verify_inclusion(
                inclusion_proof(leaves[:size], index),
                index=index,
                size=size,
                leaf_hash=leaves[index],
                root_hash=root_hash(leaves[:size]),
            )
            verify_consistency(
                consistency_proof(leaves[:size], index + 1),
                old_size=index + 1,
                new_size=size,
                old_root=root_hash(leaves[: index + 1]),
                new_root=root_hash(leaves[:size]),
            )
