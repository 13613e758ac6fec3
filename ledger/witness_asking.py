"""Which head the witnesses are asked for, which of them now, and when again.

The rows decide, not the workers: any number of them may look at once, and each witness is asked by one. A witness that
fails is left alone for longer and longer, a minute at most; the others never wait for it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from ledger.models import Checkpoint
from ledger.queries import latest_checkpoint
from ledger.tlog.note import Verifier
from ledger.tlog.policy import Policy
from ledger.witness_models import Cosignature, Witness

# All are asked for one head until it has its quorum: two witnesses that were always asked for different heads would
# never meet on one. After so long a newer head is worth beginning anew.
PATIENCE = timedelta(seconds=30)
LONGEST_PAUSE_S = 60


@dataclass(frozen=True, slots=True)
class Asked:
    """A witness that is being asked, by us alone. `old_size` is what it is believed to have cosigned last."""

    name: str
    verifier: Verifier
    address: str
    row: Witness
    old_size: int
    is_second_try: bool = False


def choose_target() -> Checkpoint | None:
    """The head to have cosigned: the one that is under way, else the newest that waits, else the published one."""
    now = timezone.now()
    published = latest_checkpoint()
    waiting = Checkpoint.objects.filter(tree_size__gt=published.tree_size if published else 0).order_by("-tree_size")
    under_way = waiting.filter(asked_at__gt=now - PATIENCE).first()
    return under_way or begin(waiting.first(), now) or published


def begin(checkpoint: Checkpoint | None, now: datetime) -> Checkpoint | None:
    """From now on this is the head that the witnesses are asked for."""
    if checkpoint is not None:
        Checkpoint.objects.filter(pk=checkpoint.pk).update(asked_at=now)
    return checkpoint


def claim(policy: Policy, target: Checkpoint) -> list[Asked]:
    """Those witnesses that have no fresh cosignature on `target` and that nobody else asks, now ours to ask."""
    now = timezone.now()
    rows = rows_of(policy, now)
    # By our clock: of a witness whose own lags, every cosignature would look stale as soon as it is made.
    stale = now - timedelta(seconds=settings.WITNESS_REFRESH_S)
    held = set(Cosignature.objects.filter(checkpoint=target).values_list("witness_id", flat=True))
    until = now + timedelta(seconds=2 * settings.WITNESS_TIMEOUT_S + 5)
    found = []
    for name, address in policy.addresses.items():
        row = rows[policy.witnesses[name].vkey]
        if row.pk in held and row.ok_at is not None and row.ok_at > stale:
            continue
        if Witness.objects.filter(pk=row.pk, busy_until__lte=now).update(busy_until=until):
            old_size = min(row.size, target.tree_size)
            found.append(Asked(name, policy.witnesses[name], address, row, old_size))
    return found


def rows_of(policy: Policy, now: datetime) -> dict[str, Witness]:
    """vkey -> row, for every witness of the policy; a new one gets its row here."""
    vkeys = {one.vkey: one.name for one in policy.witnesses.values()}
    rows = {row.vkey: row for row in Witness.objects.filter(vkey__in=vkeys)}
    missing = [Witness(vkey=vkey, name=name, busy_until=now) for vkey, name in vkeys.items() if vkey not in rows]
    if missing:
        Witness.objects.bulk_create(missing, ignore_conflicts=True)
        rows = {row.vkey: row for row in Witness.objects.filter(vkey__in=vkeys)}
    return rows


def has_cosigned(asked: Asked, target: Checkpoint) -> None:
    now = timezone.now()
    Witness.objects.filter(pk=asked.row.pk).update(
        size=target.tree_size, busy_until=now, failures=0, contradicts=False, problem="", ok_at=now
    )


def is_ahead(asked: Asked, size: int) -> None:
    """It answers, it is honest, and it cosigned a newer head of ours already: nothing to ask for this one."""
    Witness.objects.filter(pk=asked.row.pk).update(size=size, busy_until=timezone.now(), failures=0, problem="")


def has_failed(asked: Asked, problem: str, *, contradicts: bool = False) -> None:
    """It is down, or says what we cannot use: the pause doubles each time."""
    failures = asked.row.failures + 1
    pause = timedelta(seconds=min(2**failures, LONGEST_PAUSE_S))
    Witness.objects.filter(pk=asked.row.pk).update(
        busy_until=timezone.now() + pause, failures=failures, problem=problem[:300], contradicts=contradicts
    )
