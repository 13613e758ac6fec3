"""A batch's archive: the offline verifier accepts it, and nothing that was changed in it."""

import csv
import hashlib
import io
import json
import subprocess
import sys
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from anticounterfeit.usecases.export_batch import export_batch
from ledger import crypto_fast
from ledger.verifier.archive import verify_archive
from ledger.verifier.steps import Report
from supplychain.acts import Refused, Request
from supplychain.batch_history import events_of_batch
from supplychain.history import history_of
from supplychain.models import Batch, Event, Item
from supplychain.usecases.unpack import unpack
from tests.anticounterfeit.story import publish, tell
from tests.factories import (
    GTIN,
    LOT,
    MAKER_GLN,
    PHARMACY_GLN,
    REGULATOR_GLN,
    WHOLESALER_GLN,
    Cast,
    commissioned,
    handed_over,
    make_batch,
    packed,
    shipped,
)
from tests.supplychain.api.conftest import Callers, address, api  # noqa: F401  (a fixture)
from tests.supplychain.pages.conftest import People, people  # noqa: F401  (a fixture)

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[3]
Members = dict[str, bytes]


@pytest.fixture
def batch(cast: Cast) -> Batch:
    """Its packs in cases on a pallet, one case handed on, one pack dispensed; beside it another batch's goods."""
    tell(cast)
    other = make_batch(cast.maker, "OTHER")
    packs = commissioned(cast.maker, 3, start=500, batch=other)
    handed_over(cast.maker, cast.wholesaler, [packed(cast.maker, packs)])
    publish()
    return Batch.objects.select_related("product__brand_owner").get(lot_number=LOT)


@pytest.fixture
def policy(settings, batch: Batch) -> str:
    return (settings.LOG_PUBLIC_DIR / "policy").read_text()


def exported(cast: Cast, batch: Batch, reader: str = "regulator", pedigrees: int = 3) -> bytes:
    return b"".join(export_batch(reader=getattr(cast, reader).party, batch=batch, pedigrees=pedigrees))


def members(data: bytes) -> Members:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def table(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode())))


def rebuilt(found: Members, *, is_honest: bool = True) -> bytes:
    """An archive of these members, with a manifest that fits them: what a forger would make."""
    manifest = json.loads(found["manifest.json"])
    rest = {name: data for name, data in found.items() if name != "manifest.json"}
    if is_honest:
        manifest["files"] = {
            name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in rest.items()
        }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {**rest, "manifest.json": json.dumps(manifest, separators=(",", ":")).encode()}.items():
            archive.writestr(name, data)
    return out.getvalue()


def checked(data: bytes, policy: str) -> Report:
    return verify_archive(io.BytesIO(data), policy, crypto=crypto_fast)


# --- What is in it ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reader", ["regulator", "maker"])
def test_the_verifier_accepts_an_honest_archive(cast: Cast, batch: Batch, policy: str, reader: str) -> None:
    report = checked(exported(cast, batch, reader), policy)
    assert report.ok, report.steps[-1]
    assert [step.n for step in report.steps] == [1, 2, 3, 4, 5, 6, 7]
    assert report.subject == f"lot {LOT} of Amoxil 500 mg, GTIN {GTIN}"


def test_every_event_of_every_pack_is_in_it_and_no_other(cast: Cast, batch: Batch) -> None:
    wanted = {step.event.pk for item in batch.items.all() for step in history_of(item)}
    assert events_of_batch(batch) == sorted(wanted)
    lines = members(exported(cast, batch))["events.jsonl"].splitlines()
    ids = {json.loads(line)["event"]["eventID"] for line in lines}
    assert ids == set(Event.objects.filter(pk__in=wanted).values_list("event_id", flat=True))


def test_a_unit_tells_of_a_batch_only_while_goods_of_it_are_inside(cast: Cast) -> None:
    first, other = make_batch(cast.maker), make_batch(cast.maker, "OTHER")
    ours, others = commissioned(cast.maker, 2, batch=first), commissioned(cast.maker, 2, start=50, batch=other)
    case = packed(cast.maker, [*ours, others[0]])
    pallet = packed(cast.maker, [case, others[1]])
    handed_over(cast.maker, cast.wholesaler, [pallet])
    unpack(actor=cast.wholesaler, request=Request(), parent=pallet, children=[case])
    handed_over(cast.wholesaler, cast.pharmacy, [case])
    unpack(actor=cast.pharmacy, request=Request(), parent=case, children=ours)
    handed_over(cast.pharmacy, cast.wholesaler, [case])
    handed_over(cast.wholesaler, cast.pharmacy, [pallet])
    for one, count in ((first, 9), (other, 12)):
        wanted = {step.event.pk for item in one.items.all() for step in history_of(item)}
        assert events_of_batch(one) == sorted(wanted)
        assert len(wanted) == count


def test_the_maker_gets_what_it_saw_and_not_to_whom_its_goods_went_on(cast: Cast, batch: Batch) -> None:
    found = members(exported(cast, batch, "maker", pedigrees=0))
    lines = [json.loads(line) for line in found["events.jsonl"].splitlines()]
    # Unpacked by the wholesaler, shipped to the pharmacy, received, unpacked and dispensed there: not the maker's.
    assert [line["event"]["bizStep"] for line in lines] == [
        *("commissioning", "packing", "packing", "packing", "shipping", "receiving")
    ]
    assert len(table(found["movements.csv"])) == 6
    everything = b"".join(found.values())
    assert b"Corner Pharmacy" not in everything
    assert PHARMACY_GLN.encode() not in everything
    held = {row["holder"] for row in table(found["items.csv"])}
    assert "pharmacy" in held
    regulators = {row["holder"] for row in table(members(exported(cast, batch))["items.csv"])}
    assert "Corner Pharmacy" in regulators


def test_the_tables_say_where_each_pack_is(cast: Cast, batch: Batch) -> None:
    found = members(exported(cast, batch))
    items = table(found["items.csv"])
    assert len(items) == batch.items.count() == 6
    assert sorted({row["life"] for row in items}) == ["active", "dispensed"]
    assert {row["root"].partition("/00/")[2][:7] for row in items if row["parent"]} == {"0952000"}
    moves = table(found["movements.csv"])
    assert [row["biz_step"] for row in moves][:3] == ["commissioning", "packing", "packing"]
    assert WHOLESALER_GLN in {row["counterparty"] for row in moves if row["biz_step"] == "shipping"}
    assert f"lot {LOT}" in found["README.txt"].decode()


def test_what_was_stated_since_the_checkpoint_is_pending(cast: Cast, batch: Batch, policy: str) -> None:
    loose = commissioned(cast.maker, 2, start=900, batch=batch)
    shipped(cast.maker, cast.wholesaler, loose)
    data = exported(cast, batch)
    found = members(data)
    assert json.loads(found["manifest.json"])["pending"] == 2
    assert [row["leaf"] for row in table(found["movements.csv"])][-2:] == ["", ""]
    assert len(table(found["items.csv"])) == 6
    assert checked(data, policy).ok


def test_the_same_batch_read_twice_gives_the_same_statements(cast: Cast, batch: Batch) -> None:
    one, two = (members(exported(cast, batch)) for _ in range(2))
    assert {name for name in one if one[name] != two[name]} <= {"README.txt", "manifest.json"}


def test_nobody_else_gets_it_and_nothing_comes_before_the_first_block(cast: Cast) -> None:
    commissioned(cast.maker, 2)
    batch = Batch.objects.select_related("product__brand_owner").get()
    with pytest.raises(Refused, match="not yours to see"):
        export_batch(reader=cast.wholesaler.party, batch=batch)
    with pytest.raises(Refused, match="ask in some seconds"):
        export_batch(reader=cast.maker.party, batch=batch)


# --- What a forger makes of it ----------------------------------------------------------------------------------------


def change_line(found: Members, number: int, change: Callable[[dict], object]) -> None:
    lines = found["events.jsonl"].splitlines()
    value = json.loads(lines[number])
    change(value)
    lines[number] = json.dumps(value).encode()
    found["events.jsonl"] = b"\n".join(lines) + b"\n"


def add_item(found: Members) -> None:
    found["items.csv"] += found["items.csv"].splitlines()[1].replace(b"B0000000", b"FAKE") + b"\r\n"


def repeat_item(found: Members) -> None:
    found["items.csv"] += found["items.csv"].splitlines()[1] + b"\r\n"


def drop(name: str) -> Callable[[Members], None]:
    return lambda found: void(found.pop(name))


def void(_value: object) -> None:
    return None


def set_text(name: str, data: bytes) -> Callable[[Members], None]:
    return lambda found: found.__setitem__(name, data)


def swap_lines(found: Members) -> None:
    lines = found["events.jsonl"].splitlines()
    found["events.jsonl"] = b"\n".join([lines[1], lines[0], *lines[2:]])


def other_envelope(found: Members) -> None:
    lines = [json.loads(line) for line in found["events.jsonl"].splitlines()]
    change_line(found, 0, lambda line: line.update(envelope=lines[1]["envelope"]))


def foreign_pedigree(found: Members) -> None:
    """An honest pedigree of a pack whose making is not in the archive any more."""
    lines = found["events.jsonl"].splitlines()
    found["events.jsonl"] = b"\n".join(lines[1:])
    found["items.csv"] = found["items.csv"].splitlines()[0] + b"\r\n"


def line(number: int, change: Callable[[dict], object]) -> Callable[[Members], None]:
    return lambda found: change_line(found, number, change)


FORGERIES: dict[str, tuple[Callable[[Members], None], int, str]] = {
    "an item more": (add_item, 6, "ITEMS"),
    "an item twice": (repeat_item, 6, "ITEMS"),
    "a column gone": (set_text("items.csv", b"serial\r\nB1\r\n"), 6, "ITEMS"),
    "no events": (set_text("events.jsonl", b""), 5, "ARCHIVE"),
    "no JSON": (set_text("events.jsonl", b"{]\n"), 5, "JSON"),
    "events in another order": (swap_lines, 5, "ORDER"),
    "another statement at this place": (other_envelope, 5, ""),
    "another proof": (line(0, lambda one: one["proof"].reverse()), 5, ""),
    "another lot": (line(0, lambda one: one["event"]["ilmd"].update({"cbvmda:lotNumber": "X"})), 5, "EVENT_DIFFERS"),
    "another action": (line(0, lambda one: one["event"].update(action="DELETE")), 5, "EVENT_DIFFERS"),
    "a pack more": (line(0, lambda one: one["event"]["epcList"].append("urn:x")), 5, "EVENT_DIFFERS"),
    "a pack that is no text": (line(0, lambda one: one["event"].update(epcList=[1])), 5, "BUNDLE"),
    "a list that is none": (line(0, lambda one: one["event"].update(epcList="x")), 5, "BUNDLE"),
    "no list": (line(0, lambda one: one["event"].pop("epcList")), 5, "EVENT_DIFFERS"),
    "another place": (line(0, lambda one: one["event"].update(bizLocation={"id": "x"})), 5, "EVENT_DIFFERS"),
    "a field more": (line(0, lambda one: one["event"].update(note="x")), 5, "EVENT_DIFFERS"),
    "hidden data about the lot": (line(0, lambda one: one["event"]["ilmd"].update(x=1)), 5, "EVENT_DIFFERS"),
    "another secret": (line(0, lambda one: one.update(secret="00" * 32)), 5, "EVENT_DIFFERS"),
    "a short secret": (line(0, lambda one: one.update(secret="00")), 5, "SECRET"),
    "no secret": (line(0, lambda one: one.pop("secret")), 5, "BUNDLE"),
    "a member more in a line": (line(0, lambda one: one.update(trust="me")), 5, "BUNDLE"),
    "no keys": (set_text("keys.json", b"[]"), 4, "GENESIS"),
    "keys that are none": (set_text("keys.json", b"[1]"), 4, "BUNDLE"),
    "a damaged pedigree": (set_text("pedigrees/1.json", b"{}"), 7, "BUNDLE"),
    "a pedigree of another pack": (foreign_pedigree, 7, "ITEMS"),
    "no table of items": (drop("items.csv"), 1, "ARCHIVE"),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_what_a_forger_changes_is_found(cast: Cast, batch: Batch, policy: str, name: str) -> None:
    change, step, code = FORGERIES[name]
    found = members(exported(cast, batch))
    change(found)
    report = checked(rebuilt(found), policy)
    assert not report.ok
    assert report.steps[-1].n == step, report.steps[-1]
    assert report.steps[-1].code == code or not code


def test_a_byte_changed_without_the_manifest_is_found(cast: Cast, batch: Batch, policy: str) -> None:
    found = members(exported(cast, batch))
    for name in ("README.txt", "movements.csv"):
        forged = {**found, name: found[name][:-1] + b"!"}
        assert checked(rebuilt(forged, is_honest=False), policy).steps[-1].code == "MANIFEST"
    assert checked(rebuilt({**found, "more.txt": b""}, is_honest=False), policy).steps[-1].code == "MANIFEST"


def test_another_logs_policy_fits_no_archive(cast: Cast, batch: Batch, policy: str) -> None:
    data = exported(cast, batch)
    assert checked(data, "").steps[-1].n == 2
    other = policy.replace(policy.split()[policy.split().index("log") + 1], "other/log+00000000+AAAA")
    assert not checked(data, other).ok


# --- Doors ------------------------------------------------------------------------------------------------------------


def test_the_command_writes_what_the_program_accepts(cast: Cast, batch: Batch, settings, tmp_path: Path) -> None:
    file = tmp_path / "batch.zip"
    call_command("export_batch", GTIN, LOT, file, reader=REGULATOR_GLN, pedigrees=1)
    policy = settings.LOG_PUBLIC_DIR / "policy"
    command = [sys.executable, "-m", "ledger.verifier", file, "--policy", policy]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"These are signed statements about lot {LOT}" in " ".join(done.stdout.split())
    assert not list(tmp_path.glob("*.part"))
    file.write_bytes(file.read_bytes()[:-200])
    assert subprocess.run(command, cwd=ROOT, capture_output=True).returncode == 1


@pytest.mark.parametrize(
    ("gtin", "lot", "gln", "words"),
    [
        ("123", LOT, MAKER_GLN, "digits"),
        (GTIN, "L0", MAKER_GLN, "There is no lot L0"),
        (GTIN, LOT, "1", "There is no party 1"),
        (GTIN, LOT, WHOLESALER_GLN, "UNKNOWN_BATCH"),
    ],
)
def test_the_command_leaves_no_half_file(cast: Cast, batch: Batch, tmp_path: Path, gtin, lot, gln, words) -> None:
    with pytest.raises(CommandError, match=words):
        call_command("export_batch", gtin, lot, tmp_path / "x.zip", reader=gln)
    assert not list(tmp_path.glob("*.zip*"))
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("export_batch", GTIN, LOT, tmp_path / "no" / "x.zip", reader=MAKER_GLN)


def test_page_and_api_give_the_archive_to_maker_and_regulator(
    cast: Cast,
    batch: Batch,
    policy: str,
    api: Callers,  # noqa: F811
    people: People,  # noqa: F811
) -> None:
    for name, status in (("maker", 200), ("regulator", 200), ("wholesaler", 404), ("forger", 404)):
        caller = getattr(api, name)
        answer = caller.client.get(address(f"batches/{batch.pk}/export.zip"), headers=caller.headers)
        assert answer.status_code == status, name
        if status == 200:
            assert checked(answer.getvalue(), policy).ok
    page = people.maker.client.get(f"/batches/{batch.pk}/export.zip")
    assert page.headers["Content-Disposition"] == f'attachment; filename="batch-{GTIN}-{LOT}.zip"'
    assert checked(page.getvalue(), policy).ok
    assert people.forger.get(f"/batches/{batch.pk}/export.zip").status == 302
    assert people.wholesaler.get(f"/batches/{batch.pk}/export.zip").status == 403
    assert "Export for an audit" in people.maker.get(f"/batches/{batch.pk}").text


# --- Cost -------------------------------------------------------------------------------------------------------------


def test_the_archive_is_written_with_flat_memory_and_few_queries(cast: Cast, django_assert_max_num_queries) -> None:
    batch = Batch.objects.select_related("product__brand_owner").get(pk=make_batch(cast.maker).pk)
    packs = commissioned(cast.maker, 4_500, batch=batch)
    for at in range(0, 4_500, 1_500):
        handed_over(cast.maker, cast.wholesaler, [packed(cast.maker, packs[at : at + 1_500])])
    publish()
    tracemalloc.start()
    with django_assert_max_num_queries(70):
        size = sum(len(piece) for piece in export_batch(reader=cast.maker.party, batch=batch, pedigrees=0))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert Item.objects.filter(batch=batch).count() == 4_500
    assert size > 50_000
    assert peak < 30_000_000
