"""The check of an archive: many statements of many parties with all that opens them, as one ZIP file.

Members: `manifest.json` names every other member with its size and SHA-256, and holds the one checkpoint note that all
proofs lead to. `keys.json` is a list of key entries as in a pedigree. `events.jsonl` has one entry on each line,
`{"index","proof","envelope"}`, and for those that the reader may see whole also `secret` (64 hex) and `event`, the
EPCIS event. `items.csv` has an `epc` column. `pedigrees/<name>.json` are pedigrees. Whatever else is there is compared
with the manifest and not read.

Nothing is unpacked to disk, and no size that the file announces is believed: a member is read in pieces, counted, and
refused beyond its limit.

Steps: (1) the archive is whole; (2) the policy names a log; (3) the checkpoint is signed; (4) the keys are in the log;
(5) every entry is in the log, signed, and what is shown of it is what was signed; (6) the items are those that the
shown events brought into being; (7) each pedigree holds. Left to the caller: that nothing was left out.

Source: design sections 2.3 and 3.
"""

import csv
import hashlib
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import IO, Any

from ledger import crypto_ecdsa
from ledger.commitment import commit_list, sealed_digest, sealed_salt
from ledger.crypto import Crypto
from ledger.envelope import parse_json
from ledger.errors import LedgerError, MalformedError, VerificationError
from ledger.keyring import Keyring
from ledger.tlog.checkpoint import Checkpoint
from ledger.verifier import pedigree, reading
from ledger.verifier.bundle import MAX_BUNDLE, MAX_ENTRIES, Entry, Pedigree, parse_entry
from ledger.verifier.spelling import parse_spelled, spell
from ledger.verifier.steps import Report, StoppedError, printable

MAGIC = b"PK\x03\x04"
MAX_MEMBERS = 10_000
MAX_MEMBER = 2_000_000_000  # bytes of one member, unpacked
MAX_TOTAL = 8_000_000_000
MAX_LINE = 200_000_000  # a statement about a million packs
PIECE = 1 << 20
PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# What `zipfile` raises for damaged members and for encrypted ones.
DAMAGED = (zipfile.BadZipFile, zlib.error, RuntimeError, EOFError, OSError, ValueError)
CLEAR = ("type", "action", "bizStep", "disposition", "persistentDisposition", "eventTime", "eventTimeZoneOffset")
CLEAR_ILMD = ("cbvmda:lotNumber", "cbvmda:itemExpirationDate")
LISTS = ("epcList", "childEPCs", "inputEPCList", "outputEPCList")
UNSIGNED = ("recordTime",)
NOT_PROVEN = (
    "that no statement about these goods was left out: a log proves presence, not absence",
    "that a table (CSV) says anything that no statement says: only the items' EPCs are compared",
)


@dataclass
class Archive:
    """An open archive and what its manifest says. `made` are the EPCs that shown events brought into being."""

    zip: zipfile.ZipFile
    about: str = ""
    checkpoint: bytes = b""
    sizes: dict[str, tuple[int, str]] = field(default_factory=dict)
    made: set[str] = field(default_factory=set)
    total: int = 0

    def pieces(self, name: str) -> Iterator[bytes]:
        """A member in pieces. Raises MalformedError: it is longer than its limit, or damaged (ARCHIVE)."""
        size = 0
        try:
            with self.zip.open(name) as member:
                while piece := member.read(PIECE):
                    size += len(piece)
                    self.total += len(piece)
                    if size > MAX_MEMBER or self.total > MAX_TOTAL:
                        raise MalformedError(f"{name}: more than {MAX_MEMBER} bytes unpacked", code="OVERSIZE")
                    yield piece
        except DAMAGED as error:
            raise MalformedError(f"{name}: cannot be unpacked: {error}", code="ARCHIVE") from error

    def read(self, name: str, most: int) -> bytes:
        """A whole member of at most `most` bytes."""
        data = bytearray()
        for piece in self.pieces(name):
            data += piece
            if len(data) > most:
                raise MalformedError(f"{name}: more than {most} bytes", code="OVERSIZE")
        return bytes(data)

    def lines(self, name: str) -> Iterator[bytes]:
        """The lines of a member, without their ends; one at a time."""
        rest = b""
        for piece in self.pieces(name):
            *lines, rest = (rest + piece).split(b"\n")
            yield from lines
            if len(rest) > MAX_LINE:
                raise MalformedError(f"{name}: a line of more than {MAX_LINE} bytes", code="OVERSIZE")
        if rest:
            yield rest


def verify_archive(
    file: IO[bytes],
    policy_text: str,
    *,
    crypto: Crypto = crypto_ecdsa,
    now: int | None = None,
    max_age: int | None = None,
) -> Report:
    """Check an archive against a policy file and report every step. Never raises for bad input.

    `now`, `max_age` and `crypto` as in `pedigree.verify`; the pedigrees inside have checkpoints of their own, however
    old.
    """
    report = Report(notes=[*NOT_PROVEN, *pedigree.NOT_PROVEN])
    try:
        archive = report.step("the archive is whole", partial(_open, file))
        report.subject = printable(archive.about)
        report.told = f"These are signed statements about {report.subject}."
        policy = report.step("the policy names a log", partial(pedigree.read_policy, policy_text))
        frame = Pedigree(archive.checkpoint, (), ())
        signed = report.step("the checkpoint is signed", partial(pedigree.check_checkpoint, frame, policy, crypto))
        checkpoint, report.cosigned, report.quorum = signed.checkpoint, signed.times, policy.quorum
        if not signed.times:
            report.notes.append(pedigree.UNWITNESSED)
        if now is not None and max_age is not None:
            report.step("the checkpoint is fresh", partial(pedigree.check_freshness, signed, now, max_age))
        ring = report.step("the keys are in the log", partial(_keys, archive, checkpoint, crypto))
        report.step(
            "the events are in the log, signed, and shown as they were signed",
            partial(_events, archive, ring, checkpoint, crypto),
        )
        report.step("the items are those that the events made", partial(_items, archive))
        report.step("the pedigrees hold", partial(_pedigrees, archive, policy_text, crypto))
    except StoppedError:
        pass  # the report says where
    return report


def _open(file: IO[bytes]) -> tuple[Archive, str]:
    try:
        archive = Archive(zipfile.ZipFile(file))
    except DAMAGED as error:
        raise MalformedError(f"no ZIP archive: {error}", code="ARCHIVE") from error
    names = archive.zip.namelist()
    if len(names) > MAX_MEMBERS or len(set(names)) != len(names):
        raise MalformedError(f"{len(names)} members: expected at most {MAX_MEMBERS}, each once", code="ARCHIVE")
    if strange := [one.filename for one in archive.zip.infolist() if one.compress_type not in PACKINGS]:
        raise MalformedError(f"{strange[0][:80]!r}: packed otherwise than stored or deflated", code="ARCHIVE")
    if "manifest.json" not in names:
        raise MalformedError("no manifest.json: this is another kind of archive", code="ARCHIVE")
    manifest = parse_json(archive.read("manifest.json", MAX_BUNDLE))
    found = reading.members(manifest, "manifest", {"v", "about", "checkpoint", "files"}, {"log", "made_at", "pending"})
    if reading.number(found["v"], "manifest: v") != 1:
        raise reading.bad("manifest: expected version 1")
    archive.about = reading.text(found["about"], "manifest: about")
    archive.checkpoint = reading.text(found["checkpoint"], "manifest: checkpoint").encode()
    for name, value in reading.an_object(found["files"], "manifest: files").items():
        told = reading.members(value, f"manifest: {name[:80]}", {"bytes", "sha256"})
        archive.sizes[name] = reading.number(told["bytes"], name[:80]), reading.text(told["sha256"], name[:80])
    if sorted(archive.sizes) != sorted(set(names) - {"manifest.json"}):
        strange = sorted(set(archive.sizes) ^ (set(names) - {"manifest.json"}))
        raise MalformedError(f"member {strange[0][:80]!r} is not in both the archive and its manifest", code="MANIFEST")
    for name, (size, expected) in archive.sizes.items():
        digest, length = hashlib.sha256(), 0
        for piece in archive.pieces(name):
            digest.update(piece)
            length += len(piece)
        if (length, digest.hexdigest()) != (size, expected):
            raise VerificationError(f"{name}: not the bytes that the manifest names", code="MANIFEST")
    missing = {"keys.json", "events.jsonl", "items.csv"} - set(names)
    if missing:
        raise MalformedError(f"no {sorted(missing)[0]}", code="ARCHIVE")
    archive.total = 0
    return archive, f"{len(archive.sizes)} members, {archive.about}"


def _keys(archive: Archive, checkpoint: Checkpoint, crypto: Crypto) -> tuple[Keyring, str]:
    listed = parse_json(b'{"keys":' + archive.read("keys.json", MAX_BUNDLE) + b"}")
    values = reading.a_list(listed["keys"], "keys", MAX_ENTRIES)
    keys = tuple(_entry(one, f"key entry {number}") for number, one in enumerate(values))
    return pedigree.admit_keys(Pedigree(b"", (), keys), checkpoint, crypto)


def _entry(value: Any, label: str) -> Entry:
    return parse_entry(reading.members(value, label, {"index", "proof", "envelope"}), label)


def _events(archive: Archive, ring: Keyring, checkpoint: Checkpoint, crypto: Crypto) -> tuple[int, str]:
    count = whole = 0
    before = -1
    for number, line in enumerate(archive.lines("events.jsonl"), start=1):
        label = f"line {number}"
        try:
            value = reading.members(parse_spelled(line), label, {"index", "proof", "envelope"}, {"secret", "event"})
            entry = _entry({name: value[name] for name in ("index", "proof", "envelope")}, label)
            if entry.index <= before:
                raise VerificationError(
                    f"leaf {entry.index} after leaf {before}: expected the log's order", code="ORDER"
                )
            before = entry.index
            pedigree.check_inclusion(entry.place, checkpoint)
            pedigree.check_signed(entry, ring, checkpoint, crypto)
            if "event" in value:
                event = reading.an_object(value["event"], f"{label}: event")
                _check_event(event, entry, reading.hexadecimal(value.get("secret"), f"{label}: secret"))
                whole += 1
                if entry.action == "ADD" and event.get("epcList"):
                    archive.made.update(event["epcList"])
        except LedgerError as error:
            raise type(error)(f"{label}: {error}", code=error.code) from error
        count += 1
    if not count:
        raise MalformedError("events.jsonl: no event, expected at least one to check", code="ARCHIVE")
    return count, f"{count} statements, {whole} of them shown whole and opened"


def _check_event(event: dict[str, Any], entry: Entry, secret: bytes) -> None:
    """The event is what the statement commits to: clear fields, lists and sealed fields, no more and no less."""
    statement = entry.envelope.statement
    ilmd = reading.object_or_nothing(event.get("ilmd"))
    clear: dict[str, Any] = {name: event[name] for name in CLEAR if name in event}
    if shown := {name: ilmd[name] for name in CLEAR_ILMD if name in ilmd}:
        clear["ilmd"] = shown
    if clear != statement.get("event"):
        raise VerificationError("the clear fields are not those that were signed", code="EVENT_DIFFERS")
    lists = {name: event[name] for name in LISTS if event.get(name)}
    committed = reading.object_or_nothing(statement.get("lists"))
    if sorted(lists) != sorted(committed):
        raise VerificationError("it has other lists than were signed", code="EVENT_DIFFERS")
    for name, members in lists.items():
        texts = [reading.text(one, name) for one in reading.a_list(members, name, 10_000_000)]
        root = commit_list(secret, name, texts)[0]
        if committed[name] != {"size": len(texts), "root": root.hex()}:
            raise VerificationError(f"{name} is not the list that was signed", code="EVENT_DIFFERS")
    rest = {name: value for name, value in event.items() if name not in {*CLEAR, *LISTS, *UNSIGNED, "ilmd"}}
    if hidden := {name: value for name, value in ilmd.items() if name not in CLEAR_ILMD}:
        rest["ilmd"] = hidden
    digests = {name: sealed_digest(sealed_salt(secret, name), spell(value)).hex() for name, value in rest.items()}
    if digests != statement.get("sealed"):
        raise VerificationError("a sealed field is not the one that was signed", code="EVENT_DIFFERS")


def _items(archive: Archive) -> tuple[int, str]:
    text = (line.decode("utf-8", "replace") for line in archive.lines("items.csv"))
    rows = csv.DictReader(text)
    named: set[str] = set()
    for row in rows:
        epc = row.get("epc") or ""
        if epc not in archive.made:
            raise VerificationError(f"items.csv: {epc[:200]!r} was made by no event of this archive", code="ITEMS")
        if epc in named:
            raise VerificationError(f"items.csv: {epc[:200]!r} stands twice", code="ITEMS")
        named.add(epc)
    return len(named), f"{len(named)} items, each brought into being by an event shown whole"


def _pedigrees(archive: Archive, policy_text: str, crypto: Crypto) -> tuple[int, str]:
    count = 0
    for name in sorted(archive.sizes):
        if not name.startswith("pedigrees/"):
            continue
        found = pedigree.verify(archive.read(name, MAX_BUNDLE), policy_text, crypto=crypto)
        if not found.ok:
            failed = found.steps[-1]
            raise VerificationError(f"{name}: {failed.name}: {failed.detail}", code=failed.code or "PEDIGREE")
        if found.subject not in archive.made:
            raise VerificationError(f"{name}: of {found.subject}, which is no item of this archive", code="ITEMS")
        count += 1
    return count, f"{count} pedigrees, each the signed history of one item"
