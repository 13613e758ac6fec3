"""Archives as an outsider's files: damaged, bombs, of another kind, or honest and changed in one place."""

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from ledger import crypto_fast
from ledger.verifier import archive as archives
from ledger.verifier.archive import verify_archive
from ledger.verifier.steps import Report
from tests.ledger.small_log import SmallLog, as_file
from tests.ledger.small_story import PACKS, Story, tell
from tests.ledger.verifier.forge import document, honest

Members = dict[str, bytes]


def event_of(story: Story, index: int) -> dict[str, Any]:
    stated = story.log.stated[index]
    return {**story.log.envelopes[index].statement["event"], **stated.members, **stated.values}


def line_of(story: Story, item: dict[str, Any], index: int, *, is_whole: bool) -> bytes:
    value = {name: item[name] for name in ("index", "proof", "envelope")}
    if is_whole:
        value |= {"event": event_of(story, index), "secret": story.log.stated[index].secret.hex()}
    return json.dumps(value).encode()


def contents(story: Story | None = None) -> Members:
    """The members of an honest archive: the maker's events whole, those of the others closed."""
    story = story or honest()
    pedigree = document() if story is honest() else story.pedigree()
    lines = [
        line_of(story, item, index, is_whole=name in ("commissioning", "packing", "loading", "shipping"))
        for item, (name, index) in zip(pedigree["items"], story.acts.items(), strict=True)
    ]
    table = io.StringIO()
    csv.writer(table).writerows([("epc", "life"), *((epc, "active") for epc in PACKS)])
    return {
        "events.jsonl": b"\n".join(lines) + b"\n",
        "keys.json": json.dumps(pedigree["keys"]).encode(),
        "items.csv": table.getvalue().encode(),
        "pedigrees/1.json": as_file(pedigree),
        "README.txt": b"read me",
        "manifest.json": json.dumps({"v": 1, "about": "lot L1", "checkpoint": pedigree["checkpoint"]}).encode(),
    }


def zipped(members: Members, **changes: Any) -> bytes:
    """A ZIP of the members, its manifest made to fit, then changed."""
    files = {
        name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in members.items()
        if name != "manifest.json"
    }
    manifest = {**json.loads(members["manifest.json"]), "files": files} | changes
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {**members, "manifest.json": canonical(manifest)}.items():
            archive.writestr(name, data)
    return out.getvalue()


def canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def check(data: bytes, policy: str | None = None) -> Report:
    return verify_archive(io.BytesIO(data), honest().log.policy if policy is None else policy, crypto=crypto_fast)


def failure(data: bytes) -> tuple[int, str | None]:
    report = check(data)
    assert not report.ok
    return report.steps[-1].n, report.steps[-1].code


def test_an_honest_archive_holds() -> None:
    report = check(zipped(contents()))
    assert report.ok, report.steps[-1]
    assert report.steps[4].detail == "10 statements, 4 of them shown whole and opened"
    assert any("unwitnessed" in note for note in report.notes)
    assert report.told == "These are signed statements about lot L1."


def test_a_witness_is_named() -> None:
    story = tell(SmallLog(witnesses=["w.example"], quorum="w.example"))
    report = check(zipped(contents(story)), story.log.policy)
    assert report.ok, report.steps[-1]
    assert "w.example" in report.steps[2].detail
    assert not any("unwitnessed" in note for note in report.notes)


def test_an_archive_may_be_asked_to_be_fresh() -> None:
    data, policy = zipped(contents()), honest().log.policy
    stale = verify_archive(io.BytesIO(data), policy, crypto=crypto_fast, now=2_000_000_000, max_age=60)
    assert (stale.steps[-1].n, stale.steps[-1].code) == (4, "STALE")
    assert verify_archive(io.BytesIO(data), policy, crypto=crypto_fast, now=2_000_000_000).ok


def test_the_last_line_needs_no_end() -> None:
    found = contents()
    assert check(zipped({**found, "events.jsonl": found["events.jsonl"].rstrip()})).ok


# --- No such archive --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"not a zip at all" * 100])
def test_what_is_no_archive_is_refused(data: bytes) -> None:
    assert failure(data) == (1, "ARCHIVE")


def test_every_truncation_and_many_flips_are_refused_or_change_nothing() -> None:
    data = zipped(contents())
    for at in range(0, len(data), len(data) // 60):
        assert not check(data[:at]).ok
        flipped = bytearray(data)
        flipped[at] ^= 0xFF
        report = check(bytes(flipped))
        assert report.ok or report.steps[-1].code is not None


def test_an_encrypted_member_is_refused() -> None:
    data = bytearray(zipped(contents()))
    central = data.rindex(b"PK\x01\x02")
    data[central + 8] |= 1  # the manifest's entry stands last
    local = data.rindex(b"PK\x03\x04")
    data[local + 6] |= 1
    assert failure(bytes(data)) == (1, "ARCHIVE")


@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_member_that_is_packed_in_another_way_is_refused(packing: int) -> None:
    out = io.BytesIO(zipped(contents()))
    with zipfile.ZipFile(out, "a", packing) as archive:
        archive.writestr("more", b"x" * 1000)
    assert failure(out.getvalue()) == (1, "ARCHIVE")


def test_a_member_twice_or_too_many_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.BytesIO(zipped(contents()))
    with zipfile.ZipFile(out, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("README.txt", b"another")
    assert failure(out.getvalue()) == (1, "ARCHIVE")
    monkeypatch.setattr(archives, "MAX_MEMBERS", 5)
    assert failure(zipped(contents())) == (1, "ARCHIVE")


def test_a_bomb_is_not_unpacked_beyond_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted while it is unpacked: what the directory says of its size may be a lie."""
    monkeypatch.setattr(archives, "MAX_MEMBER", 3_000_000)
    bomb = zipped({**contents(), "README.txt": bytes(5_000_000)})
    assert len(bomb) < 60_000
    assert failure(bomb) == (1, "OVERSIZE")
    monkeypatch.setattr(archives, "MAX_MEMBER", 10_000_000)
    monkeypatch.setattr(archives, "MAX_TOTAL", 4_000_000)
    assert failure(bomb) == (1, "OVERSIZE")


def test_no_part_is_larger_than_its_reader_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_BUNDLE", 10_000)
    assert failure(zipped({**contents(), "keys.json": b" " * 20_000})) == (4, "OVERSIZE")
    monkeypatch.setattr(archives, "MAX_LINE", 1_000)
    assert failure(zipped({**contents(), "events.jsonl": b" " * 20_000})) == (5, "OVERSIZE")


# --- Manifest ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"v": 2}, "BUNDLE"),
        ({"v": "1"}, "BUNDLE"),
        ({"more": 1}, "BUNDLE"),
        ({"about": 1}, "BUNDLE"),
        ({"checkpoint": None}, "BUNDLE"),
        ({"files": []}, "BUNDLE"),
        ({"files": {}}, "MANIFEST"),
        ({"files": {"a": {"bytes": -1, "sha256": ""}}}, "BUNDLE"),
        ({"files": {"a": {"bytes": 1}}}, "BUNDLE"),
        ({"files": {"a": {"bytes": 1, "sha256": ""}}}, "MANIFEST"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(changes: dict[str, Any], code: str) -> None:
    assert failure(zipped(contents(), **changes)) == (1, code)


def test_an_archive_without_manifest_or_with_a_changed_member_is_refused() -> None:
    found = contents()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("README.txt", b"hello")
    assert failure(out.getvalue()) == (1, "ARCHIVE")
    files = {
        name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in found.items()
        if name != "manifest.json"
    }
    assert failure(zipped({**found, "README.txt": b"read it"}, files=files)) == (1, "MANIFEST")


@pytest.mark.parametrize("name", ["events.jsonl", "keys.json", "items.csv"])
def test_what_must_be_there_is_missed(name: str) -> None:
    found = contents()
    del found[name]
    assert failure(zipped(found)) == (1, "ARCHIVE")


def test_a_false_checkpoint_or_policy_stops_the_check() -> None:
    assert failure(zipped(contents(), checkpoint="nobody\n1\nAAAA\n"))[0] == 3
    assert check(zipped(contents()), "rubbish").steps[-1].n == 2


# --- Events -----------------------------------------------------------------------------------------------------------


def change(number: int, how: Callable[[dict[str, Any]], object]) -> bytes:
    found = contents()
    lines = found["events.jsonl"].splitlines()
    value = json.loads(lines[number])
    how(value)
    lines[number] = json.dumps(value).encode()
    return zipped({**found, "events.jsonl": b"\n".join(lines)})


@pytest.mark.parametrize(
    ("how", "code"),
    [
        (lambda one: one["event"].update(action="DELETE"), "EVENT_DIFFERS"),
        (lambda one: one["event"].update(ilmd={"cbvmda:lotNumber": "L9"}), "EVENT_DIFFERS"),
        (lambda one: one["event"].update(ilmd={"x": 1}), "EVENT_DIFFERS"),
        (lambda one: one["event"]["epcList"].append("urn:x"), "EVENT_DIFFERS"),
        (lambda one: one["event"].pop("epcList"), "EVENT_DIFFERS"),
        (lambda one: one["event"].update(epcList=[1]), "BUNDLE"),
        (lambda one: one["event"].update(epcList=["a", "a"]), "DUPLICATE_MEMBER"),
        (lambda one: one["event"].update(readPoint={"id": "x"}), "EVENT_DIFFERS"),
        (lambda one: one["event"].update(reading=[{"value": 2.5}]), "EVENT_DIFFERS"),
        (lambda one: one.update(event=1), "BUNDLE"),
        (lambda one: one.update(secret="00" * 32), "EVENT_DIFFERS"),
        (lambda one: one.update(secret="0"), "BUNDLE"),
        (lambda one: one.pop("secret"), "BUNDLE"),
        (lambda one: one.update(index=one["index"] + 1), "MERKLE_ROOT"),
        (lambda one: one.pop("envelope"), "BUNDLE"),
    ],
)
def test_an_event_that_was_changed_is_found(how: Callable[[dict[str, Any]], object], code: str) -> None:
    step, found = failure(change(0, how))
    assert step == 5
    assert found == code or code == "MERKLE_ROOT"


def test_what_only_the_receiver_wrote_is_not_compared() -> None:
    assert check(change(0, lambda one: one["event"].update(recordTime="2026-11-23T09:00:00Z"))).ok


def test_events_stand_once_and_in_the_logs_order() -> None:
    found = contents()
    first, *rest = found["events.jsonl"].splitlines()
    for lines in ([first, first, *rest], [*rest, first]):
        assert failure(zipped({**found, "events.jsonl": b"\n".join(lines)})) == (5, "ORDER")
    assert failure(zipped({**found, "events.jsonl": b""})) == (5, "ARCHIVE")


# --- Items and pedigrees ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "table", [f"epc\n{PACKS[0]}\n{PACKS[0]}\n", "epc\nurn:x\n", "life\nactive\n", "epc,life\n,x\n"]
)
def test_items_that_nobody_made_are_found(table: str) -> None:
    assert failure(zipped({**contents(), "items.csv": table.encode()})) == (6, "ITEMS")


def test_a_pedigree_that_does_not_hold_or_is_of_another_pack_is_found() -> None:
    found = contents()
    assert failure(zipped({**found, "pedigrees/1.json": b"{}"}))[0] == 7
    lines = found["events.jsonl"].splitlines()
    without = {**found, "events.jsonl": b"\n".join(lines[1:]), "items.csv": b"epc\n"}
    assert failure(zipped(without)) == (7, "ITEMS")
