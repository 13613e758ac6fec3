"""The check of a pedigree or a proof file, step by step. Nothing here trusts the file, its server, or the network.

Steps: (1) the file parses; (2) the policy parses and names a log; (3) the checkpoint is signed by the policy's log, and
by its quorum of witnesses; if the caller sets a limit, (3a) the newest of their cosignatures is not older; (4) every
key and policy entry lies in the log, and from the log's first entry on each was signed by those who may; if the file
shows the newest block's header, (4a) none of them was left out; then for each item: (5) it lies in the log, (6) it is
signed by the acting party with a key valid at that index, and by as many parties as the log's policy asks for such an
act, (7) what is shown of it opens its commitments; at last (8) the items are one story of one pack. Of a proof file
(1), (2), (3) and (5). Left to the caller: to get the policy file from somebody whom they believe, and to say what time
it is.

Source: design sections 2.3 and 2.6.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from ledger import crypto_ecdsa
from ledger.commitment import verify_opening, verify_sealed
from ledger.crypto import Crypto
from ledger.errors import LedgerError, MalformedError, VerificationError
from ledger.keyring import Keyring, verify_signatures
from ledger.tlog.block import NO_HASH, fold_keys, parse_header
from ledger.tlog.checkpoint import Checkpoint
from ledger.tlog.merkle import leaf_hash, verify_inclusion
from ledger.tlog.note import parse_note
from ledger.tlog.policy import Policy, parse_policy, verify_policy
from ledger.tlog.witness import cosignature_times
from ledger.verifier.bundle import Entry, Pedigree, Place, SingleProof, parse_bundle
from ledger.verifier.reading import object_or_nothing, text_or_nothing
from ledger.verifier.steps import Report, StoppedError, printable
from ledger.verifier.story import EVENT, verify_story

LATEST = (
    "that this is the latest handoff of the pack, that no recall exists, {}or that no statement in between was left "
    "out: a log proves presence, not absence"
)
NOT_PROVEN = (
    LATEST.format("that no key was revoked, "),
    "that the box in your hand is the one that was registered: a code can be copied",
)
AHEAD_SECONDS = 300  # a cosignature from further in the future says nothing on how old anything is
UNWITNESSED = "that everybody sees the same log: no witness of the policy has cosigned this checkpoint (unwitnessed)"
UNSIGNED = "who signed the entry: a proof file holds no keys; a pedigree does"

# What an act is in plain words, by business step (CBV 2.0 section 7.1).
ACTS: Mapping[str, str] = {
    "commissioning": "the pack is made",
    "packing": "packed into a unit",
    "unpacking": "taken out of a unit",
    "shipping": "sent off",
    "receiving": "received",
    "dispensing": "handed to a patient",
}


def verify(
    data: bytes,
    policy_text: str,
    *,
    crypto: Crypto = crypto_ecdsa,
    now: int | None = None,
    max_age: int | None = None,
) -> Report:
    """Check a pedigree or proof file against a policy file and report every step. Never raises for bad input.

    `now` is the time in UTC seconds; with it, `max_age` is how many seconds old the newest counted cosignature may be.
    `crypto` verifies the signatures; by default in pure Python, some milliseconds each.
    """
    report = Report(notes=list(NOT_PROVEN))
    try:
        bundle = report.step("the files are well formed", partial(_parse, data))
        policy = report.step("the policy names a log", partial(read_policy, policy_text))
        signed = report.step("the checkpoint is signed", partial(check_checkpoint, bundle, policy, crypto))
        checkpoint, report.cosigned, report.quorum = signed.checkpoint, signed.times, policy.quorum
        if not signed.times:
            report.notes.append(UNWITNESSED)
        if now is not None and max_age is not None:
            report.step("the checkpoint is fresh", partial(check_freshness, signed, now, max_age))
        if isinstance(bundle, Pedigree):
            _verify_pedigree(bundle, checkpoint, crypto, report)
        else:
            report.notes.insert(0, UNSIGNED)
            report.step(f"{bundle.place.label}: it is in the log", partial(_single, bundle, checkpoint))
    except StoppedError:
        pass  # the report says where
    return report


def _verify_pedigree(bundle: Pedigree, checkpoint: Checkpoint, crypto: Crypto, report: Report) -> None:
    ring = report.step("the keys are in the log", partial(admit_keys, bundle, checkpoint, crypto))
    if bundle.header is not None:
        report.step("no key entry was left out", partial(_all_keys, bundle, bundle.header, checkpoint))
        report.notes[0] = LATEST.format("")
    for item in bundle.items:
        about = _claim(item)
        report.step(f"{item.label}: it is in the log", partial(check_inclusion, item.place, checkpoint), about)
        report.step(f"{item.label}: its party signed it", partial(check_signed, item, ring, checkpoint, crypto), about)
        report.step(f"{item.label}: what is shown is what was signed", partial(_opened, item), about)
    report.subject = printable(report.step("the items are one story", partial(_story, bundle)))
    for item in bundle.items:
        if item.frame.kind != EVENT:
            kind = printable(item.frame.kind)
            report.notes.append(f"that {item.label}, a statement of kind {kind}, concerns this pack: read it yourself")


def _claim(item: Entry) -> str:
    """What an item says of itself, in plain words; whether it is true is what the steps find out."""
    act = ACTS.get(item.biz_step) or item.biz_step or f"a statement of kind {item.frame.kind}"
    when = text_or_nothing(item.event.get("eventTime"))
    return f"{item.label}, {when + ', ' if when else ''}{item.frame.party} says: {act}"


# --- The steps --------------------------------------------------------------------------------------------------------


def _parse(data: bytes) -> tuple[Pedigree | SingleProof, str]:
    bundle = parse_bundle(data)
    if isinstance(bundle, Pedigree):
        return bundle, f"a pedigree of {len(bundle.items)} items, with {len(bundle.keys)} key entries"
    what = f"the envelope of a statement of kind {bundle.entry.frame.kind}" if bundle.entry else "the leaf only"
    return bundle, f"a proof file; it shows {what}"


def read_policy(text: str) -> tuple[Policy, str]:
    policy = parse_policy(text)
    return policy, f"{', '.join(one.name for one in policy.logs)}; quorum: {policy.quorum}"


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint that its log signed and enough witnesses cosigned, and when each did: name -> UTC seconds."""

    checkpoint: Checkpoint
    times: dict[str, int]


def check_checkpoint(bundle: Pedigree | SingleProof, policy: Policy, crypto: Crypto) -> tuple[SignedCheckpoint, str]:
    note = parse_note(bundle.checkpoint)
    checkpoint, cosigners = verify_policy(note, policy, crypto)
    times = {one.name: seconds for one, seconds in cosignature_times(note, cosigners).items()}
    witnesses = f"and {', '.join(times)}; quorum {policy.quorum} met" if times else "alone, no witness (unwitnessed)"
    return SignedCheckpoint(checkpoint, times), f"{checkpoint.size} leaves, by {checkpoint.origin} {witnesses}"


def check_freshness(signed: SignedCheckpoint, now: int, max_age: int) -> tuple[None, str]:
    counted = [seconds for seconds in signed.times.values() if seconds <= now + AHEAD_SECONDS]
    if not counted:
        raise VerificationError(
            "no cosignature says when: expected a witness of the policy, not ahead of now", code="STALE"
        )
    age = max(now - max(counted), 0)
    if age > max_age:
        raise VerificationError(f"newest cosignature {age} s old: expected at most {max_age} s", code="STALE")
    return None, f"newest cosignature {age} s old, of at most {max_age}"


def admit_keys(bundle: Pedigree, checkpoint: Checkpoint, crypto: Crypto) -> tuple[Keyring, str]:
    """From the first entry of the log on: whoever is not admitted by somebody admitted before is nobody."""
    if not bundle.keys or bundle.keys[0].index != 0:
        raise VerificationError("the first key entry must be the log's first entry, leaf 0", code="GENESIS")
    ring = Keyring()
    for entry in bundle.keys:
        try:
            check_inclusion(entry.place, checkpoint)
            _check_log(entry, checkpoint)
            ring.apply(entry.index, entry.envelope, crypto)
        except LedgerError as error:
            raise type(error)(f"{entry.label}: {error}", code=error.code) from error
    return ring, f"{len(ring.keys)} keys, admitted by {', '.join(sorted(ring.authority_parties()))}"


def _all_keys(bundle: Pedigree, header_place: Place, checkpoint: Checkpoint) -> tuple[None, str]:
    """The header of the newest block says what all key and policy entries up to here fold to."""
    if header_place.index != checkpoint.size - 1:
        raise VerificationError(
            f"header at leaf {header_place.index}: expected the checkpoint's last leaf {checkpoint.size - 1}",
            code="KEYS_HEADER",
        )
    header = parse_header(header_place.leaf)
    check_inclusion(header_place, checkpoint)
    fold = NO_HASH
    for entry in bundle.keys:
        fold = fold_keys(fold, entry.entry_id)
    if fold != header.keys:
        raise VerificationError(
            f"the {len(bundle.keys)} key entries shown are not all that the log has", code="KEYS_FOLD"
        )
    return None, f"these {len(bundle.keys)} key and policy entries are all that the log has"


def check_inclusion(place: Place, checkpoint: Checkpoint) -> tuple[None, str]:
    verify_inclusion(
        place.proof,
        index=place.index,
        size=checkpoint.size,
        leaf_hash=leaf_hash(place.leaf),
        root_hash=checkpoint.root_hash,
    )
    return None, f"leaf {place.index} of {checkpoint.size}"


def _single(bundle: SingleProof, checkpoint: Checkpoint) -> tuple[None, str]:
    if bundle.entry is not None:
        _check_log(bundle.entry, checkpoint)
    return check_inclusion(bundle.place, checkpoint)


def _check_log(entry: Entry, checkpoint: Checkpoint) -> None:
    # Else a statement made for another log, or for a test, could be replayed here.
    if entry.frame.log != checkpoint.origin:
        raise VerificationError(f"made for log {entry.frame.log!r}, expected {checkpoint.origin!r}", code="ORIGIN")


def check_signed(item: Entry, ring: Keyring, checkpoint: Checkpoint, crypto: Crypto) -> tuple[None, str]:
    _check_log(item, checkpoint)
    keyids = [one.keyid for one in item.envelope.signatures]
    approval = ring.approval_at(item.index, item.frame.kind, keyids)
    suspects = [] if approval is None else [keyid for keyid in keyids if _is_suspect(ring, keyid, item.index)]
    keys = {keyid: ring.key_at(keyid, item.index) for keyid in keyids if keyid not in suspects}
    spkis = {keyid: ring.keys[keyid].spki for keyid in keyids}
    verify_signatures(item.envelope, spkis, crypto)
    signers = {state.party: state.custody for state in keys.values()}
    party = item.frame.party
    if party not in signers:
        raise VerificationError(f"acts for {party!r}, but is signed by {', '.join(sorted(signers))}", code="PARTY")
    names = ", ".join(f"{one} ({custody} key)" for one, custody in sorted(signers.items()))
    detail = f"{item.biz_step or item.frame.kind} by {names}"
    if approval is None:
        return None, detail
    if not approval.is_met:
        raise VerificationError(approval.reason, code=approval.code)
    not_counted = ", ".join(ring.keys[keyid].party for keyid in suspects)
    return None, f"{detail}; {approval.reason}{f'; suspect, so not counted: {not_counted}' if suspects else ''}"


def _is_suspect(ring: Keyring, keyid: str, index: int) -> bool:
    try:
        ring.key_at(keyid, index)
    except VerificationError as error:
        return error.code == "KEY_SUSPECT"
    return False


def _opened(item: Entry) -> tuple[None, str]:
    statement = item.envelope.statement
    shown: list[str] = []
    for name, openings in item.lists.items():
        committed = statement["lists"][name]  # the parser has seen that it is an object with a size
        root = _commitment(committed.get("root"), f"{name}: root")
        for opening in openings:
            verify_opening(opening, size=committed["size"], root=root)
        shown.append(f"{len(openings)} of {committed['size']} in {name}")
    for name, value in item.sealed.items():
        digest = _commitment(object_or_nothing(statement.get("sealed")).get(name), name)
        verify_sealed(value.salt, value.value.encode(), digest=digest)
        shown.append(name)
    return None, ", ".join(shown) if shown else "nothing is shown"


def _commitment(text: object, label: str) -> bytes:
    if not isinstance(text, str) or len(text) != 64 or not set(text) <= set("0123456789abcdef"):
        raise MalformedError(f"{label}: the statement commits to no such value", code="COMMITMENT")
    return bytes.fromhex(text)


def _story(bundle: Pedigree) -> tuple[str, str]:
    pack = verify_story(bundle.items)
    return pack, f"of {pack}, in {len(bundle.items)} statements"
