import hashlib
import hmac
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.commitment import (
    Opening,
    commit_list,
    list_leaf,
    list_salt,
    open_member,
    sealed_digest,
    sealed_salt,
    verify_opening,
    verify_sealed,
)
from ledger.errors import LedgerError, MalformedError, VerificationError
from ledger.tlog.merkle import leaf_hash

SECRET = bytes(range(32))
EPCS = [f"https://id.gs1.org/01/09520001000010/21/{number}" for number in ("C", "A", "Ä", "B", "a", "10", "9")]
ROOT, MEMBERS, LEAVES = commit_list(SECRET, "epcList", EPCS)


def opened(index: int = 3) -> Opening:
    return open_member(SECRET, "epcList", MEMBERS, LEAVES, index)


# --- Hostile ----------------------------------------------------------------------------------------------------------


def test_every_change_to_an_opening_is_refused():
    for index in range(len(MEMBERS)):
        good = opened(index)
        changed = [
            replace(good, member=good.member + "x"),
            replace(good, member=MEMBERS[index - 1]),
            replace(good, salt=bytes([good.salt[0] ^ 1]) + good.salt[1:]),
            replace(good, index=(index + 1) % len(MEMBERS)),
            replace(good, index=len(MEMBERS)),
            replace(good, index=-1),
            replace(good, proof=good.proof[:-1]),
            replace(good, proof=(*good.proof, bytes(32))),
            replace(good, proof=(bytes(31), *good.proof[1:])),
            *(
                replace(good, proof=(*good.proof[:at], bytes(32), *good.proof[at + 1 :]))
                for at in range(len(good.proof))
            ),
        ]
        for opening in changed:
            with pytest.raises(LedgerError):
                verify_opening(opening, size=len(MEMBERS), root=ROOT)


def test_bytes_cannot_move_between_salt_and_member():
    good = opened()
    shifted = replace(good, salt=good.salt + good.member[:1].encode(), member=good.member[1:])
    assert list_leaf(shifted.salt, shifted.member) == list_leaf(good.salt, good.member)
    with pytest.raises(MalformedError, match="salt of 17 bytes: expected 16"):
        verify_opening(shifted, size=len(MEMBERS), root=ROOT)


def test_an_opening_is_held_against_the_signed_size_and_root():
    with pytest.raises(MalformedError, match="opening of a list of 7: expected 8"):
        verify_opening(opened(), size=8, root=ROOT)
    with pytest.raises(VerificationError):
        verify_opening(opened(), size=len(MEMBERS), root=commit_list(SECRET, "childEPCs", EPCS)[0])


def test_a_member_twice_is_refused():
    with pytest.raises(MalformedError, match="stands twice") as caught:
        commit_list(SECRET, "epcList", [*EPCS, EPCS[2]])
    assert caught.value.code == "DUPLICATE_MEMBER"


@pytest.mark.parametrize("length", [0, 31, 33, 64, 65])
def test_a_secret_of_another_length_is_refused(length):
    with pytest.raises(MalformedError, match=f"secret of {length} bytes: expected 32"):
        commit_list(bytes(length), "epcList", EPCS)


def test_a_member_without_bytes_is_refused():
    with pytest.raises(MalformedError) as caught:
        commit_list(SECRET, "epcList", ["\ud800"])
    assert caught.value.code == "SURROGATE"


def test_a_sealed_value_is_held_to_its_last_byte():
    salt = sealed_salt(SECRET, "bizLocation")
    digest = sealed_digest(salt, b'{"id":"a"}')
    verify_sealed(salt, b'{"id":"a"}', digest=digest)
    for wrong_salt, value in [(salt, b'{"id":"b"}'), (salt, b""), (bytes(16), b'{"id":"a"}')]:
        with pytest.raises(VerificationError) as caught:
            verify_sealed(wrong_salt, value, digest=digest)
        assert caught.value.code == "SEALED"
    with pytest.raises(MalformedError, match="salt of 17 bytes"):
        verify_sealed(salt + b"{", b'"id":"a"}', digest=digest)


# --- Honest -----------------------------------------------------------------------------------------------------------


@given(st.sets(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=20), st.text(max_size=5))
def test_every_member_opens_and_the_fast_way_gives_what_the_definition_says(members, field):
    root, ordered, leaves = commit_list(SECRET, field, members)
    assert ordered == sorted(members, key=str.encode)
    assert leaves == [list_leaf(list_salt(SECRET, field, one), one) for one in ordered]
    for index, member in enumerate(ordered):
        opening = open_member(SECRET, field, ordered, leaves, index)
        assert opening.member == member
        verify_opening(opening, size=len(members), root=root)


def test_salts_and_leaves_are_what_the_specification_says():
    salt = hmac.new(SECRET, b"epcList\x00" + EPCS[0].encode(), hashlib.sha256).digest()[:16]
    assert list_salt(SECRET, "epcList", EPCS[0]) == salt
    assert list_leaf(salt, EPCS[0]) == leaf_hash(salt + EPCS[0].encode())
    assert sealed_salt(SECRET, "readPoint") == hmac.new(SECRET, b"readPoint", hashlib.sha256).digest()[:16]
    assert sealed_digest(salt, b"1") == hashlib.sha256(salt + b"1").digest()


def test_the_order_in_which_members_are_given_does_not_matter():
    assert commit_list(SECRET, "epcList", reversed(EPCS)) == (ROOT, MEMBERS, LEAVES)
    assert [one.rpartition("/")[2] for one in MEMBERS] == ["10", "9", "A", "B", "C", "a", "Ä"]


def test_the_same_member_has_another_salt_in_another_list_and_another_event():
    salts = {list_salt(SECRET, "epcList", EPCS[0]), list_salt(SECRET, "childEPCs", EPCS[0]),
             list_salt(SECRET[::-1], "epcList", EPCS[0]), list_salt(SECRET, "epcList", EPCS[1])}  # fmt: skip
    assert len(salts) == 4


def test_a_list_of_one_is_its_leaf():
    root, _, leaves = commit_list(SECRET, "epcList", EPCS[:1])
    assert [root] == leaves
    verify_opening(open_member(SECRET, "epcList", EPCS[:1], leaves, 0), size=1, root=root)
