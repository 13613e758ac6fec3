"""What can differ between a delivery and its notice, or between two statements, and how the two sides settle it.

A difference is a claim that one party has signed, most often the receiver in its receipt. The other side answers it:

    open ──confirm──▶ settled          the other side agrees, and says what becomes of the goods
      │ ──withdraw──▶ settled          whoever claimed it takes it back
      └──contest──▶ contested ──confirm or withdraw──▶ settled

Claim and confirmation are two signed statements by two parties, so a settled difference is an agreement that each can
show. A missing item that is received after all settles by itself, and so does a delivery without a notice once the
notice comes. Both sides have three business days; a difference that is late is shown as late, and to the regulator.

Our codes are stable; PDG's categories, which trading partners in the United States exchange, are a column beside them.

>>> KINDS["SHORTAGE"].category, sorted(KINDS["SHORTAGE"].resolutions)
('missing_product', ['back_to_sender', 'lost'])
>>> due_on(date(2026, 11, 26))  # a Thursday
datetime.date(2026, 12, 1)

Source: domain rules 1.4 (R2), 1.6 (deadlines); PDG exceptions vocabulary, field notes 1.2.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from supplychain.lifecycle import Breach

BUSINESS_DAYS = 3
MOST_NOTE = 500  # characters of what a person adds


class Standing(StrEnum):
    """Where a difference stands."""

    OPEN = "open"
    CONTESTED = "contested"
    SETTLED = "settled"


class Answer(StrEnum):
    """What a side may say to a difference."""

    CONFIRM = "confirm"
    CONTEST = "contest"
    WITHDRAW = "withdraw"


class Resolution(StrEnum):
    """How a difference ended. The first two move goods; the rest say what was agreed."""

    BACK_TO_SENDER = "back_to_sender"  # it never left: at rest with its sender again
    LOST = "lost"  # it left and did not arrive: written off
    KEPT = "kept"  # the receiver keeps it
    SENT_BACK = "sent_back"  # the receiver sends it back
    DESTROYED = "destroyed"  # the receiver destroys it
    DATA_SENT = "data_sent"  # the sender's data was wrong and has been put right
    RECORDED_TWICE = "recorded_twice"  # one thing that happened was stated twice
    SUSPECT = "suspect"  # two packs with one code: somebody has to look into it
    WITHDRAWN = "withdrawn"  # whoever claimed it took it back
    ARRIVED = "arrived"  # it came after all
    ANNOUNCED = "announced"  # its notice came after all
    REPORTED_STOLEN = "reported_stolen"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of difference: PDG's category for it, and how the other side may settle it.

    `by_receiver`: a receiver may state it of an item at receipt; the other kinds follow from counting and comparing.
    """

    code: str
    category: str
    resolutions: frozenset[Resolution]
    by_receiver: bool = False


_WHAT_BECOMES = frozenset({Resolution.KEPT, Resolution.SENT_BACK, Resolution.DESTROYED})
_OF_DATA = _WHAT_BECOMES | {Resolution.DATA_SENT}
KINDS = {
    one.code: one
    for one in (
        Kind("SHORTAGE", "missing_product", frozenset({Resolution.BACK_TO_SENDER, Resolution.LOST})),
        Kind("OVERAGE", "overages", _WHAT_BECOMES),
        Kind("OVERAGE_NOT_TAKEN", "missing_product_data", _WHAT_BECOMES | {Resolution.DATA_SENT}),
        Kind("UNANNOUNCED", "missing_product_data", _WHAT_BECOMES),
        Kind("DAMAGED", "other_errors", _WHAT_BECOMES, by_receiver=True),
        Kind("WRONG_PRODUCT", "data_misalignment", _OF_DATA, by_receiver=True),
        Kind("WRONG_LOT", "data_misalignment", _OF_DATA, by_receiver=True),
        Kind("WRONG_EXPIRY", "data_misalignment", _OF_DATA, by_receiver=True),
        Kind("DUPLICATE_CODE", "other_errors", _WHAT_BECOMES | {Resolution.SUSPECT}, by_receiver=True),
        Kind("WRONG_RECEIVER", "master_data_errors", _OF_DATA, by_receiver=True),
        Kind("OTHER_DIFFERENCE", "other_errors", _OF_DATA, by_receiver=True),
        Kind("LATE", "other_errors", frozenset({Resolution.RECORDED_TWICE, Resolution.DATA_SENT})),
        Kind("DOUBLE_DISPENSE", "other_errors", frozenset({Resolution.RECORDED_TWICE, Resolution.SUSPECT})),
    )
}
FINDINGS = frozenset(code for code, kind in KINDS.items() if kind.by_receiver)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a receiver states of one item at receipt: a code of `FINDINGS`, the EPC, and a note for a person."""

    code: str
    epc: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """A difference as the rules see it. `claimant` and `respondent` are GLNs; `about` the eventID that raised it."""

    code: str
    epc: str
    about: str
    claimant: str
    respondent: str
    standing: Standing


def guard_findings(findings: Sequence[Finding], *, present: frozenset[str]) -> list[Breach]:
    """Each finding is of a known kind, about an item that is `present` in the delivery, and said once."""
    breaches: list[Breach] = []
    seen: set[tuple[str, str]] = set()
    for one in findings:
        if one.code not in FINDINGS:
            known = ", ".join(sorted(FINDINGS))
            breaches.append(Breach("BAD_FINDING", one.epc, f"Finding {one.code!r}: expected one of {known}"))
        elif one.epc not in present:
            breaches.append(Breach("BAD_FINDING", one.epc, f"{one.code}: its code was not scanned in this delivery"))
        elif (one.code, one.epc) in seen:
            breaches.append(Breach("NAMED_TWICE", one.epc, f"{one.code} is said of it more than once"))
        elif len(one.note) > MOST_NOTE:
            breaches.append(_note_too_long(one.note, one.epc))
        seen.add((one.code, one.epc))
    return breaches


def guard_answer(
    claims: Sequence[Claim], *, party: str, answer: Answer, resolution: Resolution | None, note: str
) -> list[Breach]:
    """Who may say what: the other side confirms or contests, whoever claimed it withdraws, a settled one stays settled.

    One statement answers claims of one kind that were raised together.
    """
    if not claims:
        return [Breach("NOTHING_TO_DO", "", "Nothing was named: expected at least one difference")]
    if len({(one.about, one.code) for one in claims}) > 1:
        return [Breach("MIXED_DIFFERENCES", "", "One answer is for differences of one kind, raised by one statement")]
    if len(note) > MOST_NOTE:
        return [_note_too_long(note, "")]
    return _guard_words(claims[0].code, answer, resolution, note) or [
        breach for one in claims for breach in _guard_side(one, party, answer)
    ]


def _guard_words(code: str, answer: Answer, resolution: Resolution | None, note: str) -> list[Breach]:
    if answer is Answer.CONTEST and not note.strip():
        return [Breach("NOTE_MISSING", "", "To contest a difference, say what you see instead")]
    if answer is not Answer.CONFIRM:
        return []
    allowed = KINDS[code].resolutions
    if resolution in allowed:
        return []
    named = ", ".join(sorted(allowed))
    said = resolution.value if resolution else ""
    return [Breach("BAD_RESOLUTION", "", f"Resolution {said!r} of {code}: expected one of {named}")]


def _guard_side(claim: Claim, party: str, answer: Answer) -> list[Breach]:
    if party not in (claim.claimant, claim.respondent):
        return [Breach("NOT_A_SIDE", claim.epc, "This difference is between two other parties")]
    if claim.standing is Standing.SETTLED:
        return [Breach("DISPUTE_SETTLED", claim.epc, "It is settled already")]
    if answer is Answer.WITHDRAW:
        if party != claim.claimant:
            return [Breach("NOT_CLAIMANT", claim.epc, "The other side claimed it; only that side can take it back")]
        if claim.code == "SHORTAGE":
            return [Breach("RECEIVE_IT", claim.epc, "If it is there after all, receive it: that settles it")]
        return []
    if party != claim.respondent:
        return [Breach("NOT_RESPONDENT", claim.epc, "You claimed this yourself; the other side has to answer")]
    if answer is Answer.CONTEST and claim.standing is Standing.CONTESTED:
        return [Breach("CONTESTED_ALREADY", claim.epc, "You have contested it already")]
    return []


def _note_too_long(note: str, epc: str) -> Breach:
    return Breach("NOTE_TOO_LONG", epc, f"A note of {len(note)} characters: expected at most {MOST_NOTE}")


def due_on(raised: date) -> date:
    """The last day to answer a difference: three business days after `raised`. Saturdays and Sundays do not count."""
    day, left = raised, BUSINESS_DAYS
    while left:
        day += timedelta(days=1)
        left -= day.isoweekday() <= 5
    return day
