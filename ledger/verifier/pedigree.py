"""The check of a bundle, step by step. Nothing here trusts the file, the server that wrote it, or the network.

Steps: (1) the file parses; (2) the checkpoint is signed by the policy's log, and by its quorum of witnesses; (3) every
key and policy entry lies in the log, and from the log's first entry on each was signed by those who may; (4) each item
lies in the log; (5) each item is signed by the acting party with a key valid at that index; (6) what is shown of it opens
its commitments; (7) the items are one story of one pack. Left to the caller: to get the policy file from somebody whom
they believe.
"""

import hashlib
import json
from collections.abc import Iterable

from ledger import crypto_ecdsa
from ledger.commitment import verify_opening, verify_sealed
from ledger.crypto import Crypto
from ledger.errors import LedgerError, MalformedError, VerificationError
from ledger.keyring import STATEMENT_TYPE, Keyring, verify_signatures
from ledger.tlog.block import entry_leaf
from ledger.tlog.checkpoint import Checkpoint
from ledger.tlog.merkle import leaf_hash, verify_inclusion
from ledger.tlog.note import parse_note
from ledger.tlog.policy import Policy, parse_policy, verify_policy
from ledger.verifier.bundle import Bundle, Entry, parse_bundle
from ledger.verifier.steps import Report, Stopped

CRYPTO: Crypto = crypto_ecdsa  # type: ignore[assignment]  # a module with the two functions
NOT_PROVEN = (
    "that this is the latest handoff of the pack, or that no recall exists: a log proves presence, not absence",
    "that the box in your hand is the one that was registered: a code can be copied",
)
UNWITNESSED = "that everybody sees the same log: nobody but its operator has cosigned this checkpoint (unwitnessed)"


def verify(data: bytes, policy_text: str) -> Report:
    """Check a pedigree or proof file against a policy file and report every step. Never raises for bad input."""
    report = Report(notes=list(NOT_PROVEN))
    try:
        bundle = report.step("the files are well formed", lambda: _parsed(data))
        policy = report.step("the policy names a log", lambda: _policy(policy_text))
        checkpoint = report.step("the checkpoint is signed", lambda: _checkpoint(bundle, policy, report))
        if bundle.is_pedigree:
            ring = report.step("the keys are in the log", lambda: _keys(bundle, checkpoint))
        for item in bundle.items:
            report.step(f"{item.label}: it is in the log", lambda item=item: _inclusion(item, checkpoint))  # type: ignore[misc]
            if bundle.is_pedigree:
                report.step(f"{item.label}: its party signed it", lambda item=item: _signed(item, ring, checkpoint))  # type: ignore[misc]
                report.step(f"{item.label}: what is shown is what was signed", lambda item=item: _opened(item))  # type: ignore[misc]
        if bundle.is_pedigree:
            report.step("the items are one story", lambda: _story(bundle.items))
        else:
            report.notes.insert(0, "who signed the entry: a proof file holds no keys; a pedigree does")
    except Stopped:
        pass
    return report


def _parsed(data: bytes) -> tuple[Bundle, str]:
    bundle = parse_bundle(data)
    return bundle, f"{len(bundle.items)} items, {len(bundle.keys)} key entries"


def _policy(text: str) -> tuple[Policy, str]:
    policy = parse_policy(text)
    return policy, policy.logs[0].name


def _checkpoint(bundle: Bundle, policy: Policy, report: Report) -> tuple[Checkpoint, str]:
    checkpoint, cosigners = verify_policy(parse_note(bundle.checkpoint), policy, CRYPTO)
    if not cosigners:
        report.notes.append(UNWITNESSED)
    witnessed = ", ".join(one.name for one in cosigners) or "unwitnessed"
    return checkpoint, f"{checkpoint.origin}, {checkpoint.size} leaves, {witnessed}"


def _keys(bundle: Bundle, checkpoint: Checkpoint) -> tuple[Keyring, str]:
    """From the first entry of the log on: whoever is not admitted by somebody admitted before is nobody."""
    if not bundle.keys or bundle.keys[0].index != 0:
        raise VerificationError("the first key entry must be the log's first entry, index 0", code="GENESIS")
    ring = Keyring()
    for entry in bundle.keys:
        try:
            _inclusion(entry, checkpoint)
            _check_log(entry, checkpoint)
            ring.apply(entry.index, entry.envelope, CRYPTO)
        except LedgerError as error:
            raise type(error)(f"{entry.label}: {error}", code=error.code) from error
    return ring, f"{len(ring.keys)} keys, admitted by {', '.join(sorted(ring.authorities))}"


def _inclusion(entry: Entry, checkpoint: Checkpoint) -> tuple[None, str]:
    leaf = leaf_hash(entry_leaf(hashlib.sha256(entry.envelope_bytes).digest()))
    verify_inclusion(
        entry.proof, index=entry.index, size=checkpoint.size, leaf_hash=leaf, root_hash=checkpoint.root_hash
    )
    return None, f"leaf {entry.index} of {checkpoint.size}"


def _check_log(entry: Entry, checkpoint: Checkpoint) -> None:
    statement = entry.envelope.statement
    if statement.get("type") != STATEMENT_TYPE:
        raise MalformedError(f"type {str(statement.get('type'))[:60]!r}: expected {STATEMENT_TYPE}", code="STATEMENT_TYPE")
    if statement.get("log") != checkpoint.origin:
        # Else a statement made for another log, or for a test, could be replayed here.
        raise VerificationError(
            f"made for log {str(statement.get('log'))[:80]!r}, expected {checkpoint.origin!r}", code="ORIGIN"
        )


def _signed(item: Entry, ring: Keyring, checkpoint: Checkpoint) -> tuple[None, str]:
    _check_log(item, checkpoint)
    statement = item.envelope.statement
    keys = {one.keyid: ring.key_at(one.keyid, item.index) for one in item.envelope.signatures}
    verify_signatures(item.envelope, {keyid: state.spki for keyid, state in keys.items()}, CRYPTO)
    parties = {state.party for state in keys.values()}
    if statement.get("party") not in parties:
        raise VerificationError(
            f"acts for party {str(statement.get('party'))[:40]!r}, but is signed by {', '.join(sorted(parties))}",
            code="PARTY",
        )
    custody = ", ".join(sorted({state.custody for state in keys.values()}))
    event = statement.get("event")
    step = event.get("bizStep", "") if isinstance(event, dict) else ""
    return None, f"{step or statement.get('kind')} by {statement['party']} ({custody} key)"


def _opened(item: Entry) -> tuple[None, str]:
    statement = item.envelope.statement
    for name, openings in item.lists.items():
        committed = statement["lists"][name]  # the parser has seen that it is there
        root = _hash(committed.get("root"), f"{name} root")
        for opening in openings:
            verify_opening(opening, size=committed["size"], root=root)
    for name, shown in item.sealed.items():
        sealed = statement.get("sealed")
        digest = sealed.get(name) if isinstance(sealed, dict) else None
        verify_sealed(shown.salt, shown.value.encode(errors="replace"), digest=_hash(digest, f"sealed {name}"))
    shown_names = [*item.lists, *item.sealed]
    return None, ", ".join(shown_names) if shown_names else "nothing is shown"


def _hash(text: object, label: str) -> bytes:
    if not isinstance(text, str) or len(text) != 64 or not set(text) <= set("0123456789abcdef"):
        raise MalformedError(f"{label}: the statement commits to no such value", code="COMMITMENT")
    return bytes.fromhex(text)


def _story(items: Iterable[Entry]) -> tuple[None, str]:
    """One pack: each item shows the pack, or a unit that earlier items showed it to be inside of."""
    items = list(items)
    subject = _first_epc(items[0])
    around = {subject}
    index_of = {item.entry_id: item.index for item in items}
    previous = -1
    for item in items:
        if item.index <= previous:
            raise VerificationError(f"{item.label}: leaf {item.index} after {previous}, expected log order", code="ORDER")
        previous = item.index
        for parent in item.envelope.statement.get("after", []):
            if index_of.get(parent, -1) >= item.index:
                raise VerificationError(f"{item.label}: builds on a later item", code="ORDER")
        _follow(item, around)
    return None, f"of {subject}"


def _follow(item: Entry, around: set[str]) -> None:
    """Let `around` grow by a unit that something in it goes into, and shrink by one that something in it leaves."""
    shown = {opening.member for openings in item.lists.values() for opening in openings}
    if not shown & around:
        raise VerificationError(f"{item.label}: shows nothing that concerns this pack", code="STORY")
    event = item.envelope.statement.get("event")
    if not isinstance(event, dict) or not {one.member for one in item.lists.get("childEPCs", ())} & around:
        return
    parent = _parent(item)
    if event.get("action") == "ADD":
        around.add(parent)
    elif event.get("action") == "DELETE":
        around.discard(parent)


def _parent(item: Entry) -> str:
    shown = item.sealed.get("parentID")
    try:
        parent = json.loads(shown.value) if shown else None
    except json.JSONDecodeError:
        parent = None
    if not isinstance(parent, str):
        raise VerificationError(f"{item.label}: does not show the unit (parentID) that it is about", code="STORY")
    return parent


def _first_epc(item: Entry) -> str:
    openings = item.lists.get("epcList", ())
    if len(openings) != 1:
        raise VerificationError(f"{item.label}: expected one EPC of its epcList to be shown", code="STORY")
    return openings[0].member
