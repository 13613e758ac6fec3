"""The pedigree file: checked by the offline verifier, and refused by it after any change."""

import base64
import copy
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from anticounterfeit.queries import find_pack
from anticounterfeit.usecases.build_pedigree import NotYetProven, build_pedigree
from ledger.errors import LedgerError
from ledger.verifier.pedigree import verify
from supplychain.acts import Request
from supplychain.gs1.digital_link import parse_epc
from supplychain.models import Event, Item, ListTile
from supplychain.sight import STRANGER, Reader
from supplychain.stock import epc_of
from supplychain.usecases.commission import commission
from supplychain.visibility import reader_of
from tests.anticounterfeit.story import WAY, Story, item_of, publish, tell
from tests.append_only import triggers_off
from tests.factories import Cast, commissioned, handed_over, make_batch, packed, serials

REGULATOR = Reader(0, is_regulator=True)
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def story(cast: Cast) -> Story:
    told = tell(cast)
    publish()
    return told


@pytest.fixture
def policy(settings) -> str:
    """Read late: the file comes with the first checkpoint."""
    return str(settings.LOG_PUBLIC_DIR / "policy")


def failing_step(document, policy) -> str:
    report = verify(json.dumps(document).encode(), Path(policy).read_text())
    assert not report.ok, "a changed pedigree passed"
    return report.steps[-1].name


def flip_base64(text: str, at: int) -> str:
    data = bytearray(base64.b64decode(text))
    data[at % len(data)] ^= 1
    return base64.b64encode(bytes(data)).decode()


def flip_hex(text: str, at: int) -> str:
    data = bytearray(bytes.fromhex(text))
    data[at % len(data)] ^= 1
    return bytes(data).hex()


# --- Hostile ----------------------------------------------------------------------------------------------------------


def test_a_flipped_bit_in_any_envelope_proof_salt_or_path_fails_the_step_that_it_is_in(story, policy):
    document = build_pedigree(item_of(story.dispensed), reader=REGULATOR).document
    for number in (0, 1, len(WAY) - 1):
        item = document["items"][number]
        for at in (0, 40, len(item["envelope"]) // 2, -1):
            changed = copy.deepcopy(document)
            changed["items"][number]["envelope"] = flip_base64(item["envelope"], at)
            assert failing_step(changed, policy) in {"the files are well formed", f"item {number}: it is in the log"}
        for place in range(len(item["proof"])):
            changed = copy.deepcopy(document)
            changed["items"][number]["proof"][place] = flip_base64(item["proof"][place], place)
            assert failing_step(changed, policy) == f"item {number}: it is in the log"
        for field, shown in item["disclosed"]["lists"].items():
            changed = copy.deepcopy(document)
            changed["items"][number]["disclosed"]["lists"][field]["salt"] = flip_hex(shown["salt"], number)
            assert failing_step(changed, policy) == f"item {number}: what is shown is what was signed"
            for place in range(len(shown["proof"])):
                changed = copy.deepcopy(document)
                changed["items"][number]["disclosed"]["lists"][field]["proof"][place] = flip_hex(
                    shown["proof"][place], 5
                )
                assert failing_step(changed, policy) == f"item {number}: what is shown is what was signed"


def test_another_pack_cannot_borrow_the_pedigree(story, policy):
    document = build_pedigree(item_of(story.dispensed), reader=REGULATOR).document
    for number, item in enumerate(document["items"]):
        for field, shown in item["disclosed"]["lists"].items():
            changed = copy.deepcopy(document)
            changed["items"][number]["disclosed"]["lists"][field]["epc"] = story.left
            assert shown["epc"] != story.left
            assert failing_step(changed, policy) == f"item {number}: what is shown is what was signed"


def test_the_pedigrees_of_two_packs_cannot_be_mixed(story, policy):
    one = build_pedigree(item_of(story.dispensed), reader=REGULATOR).document
    other = build_pedigree(item_of(story.at_wholesaler), reader=REGULATOR).document
    assert one["checkpoint"] == other["checkpoint"]
    mixed = copy.deepcopy(other)
    mixed["items"], mixed["keys"] = [*other["items"], one["items"][-1]], one["keys"]
    assert failing_step(mixed, policy) == "the items are one story"


def test_another_unit_cannot_be_shown_in_place_of_the_one_that_was_sealed(story, policy):
    document = build_pedigree(item_of(story.dispensed), reader=REGULATOR).document
    sealed = document["items"][1]["disclosed"]["sealed"]["parentID"]
    sealed["value"] = json.dumps(story.cases[1])
    assert failing_step(document, policy) == "item 1: what is shown is what was signed"


def test_a_changed_checkpoint_or_key_entry_fails(story, policy):
    document = build_pedigree(item_of(story.dispensed), reader=REGULATOR).document
    for at in range(0, len(document["checkpoint"]) - 1, 7):
        changed = copy.deepcopy(document)
        letter = document["checkpoint"][at]
        changed["checkpoint"] = (
            document["checkpoint"][:at] + ("b" if letter != "b" else "c") + document["checkpoint"][at + 1 :]
        )
        assert failing_step(changed, policy) in {"the checkpoint is signed", "the keys are in the log"}
    for number in range(len(document["keys"])):
        changed = copy.deepcopy(document)
        changed["keys"][number]["envelope"] = flip_base64(document["keys"][number]["envelope"], 100)
        assert failing_step(changed, policy) in {"the files are well formed", "the keys are in the log"}


def test_an_event_that_was_changed_behind_our_back_gives_no_pedigree(story, cast):
    item = item_of(story.dispensed)
    event = Event.objects.get(pk=item.made_by_id)
    body = json.loads(event.body)
    body["epcList"][0] = body["epcList"][0][:-1] + "9"
    with triggers_off(connection):
        Event.objects.filter(pk=event.pk).update(body=json.dumps(body))
    with pytest.raises(LedgerError):
        build_pedigree(item_of(story.dispensed), reader=REGULATOR)


def test_before_anything_is_published_there_is_nothing_to_prove(cast):
    epcs = commissioned(cast.maker, 1)
    with pytest.raises(NotYetProven, match=r"1 wait"):
        build_pedigree(item_of(epcs[0]), reader=REGULATOR)


# --- Honest -----------------------------------------------------------------------------------------------------------


def test_the_command_line_verifier_accepts_the_pedigree_of_a_pack_that_went_all_the_way(story, policy, tmp_path):
    pedigree = build_pedigree(item_of(story.dispensed), reader=REGULATOR)
    assert pedigree.pending == 0
    file = tmp_path / "pedigree.json"
    file.write_text(json.dumps(pedigree.document))
    done = subprocess.run(
        [sys.executable, "-m", "ledger.verifier", str(file), "--policy", policy],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("its party signed it") == len(WAY)
    assert story.dispensed in done.stdout


def test_a_pack_that_stayed_behind_has_its_own_story(story, policy):
    document = build_pedigree(item_of(story.at_wholesaler), reader=REGULATOR).document
    assert verify(json.dumps(document).encode(), Path(policy).read_text()).ok
    assert len(document["items"]) == 5


def test_the_pedigree_proves_that_no_revocation_was_left_out(story, policy):
    document = build_pedigree(item_of(story.dispensed), reader=REGULATOR).document
    report = verify(json.dumps(document).encode(), Path(policy).read_text())
    assert "no key entry was left out" in [step.name for step in report.steps]
    assert "revoked" not in report.notes[0]
    document["keys"].pop()
    assert failing_step(document, policy) == "no key entry was left out"


def test_with_many_keys_the_pedigree_has_those_that_it_needs_and_says_what_that_leaves_open(story, policy, monkeypatch):
    monkeypatch.setattr("anticounterfeit.usecases.build_pedigree.MAX_WHOLE_KEYRING", 3)
    document = build_pedigree(item_of(story.dispensed), reader=REGULATOR).document
    assert "header" not in document
    report = verify(json.dumps(document).encode(), Path(policy).read_text())
    assert report.ok
    assert "no key was revoked" in report.notes[0]


def test_the_pedigree_shows_no_other_pack(story):
    text = json.dumps(build_pedigree(item_of(story.dispensed), reader=REGULATOR).document)
    assert story.dispensed in text
    assert story.left not in text
    assert story.at_wholesaler not in text


def test_statements_that_wait_for_their_block_are_counted_and_left_out(story, cast, policy):
    handed_over(cast.pharmacy, cast.wholesaler, story.cases[:1])
    pedigree = build_pedigree(item_of(story.left), reader=REGULATOR)
    assert pedigree.pending == 2
    assert len(pedigree.document["items"]) == 8
    assert verify(json.dumps(pedigree.document).encode(), Path(policy).read_text()).ok


# --- Cost -------------------------------------------------------------------------------------------------------------


def queries_of(item: Item) -> int:
    with CaptureQueriesContext(connection) as queries:
        build_pedigree(item, reader=REGULATOR)
    return len(queries)


def pack_of(epc: str) -> Item:
    thing = parse_epc(epc)
    item = find_pack(thing.gtin.digits, thing.serial_number.text)  # type: ignore[union-attr]
    assert item is not None
    return item


@pytest.fixture
def big(cast: Cast) -> tuple[str, str]:
    """A pack in a case of 10,000, and its case."""
    batch = make_batch(cast.maker)
    commission(actor=cast.maker, request=Request(), batch=batch, serial_numbers=serials(10_000))
    epcs = [epc_of(item) for item in Item.objects.filter(batch=batch).order_by("pk")]
    case = packed(cast.maker, epcs)
    handed_over(cast.maker, cast.wholesaler, [case])
    publish()
    return epcs[6_543], case


def test_a_pack_of_ten_thousand_is_opened_without_reading_the_other_ones(big, policy):
    epc, _case = big
    item = pack_of(epc)
    with CaptureQueriesContext(connection) as queries:
        pedigree = build_pedigree(item, reader=REGULATOR)
    assert verify(json.dumps(pedigree.document).encode(), Path(policy).read_text()).ok
    assert len(json.dumps(pedigree.document)) < 40_000
    tiles = [query["sql"] for query in queries if ListTile._meta.db_table in query["sql"]]
    assert len(tiles) == 2, "one query for each long list: the batch and the case"
    bodies = [query["sql"] for query in queries if '"supplychain_event"."body"' in query["sql"].partition(" FROM ")[0]]
    assert len(bodies) == 1, "the short ones, of the handoff"
    read = {int(number) for number in re.findall(r"\d+", bodies[0].rpartition(" IN (")[2])}
    assert read.isdisjoint(Event.objects.filter(biz_step__in=["commissioning", "packing"]).values_list("pk", flat=True))


def test_the_number_of_queries_does_not_grow_with_the_batch(big, cast):
    epc, _case = big
    batch = make_batch(cast.maker, lot_number="SMALL")
    small = commissioned(cast.maker, 3, start=20_000, batch=batch)
    case = packed(cast.maker, small)
    handed_over(cast.maker, cast.wholesaler, [case])
    publish()
    assert queries_of(pack_of(epc)) <= queries_of(pack_of(small[0])) + 2


# --- How far it follows the pack --------------------------------------------------------------------------------------


@pytest.fixture
def cut(settings):
    """The operator has set it so: trade relations are not for everybody."""
    settings.PUBLIC_PEDIGREE = "maker"


def test_whoever_has_the_pack_can_check_its_whole_way(cast, story, policy):
    document = build_pedigree(item_of(story.dispensed), reader=STRANGER).document
    assert document == build_pedigree(item_of(story.dispensed), reader=REGULATOR).document
    assert len(document["items"]) == len(WAY)
    assert verify(json.dumps(document).encode(), Path(policy).read_text()).ok


def authors(document) -> list[str]:
    payloads = [json.loads(base64.b64decode(one["envelope"]))["payload"] for one in document["items"]]
    return [json.loads(base64.b64decode(payload))["party"] for payload in payloads]


def test_the_public_gets_what_the_maker_stated_and_no_other_name(cut, cast, story, policy):
    document = build_pedigree(item_of(story.dispensed), reader=STRANGER).document
    assert authors(document) == [cast.maker.party.gln]
    report = verify(json.dumps(document).encode(), Path(policy).read_text())
    assert report.ok, report.steps[-1]
    said = b"".join(base64.b64decode(one["envelope"]) for one in document["items"])
    for other in (cast.wholesaler, cast.pharmacy):
        assert other.party.gln.encode() not in said


@pytest.mark.parametrize("name", ["maker", "wholesaler", "pharmacy", "regulator", "forger"])
def test_a_party_gets_the_way_up_to_its_own_last_part_and_can_check_it(cut, cast, story, policy, name):
    item = item_of(story.dispensed)
    whole = build_pedigree(item, reader=REGULATOR).document["items"]
    reader = getattr(cast, name).party
    document = build_pedigree(item, reader=reader_of(reader)).document
    shown = document["items"]
    assert shown == whole[: len(shown)]  # the same bytes for everybody, only fewer of them
    assert verify(json.dumps(document).encode(), Path(policy).read_text()).ok
    expected = {"maker": cast.wholesaler, "wholesaler": cast.pharmacy, "pharmacy": cast.pharmacy}.get(name)
    if name == "forger":
        assert len(shown) == 1
    elif expected is None:
        assert shown == whole
    else:
        assert authors(document)[-1] == expected.party.gln
        assert len(shown) < len(whole) or name == "pharmacy"


def test_what_the_public_gets_is_the_same_file_before_and_after_a_sale(cut, cast, story):
    """So nobody learns by asking again that a pack has moved."""
    packs = commissioned(cast.maker, 1, start=7000)
    publish()
    before = build_pedigree(item_of(packs[0]), reader=STRANGER).document
    handed_over(cast.maker, cast.pharmacy, packs)
    publish()
    after = build_pedigree(item_of(packs[0]), reader=STRANGER)
    assert [one["envelope"] for one in after.document["items"]] == [one["envelope"] for one in before["items"]]
    assert after.pending == 0
