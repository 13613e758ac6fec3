"""The witness's answers: which checkpoint it cosigns, and what it says to every other one.

It trusts nobody. A checkpoint is cosigned if a configured log signed it and it provably extends the one before; the log
may be anybody's, and whoever sends it may be anybody too.

Source: C2SP tlog-witness.
"""

import hashlib
import logging
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from ledger import crypto_fast
from ledger.errors import MalformedError, VerificationError
from ledger.tlog.checkpoint import Checkpoint, parse_checkpoint
from ledger.tlog.merkle import EMPTY_ROOT, verify_consistency
from ledger.tlog.note import ED25519, Note, Verifier, parse_note, signature_line, verify_note
from ledger.tlog.witness import SIZE_TYPE, AddCheckpoint, parse_add_checkpoint
from ledger.witness.register import Head, Register, cosigned_before, keep_evidence, keep_head, read_head

logger = logging.getLogger(__name__)

TEXT = "text/plain; charset=utf-8"
MAX_BODY = 65_536


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back over HTTP."""

    status: int
    body: str
    content_type: str = TEXT


class _No(Exception):
    """The checkpoint is not cosigned, and this is the answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.body)
        self.answer = answer


@dataclass
class Witness:
    """A witness of `logs`, which may hold several keys of one origin. `clock` gives UTC seconds."""

    register: Register
    logs: Sequence[Verifier]
    clock: Callable[[], int]
    _by_origin: dict[str, list[Verifier]] = field(init=False)

    def __post_init__(self) -> None:
        self._by_origin = {}
        for log in self.logs:
            if log.algorithm != ED25519:
                raise MalformedError(f"log key {log.name}: expected an Ed25519 log key (type 1)", code="VKEY")
            self._by_origin.setdefault(log.name, []).append(log)

    def add_checkpoint(self, body: bytes) -> Answer:
        """Answer one request, in the order that the standard lists its checks.

        1. It parses: 400. Its origin is known: 404. A known key signed it, and no known key's signature is wrong: 403.
        2. Its old size is not above its size: 400; and is the size that we cosigned last: 409, with that size.
        3. The tree extends the one that we cosigned last: 422.
        4. The new head is durable; then 200 with the cosignature.
        """
        try:
            request, note, checkpoint = self._read(body)
            with self.register.transaction() as database:
                # Compared and kept in one transaction: of two requests at once, the second sees what the first did.
                known = read_head(database, checkpoint.origin)
                shown = Head(checkpoint.size, checkpoint.root_hash, self.clock())
                self._watch_for_two_roots(database, body, checkpoint.origin, shown)
                problem = _problem(request, shown, known)
                if problem is None:
                    line = signature_line(self.register.sign(note.text, seconds=shown.time))
                    keep_head(database, checkpoint.origin, replace(shown, note=note.encode() + line.encode()))
                    return Answer(200, line)
                if problem.status == 422:
                    keep_evidence(database, checkpoint.origin, shown, what="proof", request=body, known=known.note)
                return problem
        except _No as no:
            return no.answer

    def _read(self, body: bytes) -> tuple[AddCheckpoint, Note, Checkpoint]:
        """The request, its checkpoint, and the note with the log's own signatures only."""
        try:
            request = parse_add_checkpoint(body)
            note = parse_note(request.note)
            checkpoint = parse_checkpoint(note.text)
        except MalformedError as error:
            raise _No(_text(400, str(error))) from error
        keys = self._by_origin.get(checkpoint.origin)
        if keys is None:
            raise _No(_text(404, f"unknown log {checkpoint.origin!r}"))
        try:
            signers = verify_note(note, keys, crypto_fast)
        except VerificationError as error:
            raise _No(_text(403, str(error))) from error
        # Anybody may have added lines; what we keep and show others carries no stranger's.
        ids = {(one.name, one.key_id) for one in signers}
        lines = tuple(dict.fromkeys(one for one in note.signatures if (one.name, one.key_id) in ids))
        return request, Note(note.text, lines), checkpoint

    def _watch_for_two_roots(self, database: sqlite3.Connection, body: bytes, origin: str, shown: Head) -> None:
        """One size with two roots, both under the log's signature, is the proof of a fork, whatever else is asked."""
        before = cosigned_before(database, origin, shown.size)
        if before is not None and before.root_hash != shown.root_hash:
            logger.critical("FORK: log %s signed two roots for size %d", origin, shown.size)
            keep_evidence(database, origin, shown, what="root", request=body, known=before.note)

    def checkpoint_of(self, origin_sha256: str) -> Answer:
        """The newest cosigned checkpoint of a log, for monitors. `origin_sha256`: 64 lower-case hex digits."""
        for origin in self._by_origin:
            if hashlib.sha256(origin.encode()).hexdigest() == origin_sha256:
                head = self.register.head(origin)
                return Answer(200, head.note.decode()) if head.note else _text(404, f"nothing of {origin} yet")
        return _text(404, "unknown log")

    def about(self) -> Answer:
        """What a person sees who opens the witness's address."""
        lines = [f"witness {self.register.name}", f"vkey {self.register.verifier.vkey}", ""]
        for origin in self._by_origin:
            head = self.register.head(origin)
            digest = hashlib.sha256(origin.encode()).hexdigest()
            lines.append(f"log {origin}: cosigned up to size {head.size} (/{digest}/checkpoint)")
        return _text(200, "\n".join(lines))


def _problem(request: AddCheckpoint, shown: Head, known: Head) -> Answer | None:
    """Why the head `shown`, whose `time` is now, is not cosigned after `known`; None if it is."""
    if request.old_size > shown.size:
        return _text(400, f"old size {request.old_size} is above the checkpoint's {shown.size}")
    if request.old_size != known.size:
        return Answer(409, f"{known.size}\n", SIZE_TYPE)
    if shown.time < known.time:
        # "As of this time, no larger tree": with an older time than before, that would be untrue.
        return _text(503, f"this witness's clock went back: it says {shown.time}, and it cosigned at {known.time}")
    if shown.size == 0 and shown.root_hash != EMPTY_ROOT:
        return _text(422, "size 0 with another root than that of the empty tree")
    if known.size == 0:
        # Every tree extends the empty one; there is nothing to prove, and no proof to take.
        return _text(422, "a proof from size 0: expected none") if request.proof else None
    try:
        verify_consistency(
            request.proof,
            old_size=known.size,
            new_size=shown.size,
            old_root=known.root_hash,
            new_root=shown.root_hash,
        )
    except (MalformedError, VerificationError) as error:
        return _text(422, f"size {shown.size} does not extend size {known.size}: {error}")
    return None


def _text(status: int, text: str) -> Answer:
    return Answer(status, f"{text}\n")
