"""When the author of an event may declare it erroneous, and when that takes its effect back.

The event stays; a second statement by the same author repeats it and adds an error declaration. Two reasons:

* *did not occur*: no corrective events. Its effect is taken back if nothing has been built on it since, and only where
  taking back is allowed at all: a shipment that nobody has received, a packing that still stands. A dispensing or a
  sample is taken back by `undo`, with its own limits. Whatever else happened is corrected by what people do next, such
  as a return; a declaration cannot make a destroyed pack whole.
* *incorrect data*: names the author's own events that say it right. It changes no state; those events do.

>>> guard_correction(Said("packing", "A"), party="B", reason="did_not_occur", corrective=[])[0].code
'NOT_AUTHOR'

Source: EPCIS 2.0 section 7.4.1.4 (ErrorDeclaration); CBV 2.0 section 7.5; domain rules 1.2.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from supplychain.lifecycle import Breach

DID_NOT_OCCUR = "did_not_occur"
INCORRECT_DATA = "incorrect_data"
# Steps whose effect a declaration takes back, and those that have none.
REVERSED = frozenset({"shipping", "packing"})
WITHOUT_EFFECT = frozenset({"sensor_reporting"})


@dataclass(frozen=True, slots=True)
class Said:
    """The event that is to be declared erroneous: its business step, its author (GLN), and what happened since."""

    biz_step: str
    author: str
    is_declared: bool = False  # erroneous already
    is_declaration: bool = False
    is_built_on: bool = False  # something later is known of what it names


@dataclass(frozen=True, slots=True)
class Corrective:
    """An event that says it right. `author` is a GLN, or "" for an event that is not known here."""

    event_id: str
    author: str


def guard_correction(said: Said, *, party: str, reason: str, corrective: Sequence[Corrective]) -> list[Breach]:
    """The author only, once, with corrective events exactly where the reason asks for them."""
    if said.author != party:
        return [Breach("NOT_AUTHOR", "", "Another party stated this; only its author can declare it erroneous")]
    if said.is_declaration:
        return [Breach("CORRECTION_FINAL", "", "This is an error declaration; state anew what did happen")]
    if said.is_declared:
        return [Breach("CORRECTED_ALREADY", "", "This event was declared erroneous before")]
    if reason == INCORRECT_DATA:
        return _guard_corrective(corrective, party)
    if reason != DID_NOT_OCCUR:
        known = f"{DID_NOT_OCCUR} or {INCORRECT_DATA}"
        return [Breach("BAD_REASON", "", f"Reason {reason!r}: expected {known}")]
    if corrective:
        return [Breach("CORRECTIVE_IDS", "", "What did not occur has no corrective events")]
    return _guard_reversal(said)


def _guard_corrective(corrective: Sequence[Corrective], party: str) -> list[Breach]:
    if not corrective:
        return [Breach("CORRECTIVE_IDS", "", "Incorrect data: name the events that say it right")]
    return [
        Breach("CORRECTIVE_IDS", "", f"Event {one.event_id} is not one of yours")
        for one in corrective
        if one.author != party
    ]


def _guard_reversal(said: Said) -> list[Breach]:
    if said.biz_step in WITHOUT_EFFECT:
        return []
    if said.biz_step not in REVERSED:
        text = f"What {said.biz_step or 'this'} did is not taken back by a declaration: undo it, or return the goods"
        return [Breach("CORRECTION_IRREVERSIBLE", "", text)]
    if said.is_built_on:
        return [Breach("CORRECTION_TOO_LATE", "", "Something has happened since to what this event names")]
    return []
