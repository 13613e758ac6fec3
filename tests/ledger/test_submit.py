"""What the log admits. The forger comes first."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError

from ledger.custody import SigningKey, sign_statement
from ledger.envelope import P256_ORDER, Envelope, Signature, canonical, encode_der, pae, parse_der
from ledger.errors import LedgerError, MalformedError, VerificationError
from ledger.models import Entry, EntryParent, Log, Pending
from ledger.usecases.revoke_key import revoke_key
from ledger.usecases.submit import submit
from tests.ledger.cast import FORGER, MAKER, WHOLESALER, Cast, event, open_cast, put, put_bytes

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return open_cast()


def refusal(envelope: bytes) -> str:
    """The code of the refusal, after which nothing of the statement is stored."""
    before = Entry.objects.count()
    with pytest.raises(LedgerError) as error:
        put_bytes(envelope)
    assert (Entry.objects.count(), Pending.objects.count()) == (before, before)
    return error.value.code


# --- Signatures -----------------------------------------------------------------------------------------------------


def test_the_forger_cannot_speak_for_the_maker(cast: Cast) -> None:
    assert refusal(sign_statement(event(MAKER), [cast.forger])) == "KEY_UNKNOWN"


def test_an_admitted_party_cannot_speak_for_another(cast: Cast) -> None:
    assert refusal(sign_statement(event(MAKER), [cast.wholesaler])) == "KEY_PARTY"


def test_a_second_signature_does_not_lend_its_party(cast: Cast) -> None:
    assert refusal(sign_statement(event(MAKER), [cast.wholesaler, cast.maker])) == "KEY_PARTY"


def test_every_signature_must_be_right(cast: Cast) -> None:
    payload = canonical(event(MAKER))
    other = cast.wholesaler.sign(payload + b" ")
    assert refusal(Envelope(payload, (cast.maker.sign(payload), other)).encode()) == "SIGNATURE"


def test_a_signature_for_another_payload_is_refused(cast: Cast) -> None:
    signature = cast.maker.sign(canonical(event(MAKER)))
    assert refusal(Envelope(canonical(event(MAKER)), (signature,)).encode()) == "SIGNATURE"


def test_a_signature_under_a_borrowed_keyid_is_refused(cast: Cast) -> None:
    payload = canonical(event(MAKER))
    borrowed = Signature(cast.maker.keyid, cast.forger.sign(payload).der)
    assert refusal(Envelope(payload, (borrowed,)).encode()) == "SIGNATURE"


def test_the_other_half_of_a_malleable_signature_is_refused(cast: Cast) -> None:
    payload = canonical(event(MAKER))
    r, s = parse_der(cast.maker.sign(payload).der)
    high = Signature(cast.maker.keyid, encode_der(r, P256_ORDER - s))
    assert refusal(Envelope(payload, (high,)).encode()) == "HIGH_S"


def test_a_signature_over_the_bare_payload_is_refused(cast: Cast) -> None:
    """Without its PAE a signature could have been made for something else."""
    payload = canonical(event(MAKER))
    assert pae(payload) != payload
    der = cast.maker.private.sign(payload, ec.ECDSA(hashes.SHA256()))
    r, s = parse_der(der)
    bare = Signature(cast.maker.keyid, encode_der(r, min(s, P256_ORDER - s)))
    assert refusal(Envelope(payload, (bare,)).encode()) == "SIGNATURE"


def test_a_revoked_key_signs_no_more(cast: Cast) -> None:
    revoke_key(party=MAKER, keyid=cast.maker.keyid, signer_keyid=cast.authority.keyid, reason="lost")
    with pytest.raises(VerificationError) as error:
        put(event(), cast.maker)
    assert error.value.code == "KEY_REVOKED"


# --- The statement --------------------------------------------------------------------------------------------------


def without(name: str) -> Callable[[], dict[str, Any]]:
    return lambda: {key: value for key, value in event().items() if key != name}


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (without("nonce"), "STATEMENT_FIELDS"),
        (without("after"), "STATEMENT_FIELDS"),
        (lambda: event(type="medtrail.statement.v2"), "STATEMENT_TYPE"),
        (lambda: event(log="another.example/log"), "WRONG_LOG"),
        (lambda: event(kind="Event"), "STATEMENT_KIND"),
        (lambda: event(kind=7), "STATEMENT_FIELDS"),
        (lambda: event(nonce="A" * 32), "STATEMENT_NONCE"),
        (lambda: event(nonce="0" * 31), "STATEMENT_NONCE"),
        (lambda: event(party=" " + MAKER), "STATEMENT_PARTY"),
        (lambda: event(party=""), "STATEMENT_PARTY"),
        (lambda: event() | {"after": "0" * 64}, "STATEMENT_AFTER"),
        (lambda: event() | {"after": ["0" * 63]}, "STATEMENT_AFTER"),
        (lambda: event() | {"after": ["0" * 64, "0" * 64]}, "STATEMENT_AFTER"),
        (lambda: event() | {"after": ["0" * 64]}, "UNKNOWN_PARENT"),
    ],
)
def test_an_odd_statement_is_refused_by_its_code(cast: Cast, make: Callable[[], dict[str, Any]], code: str) -> None:
    assert refusal(sign_statement(make(), [cast.maker])) == code


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"{", b'{"payload":"","payloadType":"x","signatures":[]}', b"\xff\xfe", b"{}" * 40_000],
    ids=["nothing", "a list", "half", "another type", "not UTF-8", "too large"],
)
def test_what_is_no_envelope_is_refused(cast: Cast, data: bytes) -> None:
    with pytest.raises(MalformedError):
        put_bytes(data)


def test_a_payload_in_another_spelling_is_refused(cast: Cast) -> None:
    payload = canonical(event()).replace(b'","', b'", "', 1)
    assert refusal(Envelope(payload, (cast.maker.sign(payload),)).encode()) == "NOT_CANONICAL"


def test_a_parent_that_waits_itself_is_good_enough(cast: Cast) -> None:
    parent = put(event(), cast.maker).entry
    child = put(event(WHOLESALER, after=[parent]), cast.wholesaler).entry
    assert list(EntryParent.objects.values_list("child", "parent")) == [(child.seq, parent.seq)]


# --- The log --------------------------------------------------------------------------------------------------------


def test_a_log_that_is_not_open_takes_nothing() -> None:
    with pytest.raises(VerificationError) as error:
        put(event(), SigningKey.generate())
    assert error.value.code == "LOG_NOT_OPEN"


def test_a_frozen_log_takes_nothing(cast: Cast) -> None:
    Log.objects.update(state=Log.FROZEN)
    assert refusal(sign_statement(event(), [cast.maker])) == "LOG_FROZEN"


def test_what_the_caller_rolls_back_was_never_submitted(cast: Cast) -> None:
    before = Entry.objects.count()
    with transaction.atomic():
        submit(envelope=sign_statement(event(), [cast.maker]))
        transaction.set_rollback(True)  # the act failed after its statement
    assert (Entry.objects.count(), Pending.objects.count()) == (before, before)


@pytest.mark.django_db(transaction=True)
def test_submitting_outside_a_transaction_is_a_mistake(cast: Cast) -> None:
    with pytest.raises(TransactionManagementError):
        submit(envelope=sign_statement(event(), [cast.maker]))


# --- Once and again -------------------------------------------------------------------------------------------------


def test_an_entry_is_stored_as_it_came(cast: Cast) -> None:
    envelope = sign_statement(event(), [cast.maker])
    submitted = put_bytes(envelope)
    stored = Entry.objects.get(pk=submitted.entry.pk)
    assert submitted.created
    assert bytes(stored.envelope) == envelope
    assert (stored.kind, stored.party, stored.keyid) == ("event", MAKER, cast.maker.keyid)
    assert Pending.objects.filter(entry=stored).exists()


def test_the_same_envelope_again_gives_the_same_entry(cast: Cast) -> None:
    envelope = sign_statement(event(), [cast.maker])
    first, second = put_bytes(envelope), put_bytes(envelope)
    assert (second.entry, second.created) == (first.entry, False)
    assert Pending.objects.count() == Entry.objects.count()


def test_the_same_statement_signed_again_gives_the_same_entry(cast: Cast) -> None:
    """ECDSA signatures differ each time. The statement is one, whoever looks at it."""
    statement = event()
    first, second = put(statement, cast.maker), put(statement, cast.maker)
    assert (second.entry, second.created) == (first.entry, False)


def test_a_redelivery_after_the_revocation_still_gives_the_entry(cast: Cast) -> None:
    envelope = sign_statement(event(), [cast.maker])
    first = put_bytes(envelope)
    revoke_key(party=MAKER, keyid=cast.maker.keyid, signer_keyid=cast.authority.keyid, reason="lost")
    assert put_bytes(envelope).entry == first.entry


def test_a_redelivery_with_a_forged_signature_is_refused(cast: Cast) -> None:
    payload = canonical(event())
    put_bytes(Envelope(payload, (cast.maker.sign(payload),)).encode())
    forged = Signature(cast.maker.keyid, cast.forger.sign(payload).der)
    assert refusal(Envelope(payload, (forged,)).encode()) == "SIGNATURE"


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_who_submit_the_same_at_once_store_it_once(cast: Cast) -> None:
    envelope = sign_statement(event(), [cast.maker])
    barrier, results = threading.Barrier(4), []

    def race() -> None:
        barrier.wait()
        results.append(put_bytes(envelope))
        connection.close()

    threads = [threading.Thread(target=race) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(result.created for result in results) == [False, False, False, True]
    assert len({result.entry.pk for result in results}) == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_statement_in_flight_is_never_sealed_behind_its_keys_revocation(cast: Cast) -> None:
    """Who revokes a key waits for those who are just signing with it, and so comes later in the log."""
    admitted, may_commit = threading.Event(), threading.Event()

    def sign_slowly() -> None:
        with transaction.atomic():
            submit(envelope=sign_statement(event(), [cast.maker]))
            admitted.set()
            may_commit.wait(10)
        connection.close()

    def revoke() -> None:
        revoke_key(party=MAKER, keyid=cast.maker.keyid, signer_keyid=cast.authority.keyid, reason="lost")
        connection.close()

    signing, revoking = threading.Thread(target=sign_slowly), threading.Thread(target=revoke)
    signing.start()
    assert admitted.wait(10)
    revoking.start()
    revoking.join(0.3)
    assert revoking.is_alive()
    may_commit.set()
    signing.join()
    revoking.join()
    assert list(Entry.objects.order_by("-seq").values_list("kind", flat=True)[:2]) == ["key", "event"]


def test_admission_costs_a_handful_of_queries(cast: Cast, django_assert_num_queries: Any) -> None:
    envelope = sign_statement(event(), [cast.maker])
    with django_assert_num_queries(6):  # savepoint, log, keys, entry, queue, release
        put_bytes(envelope)


def test_an_unknown_party_has_no_key_to_speak_with(cast: Cast) -> None:
    statement = event(FORGER, log=settings.LOG_ORIGIN)
    assert refusal(sign_statement(statement, [cast.forger])) == "KEY_UNKNOWN"
