"""Ask the witnesses for their cosignatures, and look hard at those that do not agree."""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from functools import partial

import structlog
from django.conf import settings
from django.utils import timezone

from ledger import crypto_fast
from ledger.errors import LedgerError, MalformedError
from ledger.models import Checkpoint, Log
from ledger.queries import TileReader, find_log
from ledger.tlog.note import Note, parse_note, signature_line, verify_note
from ledger.tlog.policy import Policy
from ledger.tlog.tile import consistency_proof
from ledger.tlog.witness import SIZE_TYPE, AddCheckpoint, cosignature_time, parse_cosignatures, parse_size
from ledger.usecases.advance import PASSING
from ledger.usecases.check_log_state import signed_head
from ledger.usecases.freeze import freezing
from ledger.usecases.publish import publish
from ledger.usecases.weigh_contradiction import weigh_contradiction
from ledger.witness_asking import Asked, begin, choose_target, claim, has_cosigned, has_failed, is_ahead
from ledger.witness_client import Reply, ask
from ledger.witness_models import Cosignature
from ledger.witnesses import policy_in_force

logger = structlog.get_logger(__name__)

AHEAD_SECONDS = 300  # a witness whose clock runs further ahead would make every proof look fresh


def cosign() -> int:
    """Ask every witness that is due, all at once, for the head that is due, and publish as soon as the quorum is met.

    Returns how many cosigned. Safe at any time and any number of times at once: each witness is asked by one caller.
    It may take as long as the slowest witness is given; nobody but readers of the published log waits for it.

    Raises:
        LedgerError: the log contradicts itself, as in `advance`. Whatever a witness does is no error.
    """
    log = find_log()
    if log is None or log.state != Log.ACTIVE or not settings.WITNESS_POLICY:
        return 0
    policy = policy_in_force(log)
    target = choose_target()
    asked = claim(policy, target) if target else []
    if target is None or not asked:
        return 0
    with freezing(but=PASSING):
        return Round(log, policy, target, TileReader().expect(target.tree_size)).run(asked)


@dataclass
class Round:
    """One head, the witnesses that are asked for it, and how many have cosigned."""

    log: Log
    policy: Policy
    target: Checkpoint
    read_tile: TileReader
    cosigned: int = 0
    is_over: bool = False  # the log was frozen: whatever the others say is not for publishing any more

    def run(self, asked: Sequence[Asked]) -> int:
        """The threads only talk; whatever touches the database happens here, one answer after the other."""
        with ThreadPoolExecutor(len(asked), thread_name_prefix="witness") as pool:
            waiting: dict[Future[Reply], Asked] = {pool.submit(self._call(one)): one for one in asked}
            while waiting and not self.is_over:
                future = next(iter(wait(waiting, return_when=FIRST_COMPLETED).done))
                again = self._take(waiting.pop(future), future.result())
                if again is not None:
                    waiting[pool.submit(self._call(again))] = again
        return self.cosigned

    def _call(self, asked: Asked) -> Callable[[], Reply]:
        """The question, ready to be asked by a thread that knows nothing of us."""
        size = self.target.tree_size
        proof = consistency_proof(asked.old_size, size, self.read_tile) if 0 < asked.old_size < size else ()
        body = AddCheckpoint(asked.old_size, tuple(proof), self.target.note.encode()).encode()
        seconds = float(settings.WITNESS_TIMEOUT_S)
        return partial(ask, asked.address, "/add-checkpoint", body=body, seconds=seconds)

    def _take(self, asked: Asked, reply: Reply) -> Asked | None:
        """Make of an answer what it is worth; a second question, if there is one to ask."""
        if reply.status == 200:
            self._keep(asked, reply)
        elif reply.status == 409 and reply.content_type == SIZE_TYPE:
            return self._conflict(asked, reply)
        elif reply.status in (409, 422):
            # It will not believe a proof that we have from our own tiles: one of us has another history.
            self._weigh(asked, reply)
        else:
            self._failed(asked, f"answers {reply.status}: {reply.body.strip()[:200]}")
        return None

    def _keep(self, asked: Asked, reply: Reply) -> None:
        try:
            line, seconds = self._verified(asked, reply)
        except LedgerError as error:
            self._failed(asked, f"no cosignature of {asked.verifier.name} in its answer: {error}")
            return
        # Another worker may hold a newer one already; then this one has no use.
        kept, created = Cosignature.objects.get_or_create(
            checkpoint=self.target, witness=asked.row, defaults={"time": seconds, "line": line}
        )
        if not created:
            Cosignature.objects.filter(pk=kept.pk, time__lte=seconds).update(time=seconds, line=line)
        has_cosigned(asked, self.target)
        self.cosigned += 1
        publish()

    def _verified(self, asked: Asked, reply: Reply) -> tuple[str, int]:
        """The newest right cosignature of this witness in its answer; lines of strangers are passed over."""
        text = parse_note(self.target.note).text
        known = (asked.verifier.name, asked.verifier.key_id)
        lines = [one for one in parse_cosignatures(reply.body) if (one.name, one.key_id) == known]
        verify_note(Note(text, tuple(lines)), [asked.verifier], crypto_fast)
        newest = max(lines, key=cosignature_time)
        seconds = cosignature_time(newest)
        if seconds > timezone.now().timestamp() + AHEAD_SECONDS:
            raise MalformedError(f"its clock says {seconds}, more than {AHEAD_SECONDS} s ahead", code="WITNESS_CLOCK")
        return signature_line(newest), seconds

    def _conflict(self, asked: Asked, reply: Reply) -> Asked | None:
        """It cosigned another size last: it is behind, it is ahead, or it has seen a history that we have not."""
        try:
            size = parse_size(reply.body)
        except MalformedError as error:
            self._failed(asked, str(error))
            return None
        # Asked now, and not before: meanwhile another worker may have signed more and shown it to this witness.
        signed = signed_head(self.log).size
        if size == asked.old_size or size > signed:
            self._weigh(asked, reply)
        elif size > self.target.tree_size:
            is_ahead(asked, size)
            begin(Checkpoint.objects.order_by("-tree_size").first(), timezone.now())
        elif asked.is_second_try:
            self._failed(asked, f"said size {asked.old_size} and then {size}")
        else:
            return replace(asked, old_size=size, is_second_try=True)
        return None

    def _weigh(self, asked: Asked, reply: Reply) -> None:
        self.is_over = weigh_contradiction(log=self.log, policy=self.policy, asked=asked, reply=reply)

    def _failed(self, asked: Asked, problem: str) -> None:
        has_failed(asked, problem)
        logger.warning("ledger_witness_failed", witness=asked.name, problem=problem)
