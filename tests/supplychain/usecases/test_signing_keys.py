"""A party's signing keys: replaced and ended by who may, and by nobody else."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from ledger.custody import SigningKey
from ledger.envelope import canonical
from ledger.models import Entry, Key
from ledger.usecases.advance import advance
from ledger.usecases.register_key import key_payload, key_statement
from supplychain.acts import Actor, Request
from supplychain.key_queries import index_at, keys_of
from supplychain.models import Party
from supplychain.people.duties import Duty, person
from supplychain.usecases.revoke_key import revoke_key
from supplychain.usecases.rotate_key import Rotation, rotate_key
from supplychain.usecases.ship import ship
from tests.factories import Cast, commissioned, make_user, refusal_code

pytestmark = pytest.mark.django_db


def fresh(actor: Actor) -> Actor:
    return Actor(Party.objects.get(pk=actor.party.pk))


def rotation_to(new: SigningKey, cast: Cast, *signers: SigningKey, custody: str = "client", **other: Any) -> Rotation:
    about = {"party": cast.maker.party.gln, "replaces": cast.maker.party.keyid} | other
    payload = key_payload(spki=new.spki, keyid=new.keyid, custody=custody, **about)
    return Rotation(payload, [one.sign(payload) for one in (signers or (new,))])


def ships(cast: Cast) -> None:
    maker = fresh(cast.maker)
    done = ship(actor=maker, request=Request(), epcs=commissioned(maker, 1), receiver=cast.pharmacy.party)
    assert done.event.entry.keyid == Party.objects.get(pk=cast.maker.party.pk).keyid


# --- Rotation ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("duty", [Duty.OPERATOR, Duty.AUDITOR])
def test_keys_are_for_key_holders_and_responsible_persons(cast: Cast, duty: Duty) -> None:
    actor = Actor(cast.maker.party, make_user("anna", cast.maker, duty).user, person([duty]))
    keyid = cast.maker.party.keyid
    assert refusal_code(rotate_key, actor=actor, keyid=keyid) == "DUTY_MISSING"
    assert refusal_code(revoke_key, actor=actor, keyid=keyid, reason="lost") == "DUTY_MISSING"


def test_the_forger_rotates_and_ends_nobodys_key_but_its_own(cast: Cast) -> None:
    keyid, new = cast.maker.party.keyid, SigningKey.generate()
    assert refusal_code(rotate_key, actor=cast.forger, keyid=keyid) == "UNKNOWN_KEY"
    rotation = rotation_to(new, cast)
    assert refusal_code(rotate_key, actor=cast.forger, keyid=keyid, rotation=rotation) == "UNKNOWN_KEY"
    assert refusal_code(revoke_key, actor=cast.forger, keyid=keyid, reason="mine now") == "UNKNOWN_KEY"
    assert Key.objects.get(keyid=keyid).revoked_by is None


def test_a_managed_key_gives_way_to_a_managed_key(cast: Cast) -> None:
    old = cast.maker.party.keyid
    new = rotate_key(actor=cast.maker, keyid=old)
    assert (new.custody, new.party) == ("managed", cast.maker.party.gln)
    assert Party.objects.get(pk=cast.maker.party.pk).keyid == new.keyid != old
    assert Key.objects.get(keyid=old).revoked_by == new.registered_by
    ships(cast)
    assert refusal_code(rotate_key, actor=cast.maker, keyid=old) == "UNKNOWN_KEY"


def test_a_party_takes_its_key_home_without_asking_anybody(cast: Cast) -> None:
    new = SigningKey.generate()
    key = rotate_key(actor=cast.maker, keyid=cast.maker.party.keyid, rotation=rotation_to(new, cast))
    assert (key.keyid, key.custody) == (new.keyid, "client")
    # We do not have it, so nothing is signed here for the maker any more.
    moved = fresh(cast.maker)
    assert refusal_code(rotate_key, actor=moved, keyid=new.keyid) == "KEY_NOT_MANAGED"
    assert refusal_code(revoke_key, actor=moved, keyid=new.keyid, reason="lost") == "KEY_NOT_MANAGED"


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"party": "9520007000007"}, "KEY_OTHER"),
        ({"replaces": "0" * 64}, "KEY_OTHER"),
        ({"replaces": None}, "KEY_OTHER"),  # a registration
        ({"custody": "managed"}, "KEY_OTHER"),
    ],
)
def test_a_rotation_that_says_something_else_is_refused(cast: Cast, other: dict[str, Any], code: str) -> None:
    rotation = rotation_to(SigningKey.generate(), cast, **other)
    assert refusal_code(rotate_key, actor=cast.maker, keyid=cast.maker.party.keyid, rotation=rotation) == code


def test_a_rotation_without_the_new_keys_signature_is_refused(cast: Cast) -> None:
    new, stranger = SigningKey.generate(), SigningKey.generate()
    rotation = rotation_to(new, cast, stranger)
    code = refusal_code(rotate_key, actor=cast.maker, keyid=cast.maker.party.keyid, rotation=rotation)
    assert code in ("KEY_UNKNOWN", "KEY_POSSESSION")
    broken = Rotation(rotation_to(new, cast).payload[:-1], rotation.signatures)
    assert refusal_code(rotate_key, actor=cast.maker, keyid=cast.maker.party.keyid, rotation=broken) in (
        "KEY_STATEMENT", "BAD_PAYLOAD", "JSON", "NOT_CANONICAL",
    )  # fmt: skip


# --- The end ----------------------------------------------------------------------------------------------------------


def test_a_party_ends_its_own_key_and_then_has_to_be_admitted_anew(cast: Cast) -> None:
    packs = commissioned(cast.maker, 1)
    key = revoke_key(actor=cast.maker, keyid=cast.maker.party.keyid, reason=" laptop stolen ", invalid_from=0)
    assert (key.reason, key.invalid_from, key.revoked_by is not None) == ("laptop stolen", 0, True)
    moved = fresh(cast.maker)
    assert moved.party.keyid == ""
    code = refusal_code(ship, actor=moved, request=Request(), epcs=packs, receiver=cast.pharmacy.party)
    assert code == "NOT_ADMITTED"


def test_an_authority_ends_a_partys_key_and_the_party_signs_nothing_more(cast: Cast) -> None:
    packs = commissioned(cast.maker, 1)
    keyid = cast.maker.party.keyid
    revoked = revoke_key(actor=cast.regulator, keyid=keyid, reason="licence withdrawn")
    assert revoked.revoked_by is not None
    assert revoked.revoked_by.keyid == cast.regulator.party.keyid
    # With the row as it was read before, too: the log itself says no.
    code = refusal_code(ship, actor=cast.maker, request=Request(), epcs=packs, receiver=cast.pharmacy.party)
    assert code == "KEY_REVOKED"
    assert refusal_code(revoke_key, actor=cast.regulator, keyid=keyid, reason="again") == "UNKNOWN_KEY"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"reason": " "}, "REASON_MISSING"),
        ({"reason": "x" * 201}, "REASON_MISSING"),
        ({"invalid_from": 10**9}, "BAD_INDEX"),
        ({"invalid_from": -1}, "BAD_INDEX"),
        ({"keyid": "0" * 64}, "UNKNOWN_KEY"),
    ],
)
def test_an_end_needs_a_key_a_reason_and_an_index_of_this_log(cast: Cast, wrong: dict[str, Any], code: str) -> None:
    wish = {"keyid": cast.maker.party.keyid, "reason": "lost"} | wrong
    assert refusal_code(revoke_key, actor=cast.maker, **wish) == code


def test_a_party_goes_on_with_the_key_that_is_left(cast: Cast) -> None:
    first = cast.maker.party.keyid
    new = SigningKey.generate()
    rotate_key(actor=cast.maker, keyid=first, rotation=rotation_to(new, cast))
    statement = key_statement(cast.maker.party.gln, {"op": "revoke", "keyid": new.keyid, "reason": "lost"})
    payload = canonical(statement)
    signed = Rotation(payload, [new.sign(payload)])
    other: dict[str, Any] = {"actor": fresh(cast.maker), "keyid": new.keyid, "signed": signed}
    assert refusal_code(revoke_key, reason="another reason", **other) == "KEY_OTHER"
    revoke_key(reason="lost", **other)
    assert fresh(cast.maker).party.keyid == ""


# --- What is shown ----------------------------------------------------------------------------------------------------


def test_a_key_is_shown_with_its_place_in_the_log(cast: Cast, django_assert_num_queries: Any) -> None:
    rotate_key(actor=cast.maker, keyid=cast.maker.party.keyid)
    party = fresh(cast.maker).party
    waiting, _old = keys_of(party)
    assert (waiting.state, waiting.index) == ("waiting", None)
    advance()
    with django_assert_num_queries(2):
        new, old = keys_of(party)
    assert (new.state, new.signs, old.state, old.signs) == ("active", True, "revoked", False)
    assert new.index is not None
    assert old.index is not None
    assert old.index < new.index == old.ended_at


def test_a_moment_becomes_the_index_of_the_first_entry_sealed_from_then_on(cast: Cast) -> None:
    before = timezone.now() - timedelta(days=1)
    advance()
    first_blocks = Entry.objects.count() + 1
    assert index_at(before) == 0
    assert index_at(timezone.now() + timedelta(days=1)) == first_blocks
    commissioned(cast.maker, 1)
    middle = timezone.now()
    advance()
    assert index_at(middle) == first_blocks
