"""Which act may follow which state: the rules of a pack's life as pure functions.

State has five dimensions that change independently: *life*, *custody* (holder, in transit or at rest), *containment*
(inside which unit), *batch* (released, recalled, withdrawn) and what is *derived* from the clock (expired). There is
no sixth, and no single "status".

A guard looks at the state and answers with a list of `Breach`, each with a stable code. No breach means that the act
may go on. Guards never raise and never stop at the first item: a person with forty refused packs on the desk wants to
see forty lines, not one.

>>> unit = Unit(epc="https://id.gs1.org/01/09506000134352/21/B7", kind=Kind.PACK, life=Life.ACTIVE,
...             holder="4012345000009", in_transit=False, parent=None, expiry=date(2028, 1, 31))
>>> guard_ship([unit], party="4012345000009", today=date(2026, 11, 23))
[]
>>> [breach.code for breach in guard_ship([unit], party="9506000140445", today=date(2026, 11, 23))]
['NOT_HOLDER']
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import IntEnum, StrEnum


class Kind(IntEnum):
    """What an item is. Packs carry an SGTIN, logistic units an SSCC."""

    PACK = 1
    LOGISTIC_UNIT = 2


class Life(IntEnum):
    """Where an item stands in its own life; the numbers are stored and never change their meaning."""

    ALLOCATED = 1
    ACTIVE = 2
    DISPENSED = 3
    DESTROYED = 4
    EXPORTED = 5
    SAMPLED = 6
    FREE_SAMPLE = 7
    REPACKAGED = 8
    STOLEN = 9
    LOCKED = 10  # not terminal
    LOST = 11  # written off on its way; not terminal, for it may turn up


class BatchState(StrEnum):
    """What holds for a whole batch. Class-level: a recall writes no row per pack."""

    RELEASED = "released"
    RECALLED = "recalled"
    WITHDRAWN = "withdrawn"
    PARTLY = "partly"  # some of its packs are called back, or all of them in some countries; never said of one pack


class Role(StrEnum):
    """What a party is licensed to be. A party may have several."""

    MANUFACTURER = "manufacturer"
    WHOLESALER = "wholesaler"
    PHARMACY = "pharmacy"
    REPACKAGER = "repackager"
    REGULATOR = "regulator"


class Purpose(StrEnum):
    """Why goods are shipped; some states allow shipping for these purposes only."""

    SALE = "sale"
    RETURN = "return"
    DESTRUCTION = "destruction"
    REGULATOR = "regulator"


class Outcome(StrEnum):
    """The three answers to an act. A physical fact cannot be refused; it is accepted with an exception."""

    ACCEPT = "accept"
    ACCEPT_WITH_EXCEPTION = "accept_with_exception"
    REFUSE = "refuse"


CLOCK_SKEW = timedelta(minutes=5)  # between the clocks of two honest parties
SSCC_REST = timedelta(days=365)  # between the last use of an SSCC and its use for other goods
MAX_DEPTH = 5  # pack in bundle in case in pallet in container; deeper is a mistake in the data
MAY_COMMISSION = frozenset({Role.MANUFACTURER, Role.REPACKAGER})
MAY_TRADE = frozenset({Role.MANUFACTURER, Role.WHOLESALER, Role.PHARMACY, Role.REPACKAGER})
MAY_REPACKAGE = frozenset({Role.REPACKAGER})
MAY_DISPENSE = frozenset({Role.PHARMACY})
MAY_ADMIT = frozenset({Role.REGULATOR})


@dataclass(frozen=True, slots=True)
class Unit:
    """The state of one item as a guard sees it.

    `holder` is the GLN of the party that has custody of the item's root; `parent` the EPC of the unit that the item is
    packed into, or None for a root; `height` the levels of units inside it (0 for a pack).
    """

    epc: str
    kind: Kind
    life: Life
    holder: str | None
    in_transit: bool
    parent: str | None
    addressee: str | None = None  # GLN of whoever it is on its way to
    expiry: date | None = None
    batch_state: BatchState = BatchState.RELEASED
    height: int = 0
    is_returned: bool = False  # it came back, and nobody has verified it since
    is_held: bool = False  # an open hold on it, on what it is in, on anything in it, or on its batch

    def is_expired(self, today: date) -> bool:
        """Whether the expiry lies before `today`; the expiry date itself is the last good day."""
        return self.expiry is not None and today > self.expiry


@dataclass(frozen=True, slots=True)
class Breach:
    """One reason why an act may not go on: a stable `code`, the item's EPC (or ""), and a sentence for a person."""

    code: str
    epc: str
    text: str


def guard_role(roles: Iterable[Role], allowed: frozenset[Role], act: str) -> list[Breach]:
    """The acting party has one of the roles that `act` asks for. Source: domain rules 1.3."""
    if allowed.intersection(roles):
        return []
    need = " or ".join(sorted(allowed))
    have = ", ".join(sorted(roles)) or "no role"
    return [Breach("ROLE_NOT_ALLOWED", "", f"To {act} a party must be licensed as {need}; this one is {have}")]


def guard_licence(expiry: date | None, *, today: date, who: str) -> list[Breach]:
    """A trading partner's licence has not run out. Source: domain rules S3 (authorised trading partners only)."""
    if expiry is not None and today > expiry:
        return [Breach("PARTNER_NOT_AUTHORISED", "", f"The licence of {who} expired on {expiry}")]
    return []


def guard_commission(
    *, expiry: date, today: date, batch_state: BatchState, serials_seen: Sequence[str]
) -> list[Breach]:
    """C2, C3 and C4: serials are new for ever, the expiry lies ahead, the batch is not called back.

    `serials_seen` are the serial numbers asked for that this GTIN has used before, in any batch and in any state.
    """
    breaches = [Breach("SERIAL_REUSED", "", f"Serial {one!r} was used before for this GTIN") for one in serials_seen]
    if expiry <= today:
        breaches.append(Breach("BATCH_EXPIRED", "", f"Expiry {expiry} is not after today, {today}"))
    return breaches + _batch_called_back(batch_state, "", "BATCH_CALLED_BACK")


def guard_pack(children: Sequence[Unit], *, parent: Unit | None, parent_epc: str, party: str) -> list[Breach]:
    """P1: same holder, at rest, no child packed twice, no cycle, depth at most 5.

    `parent` is None for an SSCC that is seen for the first time.
    """
    if not children:
        return [Breach("NOTHING_TO_DO", "", "Packing needs at least one item inside; the list is empty")]
    breaches: list[Breach] = []
    for unit in children:
        if unit.parent is not None:
            breaches.append(
                Breach("AGGREGATION_INVALID", unit.epc, f"Already packed in {_around(unit, party)}; unpack it first")
            )
        elif unit.epc == parent_epc:
            breaches.append(Breach("AGGREGATION_INVALID", unit.epc, "A unit cannot be packed into itself"))
        else:
            breaches += _movable(unit, party, "packed")
        if unit.height + 1 > MAX_DEPTH - 1:
            breaches.append(Breach("AGGREGATION_INVALID", unit.epc, f"More than {MAX_DEPTH} levels of packing"))
    if parent is not None:
        breaches += _guard_parent(parent, party)
    return breaches


def _guard_parent(parent: Unit, party: str) -> list[Breach]:
    if parent.kind is not Kind.LOGISTIC_UNIT:
        return [Breach("AGGREGATION_INVALID", parent.epc, "Packs go into a unit with an SSCC; this is a pack")]
    if parent.parent is not None:
        # Also what closes a cycle of containers: the unit on top would have to have a parent.
        return [
            Breach(
                "AGGREGATION_INVALID",
                parent.epc,
                f"It stands in {_around(parent, party)}; pack into that, or unpack",
            )
        ]
    return _movable(parent, party, "packed into")


def guard_reuse(epc: str, *, is_empty: bool, has_travelled: bool, last_used: datetime, now: datetime) -> list[Breach]:
    """P2: the number of a unit that has travelled and was emptied is not given to other goods for twelve months."""
    if is_empty and has_travelled and now - last_used < SSCC_REST:
        text = f"This number was last used on {last_used:%Y-%m-%d}; take a new one, it rests for {SSCC_REST.days} days"
        return [Breach("SSCC_REUSED", epc, text)]
    return []


def guard_label(epc: str, *, read: tuple[str, date | None], registered: tuple[str, date]) -> list[Breach]:
    """D5: lot and expiry that were read on the pack are those of its batch. Both as (lot number, expiry).

    The strongest single sign of a composed label; an empty lot or no expiry was not read.
    """
    lot_number, expiry = read
    breaches: list[Breach] = []
    if lot_number and lot_number != registered[0]:
        breaches.append(Breach("BATCH_MISMATCH", epc, f"The code says lot {lot_number!r}; it was made in another lot"))
    if expiry is not None and expiry != registered[1]:
        breaches.append(Breach("EXPIRY_MISMATCH", epc, f"The code says it expires on {expiry}; its batch does not"))
    return breaches


def guard_unpack(children: Sequence[Unit], *, parent: Unit, party: str) -> list[Breach]:
    """U: the unit is a root in the party's hands, and each child is inside it."""
    breaches = held_at_rest(parent, party)
    if parent.parent is not None:
        breaches.append(
            Breach("DISAGGREGATE_FIRST", parent.epc, f"It stands inside {_around(parent, party)}; unpack that first")
        )
    for unit in children:
        if unit.parent != parent.epc:
            breaches.append(Breach("AGGREGATION_INVALID", unit.epc, f"It is not inside {parent.epc}"))
    return breaches


def guard_ship(units: Sequence[Unit], *, party: str, today: date, purpose: Purpose = Purpose.SALE) -> list[Breach]:
    """S1, S2, S4 and S5: held by the sender, at rest, on top, and fit for the purpose."""
    if not units:
        return [Breach("NOTHING_TO_DO", "", "A shipment needs at least one item; the list is empty")]
    breaches: list[Breach] = []
    for unit in units:
        if unit.parent is not None:
            breaches.append(
                Breach("SHIP_CHILD", unit.epc, f"It is packed in {_around(unit, party)}: ship that, or unpack it")
            )
            continue
        breaches += _movable(unit, party, "shipped")
        if purpose is Purpose.SALE:
            breaches += fit_for_sale(unit, today, "SHIP_BLOCKED")
    return breaches


def _around(unit: Unit, party: str) -> str:
    """The unit around it, for whoever has it in hand or is about to: others learn that there is one, not which."""
    return str(unit.parent) if party in (unit.holder, unit.addressee) else "another unit"


@dataclass(frozen=True, slots=True)
class Count:
    """A delivery as it was counted against its shipping notice, in EPCs: three sets without overlap."""

    received: frozenset[str]
    missing: frozenset[str]
    surplus: frozenset[str]


def count_delivery(announced: Iterable[str], scanned: Iterable[str]) -> Count:
    """R2: what was announced and is there, what is missing, what came without being announced."""
    there, expected = frozenset(scanned), frozenset(announced)
    return Count(received=expected & there, missing=expected - there, surplus=there - expected)


def guard_receive(*, addressee: str, party: str, under_way: int, shipped: datetime, received: datetime) -> list[Breach]:
    """R1, R3 and R4: sent to this party, not taken in before, and not before it left.

    `addressee` and `party` are GLNs; `under_way` counts the items of the shipment that nobody has received yet.
    """
    if addressee != party:
        return [Breach("NOT_SHIPPED_TO_YOU", "", "This delivery is addressed to another party")]
    if not under_way:
        return [Breach("DOUBLE_RECEIPT", "", "This delivery was received before; nothing of it is still on its way")]
    if received < shipped - CLOCK_SKEW:
        return [
            Breach(
                "TIME_TRAVEL", "", f"Received at {received:%Y-%m-%d %H:%M}, before it left at {shipped:%Y-%m-%d %H:%M}"
            )
        ]
    return []


def guard_void(epcs: Sequence[str], *, under_way: Collection[str], sender: str, party: str) -> list[Breach]:
    """V1: by the sender only, and only what nobody has received yet. `under_way`: EPCs of the shipment still moving."""
    if sender != party:
        return [Breach("NOT_SENDER", "", "Another party sent this; only the sender can call it off")]
    if not under_way:
        return [Breach("VOID_TOO_LATE", "", "Nothing of this shipment is on its way any more")]
    if not epcs:
        return [Breach("NOTHING_TO_DO", "", "Nothing was named: expected at least one item of the shipment")]
    return [
        Breach("VOID_TOO_LATE", epc, "It is not on its way with this shipment: received, or never part of it")
        for epc in epcs
        if epc not in under_way
    ]


def differences(count: Count, *, taken: frozenset[str]) -> list[Breach]:
    """The exceptions under which a delivery is accepted. `taken` are surplus items that changed hands all the same."""
    short = [Breach("SHORTAGE", epc, "It was announced but was not in the delivery") for epc in sorted(count.missing)]
    over = [
        Breach("OVERAGE", epc, "It was not announced; it came from the sender's stock and is now in yours")
        if epc in taken
        else Breach("OVERAGE_NOT_TAKEN", epc, "It was not announced and was not in the sender's custody: set it aside")
        for epc in sorted(count.surplus)
    ]
    return short + over


def _movable(unit: Unit, party: str, done: str) -> list[Breach]:
    """Alive first: of a pack that was dispensed, where it stands says nothing any more."""
    return already_ended(unit, done) or held_at_rest(unit, party)


def held_at_rest(unit: Unit, party: str) -> list[Breach]:
    """S1, D1: the party has custody of it, and it is not on its way."""
    if unit.in_transit:
        return [
            Breach("IN_TRANSIT", unit.epc, "It is on its way: it must be received before anything else happens to it")
        ]
    if unit.holder != party:
        # Who does hold it is the business of the holder, not of whoever asks.
        return [Breach("NOT_HOLDER", unit.epc, "It is not in your custody")]
    return []


_ENDED = {
    Life.ALLOCATED: ("NOT_COMMISSIONED", "It has a serial number but was never commissioned"),
    Life.DISPENSED: ("ALREADY_DISPENSED", "It was dispensed before"),
    Life.DESTROYED: ("ALREADY_DESTROYED", "It was destroyed"),
    Life.EXPORTED: ("ALREADY_EXPORTED", "It was exported"),
    Life.SAMPLED: ("ALREADY_SAMPLED", "It was taken as a sample"),
    Life.FREE_SAMPLE: ("ALREADY_FREE_SAMPLE", "It was given away as a free sample"),
    Life.REPACKAGED: ("ALREADY_REPACKAGED", "It was repackaged under another code"),
    Life.STOLEN: ("REPORTED_STOLEN", "It was reported stolen"),
    Life.LOCKED: ("LOCKED", "It is locked"),
    Life.LOST: ("WRITTEN_OFF", "It was written off as lost on its way"),
}


def already_ended(unit: Unit, done: str, *, even_locked: bool = False) -> list[Breach]:
    """D3, D4: it lives. `even_locked`: what is locked may be `done`, too, such as destroyed."""
    if unit.life is Life.ACTIVE or (even_locked and unit.life is Life.LOCKED):
        return []
    code, sentence = _ENDED[unit.life]
    return [Breach(code, unit.epc, f"{sentence}; it cannot be {done}")]


def fit_for_sale(unit: Unit, today: date, called_back: str) -> list[Breach]:
    """D2, S4, S5: not called back (code `called_back`), not expired before today, and nobody holds it."""
    breaches = _batch_called_back(unit.batch_state, unit.epc, called_back)
    if unit.is_expired(today):
        breaches.append(Breach("EXPIRED", unit.epc, f"It expired on {unit.expiry}"))
    if unit.is_returned:
        breaches.append(Breach("RETURN_NOT_VERIFIED", unit.epc, "It came back and was not verified as saleable"))
    if unit.is_held:
        breaches.append(Breach("QUARANTINED", unit.epc, "It is in quarantine: somebody has put a hold on it"))
    return breaches


def _batch_called_back(state: BatchState, epc: str, code: str) -> list[Breach]:
    if state in (BatchState.RELEASED, BatchState.PARTLY):
        return []
    return [Breach(code, epc, f"Its batch is {state.value}: do not use it, do not hand it on")]
