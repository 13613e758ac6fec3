"""The frame that every act runs in: one transaction, one answer for the same request, evidence of what was refused.

An act is a use case decorated with `@act("ship")`. It is called with `actor`, `request` and its own keyword arguments,
and returns `Done` or raises `Refused`. The frame sees to three things that no act should see to itself:

* the same request twice gives the first answer again: a form sent twice, a client that retries after a time-out, a
  message delivered twice. The request's id is the nonce of the signed statement, unique for each party;
* all or nothing: guards, statement, signature, ledger entry, event and projection share one transaction;
* a refusal is kept as evidence, in a transaction of its own, because the act's has been rolled back.

Whether the caller may do this act in its party's name (`duties.py`) is asked here too, before anything else.
"""

import functools
import hashlib
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, ParamSpec, Protocol, TypeVar, cast

import structlog
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from ledger.envelope_fast import canonical
from ledger.errors import LedgerError
from supplychain.gs1.errors import GS1Error
from supplychain.lifecycle import CLOCK_SKEW, Breach, Outcome, Role
from supplychain.models import Allocation, Event, Handoff, Party, Place, Refusal
from supplychain.people.duties import Grants, Kind, guard_act, may_do
from supplychain.repository.captured import Captured
from supplychain.returns.rules import SALEABLE
from supplychain.signing import MANAGED, SEED_SIZE, Rehearsal, Signed, Signer

log = structlog.get_logger(__name__)
P = ParamSpec("P")
T = TypeVar("T")

SHOWN_REASONS = 100
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)  # before any pack had a serial number: a clock that was never set


class Refused(Exception):
    """An act that may not be done. `code` is that of the first reason; nothing was stored."""

    def __init__(self, breaches: Iterable[Breach]) -> None:
        self.breaches = list(breaches)
        self.code = self.breaches[0].code
        super().__init__("; ".join(one.text for one in self.breaches[:3]))

    @classmethod
    def because(cls, code: str, text: str, epc: str = "") -> "Refused":
        return cls([Breach(code, epc, text)])


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a party, the site it acts from, the person if there is one, and what it is granted in the party.

    Without a person and without grants it is the system itself: a command that the operator runs.
    """

    party: Party
    user: User | None = None
    grants: Grants | None = None
    at: Place | None = None  # the site that was chosen; None: the party's first

    @property
    def roles(self) -> list[Role]:
        return [Role(one) for one in self.party.roles]

    @property
    def place(self) -> Place:
        if self.at is not None and self.at.party_id != self.party.pk:
            raise Refused.because("NOT_YOUR_PLACE", f"{self.at.name} ({self.at.gln}) is no site of {self.party.name}")
        place = self.at or self.party.places.order_by("pk").first()
        if place is None:
            raise Refused.because("NO_PLACE", f"{self.party.name} has no place to act from; register one first")
        return place

    @property
    def granted(self) -> Grants | None:
        """None: everything. A person whose duties nobody has looked up has none."""
        return Grants() if self.grants is None and self.user is not None else self.grants

    @property
    def may_read(self) -> bool:
        return self.granted is None or self.granted.may_read

    @property
    def may_act(self) -> bool:
        """Whether there is anything that it may do."""
        return self.granted is None or self.granted.may_act

    def may(self, kind: Kind, act: str = "") -> bool:
        """Whether it may do acts of this kind, or this one act."""
        return self.granted is None or may_do(self.granted, kind, act)


@dataclass(frozen=True, slots=True)
class Request:
    """One wish of one party: `nonce` is 32 hex digits, never used for another wish; `event_time` when it happened."""

    nonce: str = field(default_factory=lambda: secrets.token_hex(16))
    event_time: datetime | None = None
    digest: str = ""  # of what was asked for; the frame fills it in
    signer: Signer = MANAGED
    captured: Captured | None = None  # the client's own event, to be stated instead of the one that we would write

    def __post_init__(self) -> None:
        if len(self.nonce) != 32 or not set(self.nonce) <= set("0123456789abcdef"):
            raise Refused.because("BAD_REQUEST_ID", f"Request id {self.nonce!r}: expected 32 lower-case hex digits")

    @classmethod
    def for_key(cls, key: str, event_time: datetime | None = None) -> "Request":
        """The request that a client calls `key`: any text, such as the value of an Idempotency-Key header."""
        return cls(hashlib.sha256(key.encode()).hexdigest()[:32], event_time)

    def step(self, name: str) -> "Request":
        """The request for a further statement that this one entails, such as the unpacking before a dispensing."""
        return replace(self, nonce=self.for_key(f"{self.nonce}/{name}").nonce, captured=None)

    @property
    def time(self) -> datetime:
        now = timezone.now()
        moment = self.event_time or now
        if moment < EARLIEST:
            raise Refused.because("TIME_TRAVEL", f"Event time {moment.isoformat()} lies before {EARLIEST:%Y-%m-%d}")
        if moment > now + CLOCK_SKEW:
            raise Refused.because(
                "TIME_TRAVEL", f"Event time {moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC lies in the future"
            )
        return moment


def rehearsal_of(request: Request) -> Request:
    """The same request, but to be tried out only. Its time is fixed now: the second run must state the same."""
    return replace(request, event_time=request.time, signer=Rehearsal(secrets.token_bytes(SEED_SIZE)))


@dataclass(frozen=True, slots=True)
class Done:
    """An act that went through. `exceptions` are what was accepted although it should not be so."""

    event: Event
    handoff: Handoff | None = None
    exceptions: list[Breach] = field(default_factory=list)
    replayed: bool = False

    @property
    def outcome(self) -> Outcome:
        return Outcome.ACCEPT_WITH_EXCEPTION if self.exceptions else Outcome.ACCEPT


class Rehearsed(Exception):
    """An act was tried out and would go through; nothing of it was stored. For whoever keeps drafts."""

    def __init__(self, act: str, request: Request, parameters: Mapping[str, Any]) -> None:
        super().__init__(f"{act} was rehearsed")
        self.act, self.request, self.parameters = act, request, parameters


class Act(Protocol):
    def __call__(self, *, actor: Actor, request: Request, **parameters: Any) -> Done: ...


ACTS: dict[str, Callable[..., Any]] = {}  # by name; a draft remembers which act it is for
NAMES: set[str] = set()  # of acts and registrations alike; each is a scope that an API key may have


def act(name: str) -> Callable[[Callable[..., Done]], Act]:
    """Run a use case in the frame. Its keyword arguments must have a canonical JSON form, or a primary key."""

    return framed(name, find_done)


def framed(name: str, find: Callable[[Actor, Request], Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The frame itself. `find` gives the answer to a request that was done before, or None."""

    def decorate(usecase: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(usecase)
        def run(*, actor: Actor, request: Request, **parameters: Any) -> Any:
            wish = replace(request, digest=request_digest(name, parameters))
            try:
                permit(name, actor, is_signing=isinstance(wish.signer, Signed))
                if done := find(actor, wish):
                    return done
            except Refused as refusal:
                raise refuse(name, actor, refusal) from refusal
            try:
                done = _first_time(usecase, actor, wish, parameters)
            except (Refused, GS1Error, LedgerError, IntegrityError) as error:
                # While we waited for its locks, another process may have done this very request. Its answer is ours:
                # "in transit" would be true, and would tell a clerk who pressed twice that something went wrong.
                if done := find(actor, wish):
                    return done
                raise refuse(name, actor, _as_refusal(error)) from error
            if isinstance(wish.signer, Rehearsal):
                raise Rehearsed(name, wish, parameters)
            return done

        ACTS[name] = run
        NAMES.add(name)
        return run

    return decorate


def registration(name: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Run a use case that changes master data: all or nothing, and a refusal is kept. It takes `actor` by keyword."""

    def decorate(usecase: Callable[P, T]) -> Callable[P, T]:
        @functools.wraps(usecase)
        def run(*args: P.args, **kwargs: P.kwargs) -> T:
            actor = cast(Actor, kwargs["actor"])
            try:
                permit(name, actor)
                with transaction.atomic():
                    return usecase(*args, **kwargs)
            except IntegrityError:
                taken = "One of these numbers is registered already, or somebody else registered it at the same moment"
                raise refuse(name, actor, Refused.because("CONFLICT", taken)) from None
            except (Refused, GS1Error, LedgerError) as error:
                raise refuse(name, actor, _as_refusal(error)) from error

        NAMES.add(name)
        return run

    return decorate


def permit(name: str, actor: Actor, *, is_signing: bool = False) -> None:
    """Raise `Refused` if the caller may not do this in its party's name. What the party may do, the acts decide."""
    if actor.granted is not None:
        check(guard_act(actor.granted, name, is_signing=is_signing))


def _first_time(usecase: Callable[..., Any], actor: Actor, request: Request, parameters: dict[str, Any]) -> Any:
    with transaction.atomic(), request.signer.stage():
        return usecase(actor=actor, request=request, **parameters)


def request_digest(name: str, parameters: dict[str, Any]) -> str:
    """SHA-256 over what was asked for, so that one request id cannot stand for two different wishes."""
    plain = {key: getattr(value, "pk", value) for key, value in parameters.items()}
    return hashlib.sha256(canonical([name, {key: _plain(value) for key, value in plain.items()}])).hexdigest()


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return str(value)


def find_done(actor: Actor, request: Request) -> Done | None:
    """What this party's request led to before, or None."""
    event = Event.objects.filter(party=actor.party, nonce=request.nonce).select_related("entry").first()
    if event is None:
        return None
    if event.request_sha256 != request.digest:
        raise Refused.because(
            "REQUEST_REUSED", f"Request id {request.nonce} was used for another act of yours; take a new one"
        )
    handoff = Handoff.objects.filter(ship_event=event).first() or Handoff.objects.filter(receipts__event=event).first()
    return Done(event, handoff, _exceptions_of(event, handoff), replayed=True)


def _exceptions_of(event: Event, handoff: Handoff | None) -> list[Breach]:
    """What was accepted with `event` although it should not be so, as its first answer told it."""
    allocation = Allocation.objects.filter(reconciled_by=event).first() if handoff is None else None
    newest = handoff.receipts.order_by("pk").last() if handoff is not None else None
    is_newest = newest is not None and newest.event_id == event.pk
    noted = allocation or (handoff if is_newest else None)
    if noted is not None:
        return [Breach(one["code"], one["epc"], one["text"]) for one in noted.differences]
    failed = event.return_checks.exclude(outcome=SALEABLE).order_by("pk")
    return [Breach(one.code, one.epc, one.note) for one in event.raised.order_by("pk")] + [
        Breach("NOT_SALEABLE", one.epc, one.outcome) for one in failed
    ]


def refuse(name: str, actor: Actor, refusal: Refused) -> Refused:
    """Keep a refusal as evidence and hand it on."""
    Refusal.objects.create(
        act=name,
        party=actor.party,
        user=actor.user,
        code=refusal.code,
        reasons=[{"code": one.code, "epc": one.epc, "text": one.text} for one in refusal.breaches[:SHOWN_REASONS]],
    )
    log.info("refused", act=name, party=actor.party.gln, code=refusal.code, reasons=len(refusal.breaches))
    return refusal


def _as_refusal(error: Exception) -> Refused:
    if isinstance(error, Refused):
        return error
    if isinstance(error, IntegrityError):
        return Refused.because("CONFLICT", "Somebody else did this at the same moment")
    return Refused.because(getattr(error, "code", "BAD_IDENTIFIER"), str(error))


def check(breaches: list[Breach]) -> None:
    """Raise `Refused` if there is any breach."""
    if breaches:
        raise Refused(breaches)
