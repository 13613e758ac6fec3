"""Wherever a proof is shown it says who but the operator stands behind it, since when, and whose word is suspect."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from ledger.models import Entry, Leaf, Log
from ledger.queries import proof_file
from ledger.tlog.policy import parse_policy
from ledger.tlog.proof import parse_proof_file
from ledger.usecases.freeze import freeze
from ledger.usecases.revoke_key import revoke_key
from ledger.verifier.pedigree import verify
from ledger.witness_models import Witness
from tests.ledger.cast import MAKER, Cast, event, open_cast, published, put
from tests.ledger.witnessed import Witnessed, witnessed

pytestmark = pytest.mark.django_db
UNWITNESSED = "unwitnessed"


@pytest.fixture
def cast() -> Cast:
    return open_cast()


@pytest.fixture
def log(cast: Cast, tmp_path: Path, settings: Any) -> Iterator[Witnessed]:
    settings.WITNESS_POLICY = ""
    with witnessed(cast, tmp_path, ["w1", "w2"]) as found:
        found.policy("group two 2 {names}")
        yield found


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return " ".join(answer.content.decode().split())


def addresses(entry: Entry) -> list[str]:
    leaf = Leaf.objects.get(entry=entry)
    return ["/ledger/", f"/ledger/block/{leaf.block_id}", f"/ledger/entry/{bytes(entry.entry_id).hex()}"]


def test_an_unwitnessed_log_says_so_wherever_it_shows_a_proof(cast: Cast, client: Client) -> None:
    entry = put(event(), cast.maker).entry
    published()
    for address in [*addresses(entry), "/"]:
        text = page(client, address)
        assert UNWITNESSED in text, address
        assert "Cosigned by" not in text
    proof = parse_proof_file(client.get(f"/ledger/proof/{bytes(entry.entry_id).hex()}").content)
    report = verify(proof.encode(), client.get("/ledger/policy").content.decode())
    assert report.ok
    assert any(UNWITNESSED in note for note in report.notes)


def test_a_witnessed_log_names_its_witnesses_and_the_age_of_their_newest_word(
    log: Witnessed, client: Client, time_machine: Any
) -> None:
    entry = put(event(), log.cast.maker).entry
    log.grow()
    log.ask()
    time_machine.move_to(timezone.now() + timedelta(minutes=7))
    for address in [*addresses(entry), "/"]:
        text = page(client, address)
        assert UNWITNESSED not in text, address
        assert "Cosigned by w1.example/1, w2.example/1." in text, address
        assert "7 minutes ago" in text.replace("\xa0", " ").replace("&nbsp;", " "), address


def test_the_policy_that_is_served_is_the_one_in_force_without_addresses(log: Witnessed, client: Client) -> None:
    log.grow()
    log.ask()
    answer = client.get("/ledger/policy")
    policy = parse_policy(answer.content.decode())
    assert (policy.quorum, dict(policy.addresses)) == ("two", {})
    assert [one.name for one in policy.witnesses.values()] == ["w1.example/1", "w2.example/1"]
    assert [one.vkey for one in policy.logs] == [Log.objects.get().vkey]
    assert answer["Access-Control-Allow-Origin"] == "*"


def test_i10_a_policy_file_and_a_proof_file_verify_with_nothing_else(log: Witnessed, client: Client) -> None:
    """I10: what was downloaded is enough; no network, no database, no key but those in the two files."""
    entry = put(event(), log.cast.maker).entry
    log.grow()
    log.ask()
    policy = client.get("/ledger/policy").content.decode()
    shown = client.get(f"/ledger/proof/{bytes(entry.entry_id).hex()}").content
    whole = proof_file(entry, with_envelope=True) or b""
    for file in (shown, whole):
        report = verify(file, policy)
        assert report.ok
        assert set(report.cosigned) == {"w1.example/1", "w2.example/1"}
        for at in range(0, len(file), 97):
            damaged = file[:at] + bytes([file[at] ^ 1]) + file[at + 1 :]
            assert not verify(damaged, policy).ok or damaged[at : at + 1] in b"\n "


def test_what_a_stolen_key_signed_is_shown_as_suspect(cast: Cast, client: Client) -> None:
    before, after = put(event(), cast.maker).entry, put(event(), cast.maker).entry
    published()
    since = Leaf.objects.get(entry=after).index
    revoke_key(
        party=MAKER,
        keyid=cast.maker.keyid,
        signer_keyid=cast.authority.keyid,
        reason="the laptop was stolen",
        invalid_from=since,
    )
    published()
    badge = '<span class="badge badge-bad">suspect</span>'
    assert badge in page(client, f"/ledger/entry/{bytes(after.entry_id).hex()}")
    assert badge not in page(client, f"/ledger/entry/{bytes(before.entry_id).hex()}")


def test_a_frozen_log_says_so_to_people_balancers_and_supervisors(log: Witnessed, client: Client, caplog: Any) -> None:
    log.grow()
    log.ask()
    assert client.get("/readyz").status_code == 200
    assert "medtrail_ledger_frozen 0.0" in client.get("/metrics").content.decode()
    from django.core.cache import cache

    cache.clear()  # the probe remembers its answer for some seconds
    freeze(because="FORK: a test")
    Witness.objects.filter(name="w1.example/1").update(contradicts=True)
    assert "This log stands still" in page(client, "/ledger/")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["parts"]["log"]) == (503, "LOG_FROZEN")
    metrics = client.get("/metrics").content.decode()
    assert "medtrail_ledger_frozen 1.0" in metrics
    assert "medtrail_ledger_witnesses_contradicting 1.0" in metrics
    assert "medtrail_ledger_cosigned_timestamp_seconds 1." in metrics
    assert "medtrail_ledger_freezes_total" in metrics
    assert any(record.levelname == "CRITICAL" for record in caplog.records)
