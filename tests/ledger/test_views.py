"""The explorer and the public files: everything a verifier needs, nothing of what the parties tell each other."""

import secrets
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client

from ledger import crypto_fast
from ledger.models import Entry, Log, ManagedKey
from ledger.tlog.block import entry_leaf
from ledger.tlog.checkpoint import open_checkpoint
from ledger.tlog.note import parse_vkey
from ledger.tlog.proof import parse_proof_file
from tests.ledger.cast import MAKER, Cast, event, open_cast, published, put, put_events

pytestmark = pytest.mark.django_db

SECRET = "nobody else's business"


@pytest.fixture
def cast() -> Cast:
    return open_cast()


@pytest.fixture
def entry(cast: Cast) -> Entry:
    entry = put(event(event={"words": SECRET}), cast.maker).entry
    published()
    return entry


def hex_of(entry: Entry) -> str:
    return bytes(entry.entry_id).hex()


# --- What must not be had -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "tile/../log/log.key",
        "tile/0/../../checkpoint",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/0",
        "tile/0/x000/000",
        "tile/-1/000",
        "tile/entries/000.p/01",
        "tile/0/000%00",
        "tile/0/999",
        "tile/9/000",
    ],
)
def test_only_published_tiles_are_served(client: Client, entry: Entry, path: str) -> None:
    assert client.get(f"/ledger/{path}").status_code == 404


@pytest.mark.parametrize("address", ["", "block/0", "entry/{}", "proof/{}", "tile/entries/000.p/5", "checkpoint"])
def test_the_statement_itself_is_never_shown(client: Client, entry: Entry, address: str) -> None:
    response = client.get(f"/ledger/{address.format(hex_of(entry))}")
    assert response.status_code == 200
    assert SECRET.encode() not in response.content
    assert bytes(entry.envelope) not in response.content


@pytest.mark.parametrize("address", ["block/7", "block/99999999999999999999", "entry/" + "0" * 64, "proof/" + "0" * 64])
def test_what_is_not_there_is_said_in_words(client: Client, entry: Entry, address: str) -> None:
    response = client.get(f"/ledger/{address}")
    assert response.status_code == 404
    assert "There is no block" in response.text or "No entry has this hash" in response.text


@pytest.mark.parametrize("query", ["before=x", "before=-1", "before=" + "9" * 40, "before=٣", "before="])
def test_an_odd_page_number_is_no_error(client: Client, entry: Entry, query: str) -> None:
    assert client.get(f"/ledger/?{query}").status_code == 200
    assert client.get(f"/ledger/block/0?{query.replace('before', 'from')}").status_code == 200


@pytest.mark.parametrize("address", ["checkpoint", "policy", "tile/0/000", "proof/{}"])
def test_before_anything_is_published_the_answer_says_so(client: Client, cast: Cast, address: str) -> None:
    response = client.get(f"/ledger/{address.format(hex_of(Entry.objects.latest('seq')))}")
    assert response.status_code == 404
    assert len(response.text) > 30


@pytest.mark.parametrize("address", ["", "block/0", "checkpoint", "tile/0/000.p/5"])
def test_nothing_is_written_through_these_pages(client: Client, entry: Entry, address: str) -> None:
    assert client.post(f"/ledger/{address}").status_code == 405


# --- Pages ----------------------------------------------------------------------------------------------------------


def test_the_explorer_works_without_a_log(client: Client) -> None:
    assert "No log is open yet" in client.get("/ledger/").text


def test_the_explorer_says_where_the_log_stands(client: Client, entry: Entry) -> None:
    text = client.get("/ledger/").text
    assert settings.LOG_ORIGIN in text
    assert Log.objects.get().vkey in text
    assert 'href="/ledger/block/0"' in text


def test_the_explorer_pages_through_its_blocks(client: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.views.BLOCKS_PER_PAGE", 2)
    for _ in range(5):
        put_events(cast, 1)
        published()
    seen = []
    address = "/ledger/"
    while address:
        text = client.get(address).text
        seen += [height for height in range(5) if f'href="/ledger/block/{height}"' in text]
        address = f"/ledger/?before={min(seen)}" if f"?before={min(seen)}" in text else ""
    assert sorted(seen) == [0, 1, 2, 3, 4]


def test_a_frozen_log_says_so(client: Client, entry: Entry) -> None:
    Log.objects.update(state=Log.FROZEN, frozen_because="FORK: secret details")
    text = client.get("/ledger/").text
    assert "stands still" in text
    assert "secret details" not in text


def test_a_block_shows_its_header_and_its_entries(client: Client, entry: Entry) -> None:
    text = client.get("/ledger/block/0").text
    assert "medtrail.block.v1" in text
    assert f'href="/ledger/entry/{hex_of(entry)}"' in text


def test_an_entry_says_what_it_proves_and_what_not(client: Client, entry: Entry) -> None:
    text = client.get(f"/ledger/entry/{hex_of(entry)}").text
    # Who it was is for members: the public page of a pack names roles and countries only, and links here.
    assert MAKER not in text
    assert entry.keyid not in text
    client.force_login(User.objects.create_user("member"))
    text = client.get(f"/ledger/entry/{hex_of(entry)}").text
    assert MAKER in text
    assert bytes(entry.envelope_sha256).hex() in text
    assert "does not prove" in text
    assert "this platform, for the party" in text


def test_a_waiting_entry_says_that_it_waits(client: Client, cast: Cast) -> None:
    waiting = put(event(), cast.maker).entry
    assert "waiting for its block" in client.get(f"/ledger/entry/{hex_of(waiting)}").text


def test_a_page_of_blocks_costs_few_queries(client: Client, entry: Entry, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(6):
        client.get("/ledger/")


# --- Files ----------------------------------------------------------------------------------------------------------


def test_every_published_file_is_served_byte_for_byte(client: Client, entry: Entry) -> None:
    folder = Path(settings.LOG_PUBLIC_DIR)
    names = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    assert len(names) >= 4
    for name in names:
        assert client.get(f"/ledger/{name}").content == (folder / name).read_bytes()


def test_tiles_are_kept_for_ever_and_checkpoints_are_not(client: Client, entry: Entry) -> None:
    tile, checkpoint = client.get("/ledger/tile/0/000.p/5"), client.get("/ledger/checkpoint")
    assert "immutable" in tile["Cache-Control"]
    assert "max-age=31536000" in tile["Cache-Control"]
    assert tile["Content-Type"] == "application/octet-stream"
    assert checkpoint["Cache-Control"] == "no-cache"
    assert checkpoint["Content-Type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize("address", ["checkpoint", "policy", "tile/0/000.p/5", "tile/0/777", "proof/{}"])
def test_verifiers_in_other_peoples_pages_may_read(client: Client, entry: Entry, address: str) -> None:
    assert client.get(f"/ledger/{address.format(hex_of(entry))}")["Access-Control-Allow-Origin"] == "*"


def test_a_missing_tile_is_not_cached_for_ever(client: Client, entry: Entry) -> None:
    assert client.get("/ledger/tile/0/777")["Cache-Control"] == "no-cache"


def test_a_proof_file_leads_from_the_leaf_to_the_checkpoint(client: Client, entry: Entry) -> None:
    response = client.get(f"/ledger/proof/{hex_of(entry)}")
    proof = parse_proof_file(response.content)
    assert proof.extra == entry_leaf(bytes(entry.envelope_sha256))
    opened = open_checkpoint(proof.checkpoint_note, parse_vkey(Log.objects.get().vkey), crypto_fast)
    assert opened.size > proof.index
    assert f"{hex_of(entry)}.tlog-proof" in response["Content-Disposition"]


def test_a_key_entrys_proof_carries_its_envelope(client: Client, entry: Entry) -> None:
    policy = Entry.objects.earliest("seq")
    proof = parse_proof_file(client.get(f"/ledger/proof/{hex_of(policy)}").content)
    assert proof.extra == bytes(policy.envelope)


# --- The operator's admin -------------------------------------------------------------------------------------------


@pytest.fixture
def operator(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("operator", password=secrets.token_hex()))
    return client


TABLES = ["log", "entry", "entryparent", "pending", "block", "leaf", "tile", "checkpoint", "key", "policyentry"]


@pytest.mark.parametrize("table", TABLES)
def test_the_operator_reads_every_table_and_changes_none(operator: Client, cast: Cast, table: str) -> None:
    published()
    put(event(after=[Entry.objects.latest("seq")]), cast.maker)
    listing = operator.get(f"/admin/ledger/{table}/")
    assert listing.status_code == 200
    assert operator.get(f"/admin/ledger/{table}/add/").status_code == 403
    model = next(model for model in admin.site._registry if model._meta.model_name == table)
    row = model._default_manager.all()[0]
    assert operator.get(f"/admin/ledger/{table}/{row.pk}/change/").status_code == 200
    assert operator.post(f"/admin/ledger/{table}/{row.pk}/change/", {}).status_code == 403
    assert operator.post(f"/admin/ledger/{table}/{row.pk}/delete/", {"post": "yes"}).status_code == 403


def test_managed_keys_are_not_in_the_admin(operator: Client, cast: Cast) -> None:
    assert not admin.site.is_registered(ManagedKey)
    assert operator.get("/admin/ledger/managedkey/").status_code == 404
