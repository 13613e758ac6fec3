"""Keys come, change hands and end by entries of the log, under the signatures that its policy asks for."""

import base64
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from ledger import crypto_fast, custody, queries
from ledger.custody import SigningKey, sign_statement
from ledger.envelope import canonical, parse_envelope
from ledger.errors import ForkError, LedgerError
from ledger.keyring import Keyring
from ledger.models import Entry, Key, Log, PolicyEntry
from ledger.usecases.audit import audit
from ledger.usecases.open_log import open_log
from ledger.usecases.register_key import Possession, key_payload, key_statement, register_key
from ledger.usecases.revoke_key import revoke_key
from ledger.usecases.rotate_key import rotate_key
from ledger.usecases.submit import submit
from tests.append_only import triggers_off
from tests.ledger.cast import (
    AUTHORITY,
    FORGER,
    MAKER,
    WHOLESALER,
    Cast,
    event,
    open_cast,
    published,
    put,
    put_bytes,
    register_body,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return open_cast()


def refusal(statement: dict[str, Any], *keys: SigningKey) -> str:
    before = (Entry.objects.count(), Key.objects.count())
    with pytest.raises(LedgerError) as error:
        put(statement, *keys)
    assert (Entry.objects.count(), Key.objects.count()) == before
    return error.value.code


def policy(*authorities: tuple[str, SigningKey], acts: dict[str, Any] | None = None) -> dict[str, Any]:
    named = [
        {
            "party": party,
            "keyid": key.keyid,
            "spki": base64.b64encode(key.spki).decode(),
            "custody": "client",
        }
        for party, key in authorities
    ]
    return event(AUTHORITY, kind="policy", policy={"authorities": named, "acts": acts or {}})


# --- The forger -----------------------------------------------------------------------------------------------------


def test_the_forger_cannot_register_himself(cast: Cast) -> None:
    assert refusal(key_statement(FORGER, register_body(cast.forger)), cast.forger) == "KEY_AUTHORITY"


def test_an_admitted_party_cannot_admit_others(cast: Cast) -> None:
    assert refusal(key_statement(FORGER, register_body(cast.forger)), cast.forger, cast.maker) == "KEY_AUTHORITY"


def test_an_authority_cannot_register_a_key_that_nobody_showed(cast: Cast) -> None:
    assert refusal(key_statement(FORGER, register_body(cast.forger)), cast.authority) == "KEY_POSSESSION"


def test_a_key_is_registered_once(cast: Cast) -> None:
    assert refusal(key_statement(FORGER, register_body(cast.maker)), cast.maker, cast.authority) == "KEY_KNOWN"


def test_a_revoked_key_does_not_come_back(cast: Cast) -> None:
    revoke_key(party=MAKER, keyid=cast.maker.keyid, signer_keyid=cast.authority.keyid, reason="lost")
    assert refusal(key_statement(MAKER, register_body(cast.maker)), cast.maker, cast.authority) == "KEY_KNOWN"


def test_one_party_cannot_revoke_anothers_key(cast: Cast) -> None:
    statement = key_statement(MAKER, {"op": "revoke", "keyid": cast.maker.keyid, "reason": "envy"})
    assert refusal(statement, cast.wholesaler) == "KEY_AUTHORITY"


def test_the_forger_cannot_appoint_himself(cast: Cast) -> None:
    assert refusal(policy((FORGER, cast.forger)), cast.forger) == "POLICY_AUTHORITY"


def test_a_new_policy_needs_the_old_authority(cast: Cast) -> None:
    assert refusal(policy((MAKER, cast.maker)), cast.maker) == "POLICY_AUTHORITY"
    put(policy((MAKER, cast.maker)), cast.maker, cast.authority)
    assert PolicyEntry.objects.count() == 2
    assert refusal(key_statement(FORGER, register_body(cast.forger)), cast.forger, cast.authority) == "KEY_AUTHORITY"


def test_the_authority_is_not_made_to_sign_something_else(cast: Cast) -> None:
    """The party sends the bytes that the authority countersigns. They might revoke the authority itself."""
    revoking = SigningKey.generate()
    statement = key_statement(AUTHORITY, {"op": "revoke", "keyid": cast.authority.keyid, "reason": "a trick"})
    payload = canonical(statement)
    with pytest.raises(LedgerError) as error:
        register_key(
            party=FORGER,
            keyid=revoking.keyid,
            authority_keyid=cast.authority.keyid,
            possession=Possession(payload, revoking.sign(payload)),
        )
    assert error.value.code == "KEY_OTHER"


def test_a_party_cannot_claim_that_we_keep_its_key(cast: Cast) -> None:
    key = SigningKey.generate()
    payload = key_payload(party=FORGER, spki=key.spki, keyid=key.keyid, custody="managed")
    with pytest.raises(LedgerError) as error:
        register_key(
            party=FORGER,
            keyid=key.keyid,
            authority_keyid=cast.authority.keyid,
            possession=Possession(payload, key.sign(payload)),
        )
    assert error.value.code == "KEY_OTHER"


# --- k of n ---------------------------------------------------------------------------------------------------------


RECALL = {"k": 2, "parties": [MAKER, WHOLESALER, AUTHORITY]}


@dataclass
class Counted:
    """A log whose policy counts three parties, two of which keep their own keys; the wholesaler's is managed."""

    authority: SigningKey
    maker: SigningKey
    wholesaler: SigningKey


@pytest.fixture
def counted(cast: Cast) -> Counted:
    authority, maker = SigningKey.generate(), SigningKey.generate()
    for party, key in ((AUTHORITY, authority), (MAKER, maker)):
        put(key_statement(party, register_body(key)), key, cast.authority)
    acts = {"recall": RECALL, "key_recovery": {"k": 2, "parties": [MAKER, WHOLESALER, AUTHORITY]}}
    put(policy((AUTHORITY, authority), acts=acts), authority)
    return Counted(authority, maker, cast.wholesaler)


def recall() -> dict[str, Any]:
    return event(MAKER, kind="recall", recall={"words": "opaque to the log"})


def test_too_few_parties_recall_nothing(counted: Counted, cast: Cast) -> None:
    assert refusal(recall(), counted.maker) == "APPROVALS"
    assert refusal(recall(), counted.maker, cast.maker) == "APPROVALS"  # a second key is no second voice
    assert refusal(recall(), counted.maker, cast.forger) == "KEY_UNKNOWN"
    assert refusal(recall(), counted.wholesaler, counted.maker) == "KEY_PARTY"


def test_managed_keys_alone_recall_nothing(counted: Counted, cast: Cast) -> None:
    assert refusal(recall(), cast.maker, cast.wholesaler, cast.authority) == "APPROVALS_MANAGED"
    assert put(recall(), cast.maker, counted.authority).created


def test_a_recall_by_enough_parties_is_admitted_and_audited(counted: Counted) -> None:
    stored = put(recall(), counted.maker, counted.wholesaler)
    assert stored.created
    published()
    list(audit())
    # What is in the log does not change with the policy.
    put(policy((AUTHORITY, counted.authority), acts={"recall": {"k": 1, "parties": [AUTHORITY]}}), counted.authority)
    assert not put_bytes(bytes(stored.entry.envelope)).created
    assert refusal(recall(), counted.maker, counted.wholesaler) == "APPROVALS"
    published()
    list(audit())


def test_the_audit_names_a_recall_that_was_slipped_past_admission(counted: Counted, monkeypatch: Any) -> None:
    monkeypatch.setattr("ledger.keys.hold_acts", dict)  # a server that does not ask
    index = Log.objects.get().tree_size
    put(recall(), counted.maker)
    published()
    with pytest.raises(LedgerError, match=r"entry \d+.*: recall takes 2 of") as error:
        list(audit())
    assert error.value.code == "APPROVALS"
    assert index < Log.objects.get().tree_size


def test_a_lost_key_is_recovered_and_the_verifier_agrees(counted: Counted, cast: Cast) -> None:
    new = SigningKey.generate()
    body = register_body(new) | {"op": "recover", "replaces": cast.maker.keyid, "reason": "the phone fell into the sea"}
    assert refusal(key_statement(MAKER, body), new, cast.authority, cast.wholesaler) == "APPROVALS_MANAGED"
    assert refusal(key_statement(MAKER, body), new, counted.authority) == "APPROVALS"
    put(key_statement(MAKER, body), new, counted.authority, counted.wholesaler)
    old = Key.objects.get(keyid=cast.maker.keyid)
    assert (old.revoked_by is not None, old.reason) == (True, "the phone fell into the sea")
    assert refusal(event(), cast.maker) == "KEY_REVOKED"
    put(event(), new)
    published()
    list(audit())
    assert fold_ring().party_of(new.keyid) == MAKER


def test_an_authority_cannot_make_a_voice_for_a_party_that_counts(counted: Counted, cast: Cast) -> None:
    forged = SigningKey.generate()
    assert refusal(key_statement(MAKER, register_body(forged)), forged, counted.authority) == "KEY_COUNTED"
    put(key_statement(MAKER, {"op": "revoke", "keyid": counted.maker.keyid, "reason": "a trick"}), counted.authority)
    assert refusal(key_statement(MAKER, register_body(forged)), forged, counted.authority) == "KEY_COUNTED"
    managed = key_statement(WHOLESALER, register_body(forged))
    assert refusal(managed, forged, cast.authority, cast.wholesaler) == "KEY_COUNTED"


def fold_ring() -> Keyring:
    """The keys as a verifier sees them that is given every key entry."""
    ring = Keyring()
    rows = Entry.objects.filter(kind__in=queries.KEY_KINDS, leaf__isnull=False).order_by("leaf__index")
    for index, envelope in rows.values_list("leaf__index", "envelope"):
        ring.apply(index, parse_envelope(bytes(envelope)), crypto_fast)
    return ring


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_recall_and_a_new_policy_come_one_after_the_other(counted: Counted) -> None:
    """Checked under one policy and sealed behind the next, a recall would hold for us and fail for every verifier."""
    checked, changed = threading.Event(), threading.Event()

    def recall_slowly() -> None:
        with closing(connection):
            with transaction.atomic():
                submit(envelope=sign_statement(recall(), [counted.maker, counted.wholesaler]))
                checked.set()
                assert not changed.wait(0.5)  # the policy stands still as long as this one is under way
            assert changed.wait(20)

    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(recall_slowly)
        assert checked.wait(20)
        three = {"recall": {"k": 3, "parties": [MAKER, WHOLESALER, AUTHORITY]}}
        put(policy((AUTHORITY, counted.authority), acts=three), counted.authority)
        changed.set()
        slow.result()
    kinds = list(Entry.objects.filter(kind__in=["recall", "policy"]).order_by("seq").values_list("kind", flat=True))
    assert kinds == ["policy", "policy", "recall", "policy"]
    published()
    list(audit())


# --- The life of a key ----------------------------------------------------------------------------------------------


def test_a_managed_key_says_so_in_the_log(cast: Cast) -> None:
    row = Key.objects.get(keyid=cast.maker.keyid)
    statement = parse_envelope(bytes(row.registered_by.envelope)).statement
    assert (row.custody, row.party, statement["key"]["custody"]) == ("managed", MAKER, "managed")


def test_a_party_may_keep_its_own_key(cast: Cast) -> None:
    key = SigningKey.generate()
    payload = key_payload(party=MAKER, spki=key.spki, keyid=key.keyid, custody="client")
    possession = Possession(payload, key.sign(payload))
    register_key(party=MAKER, keyid=key.keyid, authority_keyid=cast.authority.keyid, possession=possession)
    assert Key.objects.get(keyid=key.keyid).custody == "client"
    assert put(event(MAKER), key).created


def test_a_rotation_ends_the_old_key_and_begins_the_new(cast: Cast) -> None:
    new = custody.create_managed_key()
    rotated = rotate_key(party=MAKER, keyid=cast.maker.keyid, new_keyid=new.keyid)
    assert put(event(MAKER), new).created
    assert refusal(event(MAKER), cast.maker) == "KEY_REVOKED"
    assert Key.objects.get(keyid=cast.maker.keyid).revoked_by == rotated.entry


def test_a_party_may_end_its_own_key(cast: Cast) -> None:
    revoke_key(party=MAKER, keyid=cast.maker.keyid, signer_keyid=cast.maker.keyid, reason="stolen", invalid_from=3)
    row = Key.objects.get(keyid=cast.maker.keyid)
    assert (row.reason, row.invalid_from) == ("stolen", 3)


def test_a_verifier_gets_all_it_needs_to_prove_a_key(cast: Cast) -> None:
    """Registered, rotated twice, then revoked: from the log's entries alone the keyring knows when each was valid."""
    second, third = custody.create_managed_key(), custody.create_managed_key()
    rotate_key(party=MAKER, keyid=cast.maker.keyid, new_keyid=second.keyid)
    rotate_key(party=MAKER, keyid=second.keyid, new_keyid=third.keyid)
    revoke_key(party=MAKER, keyid=third.keyid, signer_keyid=cast.authority.keyid, reason="lost")
    published()
    entries = queries.key_entries_for([third.keyid])
    assert [entry.kind for entry in entries] == ["policy", "key", "key", "key", "key"]
    indexes = queries.leaf_index_of([entry.pk for entry in entries])
    keyring = Keyring()
    for entry in entries:
        keyring.apply(indexes[entry.pk], parse_envelope(bytes(entry.envelope)), crypto_fast)
    assert keyring.keys[third.keyid].revoked_index == indexes[entries[-1].pk]
    assert cast.wholesaler.keyid not in keyring.keys


# --- The beginning --------------------------------------------------------------------------------------------------


def test_opening_the_open_log_again_changes_nothing(cast: Cast) -> None:
    before = Entry.objects.count()
    log = open_log(origin=settings.LOG_ORIGIN, authorities=[(FORGER, cast.forger)])
    assert (log.origin, Entry.objects.count()) == (settings.LOG_ORIGIN, before)


def test_a_second_log_is_not_opened_beside_the_first(cast: Cast) -> None:
    with pytest.raises(LedgerError) as error:
        open_log(origin="other.example/log", authorities=[(FORGER, cast.forger)])
    assert error.value.code == "LOG_EXISTS"


def test_a_lost_database_does_not_begin_the_log_again(cast: Cast) -> None:
    published()
    with triggers_off(connection):
        for model in (PolicyEntry, Key):
            model.objects.all().delete()
        Log.objects.all().delete()
    with pytest.raises(ForkError) as error:
        open_log(origin=settings.LOG_ORIGIN, authorities=[(AUTHORITY, cast.authority.keyid)])
    assert error.value.code == "SIGNER_AHEAD"


def test_the_first_entry_is_the_policy() -> None:
    authority = SigningKey.generate()
    with transaction.atomic():
        open_log(origin=settings.LOG_ORIGIN, authorities=[(AUTHORITY, authority)])
    first = Entry.objects.get()
    assert (first.kind, first.party) == ("policy", AUTHORITY)
    assert Key.objects.get().custody == "client"


def test_the_command_opens_the_log_once(capsys: pytest.CaptureFixture[str], settings: Any) -> None:
    call_command("log_init", authority=AUTHORITY)
    call_command("log_init", authority=AUTHORITY)
    output = capsys.readouterr().out
    assert output.count(Log.objects.get().vkey) == 2
    assert Entry.objects.count() == 1
    settings.LOG_ORIGIN = "other.example/log"
    with pytest.raises(CommandError, match="LOG_EXISTS"):
        call_command("log_init", authority=AUTHORITY)
