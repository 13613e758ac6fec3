"""Is this pack the one it claims to be? One code, one sentence, one action.

`assess_pack` holds a claim against what is registered and answers with a `Verdict`. It never says "genuine": a copied
code matches what the manufacturer registered as well as the true one does, and the page that shows a verdict says so.

The rules are tried in this order, and the first that holds decides:

====================  ========  =====  ===============================================================================
code                  severity  alert  holds when
====================  ========  =====  ===============================================================================
UNREADABLE            info             the text is no code that we can read (`unreadable`)
UNKNOWN_PRODUCT       info             nobody registered the GTIN here
NOT_FOLLOWED          info             its maker does not report packs to this log: nothing can be said of any pack
UNKNOWN_SERIAL        bad       A3     packs of this batch are registered, and this serial is none of them
NOT_REPORTED_YET      info      A2/A3  the batch is unknown (A2), or no pack of it is registered yet (A3): late uploads
BATCH_MISMATCH        bad       A68    the serial exists, in another batch
EXPIRY_MISMATCH       bad       A52    the serial exists, in a batch with another expiry
STOLEN, LOST,         bad              the pack's life in trade ended in a way that puts no pack into a patient's hand
DESTROYED, SAMPLED,
REPACKAGED
RECALLED, WITHDRAWN,  bad              the batch is called back; the date has passed
EXPIRED
RECALLED_IN_TRADE     warn             it was dispensed, and its batch is called back from trade, but not from patients
PARTLY_RECALLED       warn             the code names no single pack, and some of the batch's packs are called back
LOCKED                bad              the pack is locked until its maker or an authority releases it
HELD                  bad              an active pack is in quarantine: somebody in trade or an authority holds it
EXPORTED,             warn             it left this supply chain; it was never meant to be sold
FREE_SAMPLE
DISPENSED             info             dispensed: was that you?
NO_SERIAL             info             nothing speaks against the product or batch, and the code names no single pack
MATCHES               ok               none of the above
====================  ========  =====  ===============================================================================

`alert` is the alert code of the European verification system. An expired or recalled pack is unfit, not false: it has
none. A7 and A24 belong to acts that were refused, not to looking. Logistic units have verdicts of their own,
UNIT_KNOWN and UNKNOWN_UNIT (`assess_unit`).

>>> from datetime import date
>>> from supplychain.gs1.identifiers import Gtin
>>> assess_pack(Claim(Gtin("09506000134352")), PackFacts(), date(2026, 11, 23)).code
'UNKNOWN_PRODUCT'

Titles, sentences and actions are message ids: whoever shows them translates them (`gettext(verdict.sentence)`) and puts
`verdict.values` in afterwards.

Source: design section 5; domain rules 1.4 (D2, D5), 1.5 (alert codes), 5 (consumer page).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from anticounterfeit.code import Claim
from supplychain.lifecycle import BatchState, Life, Role


class Severity(StrEnum):
    """How loud a verdict is. Suspicion is always `bad`: in trials people waved amber warnings through."""

    OK = "ok"
    INFO = "info"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to one look at one code.

    `code` is stable and for programs; `title`, `sentence` and `action` are message ids; `values` fill the sentence's
    places; `alert` is an EMVS alert code or None.
    """

    code: str
    severity: Severity
    title: str
    sentence: str
    action: str
    alert: str | None = None
    values: Mapping[str, object] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class BatchFacts:
    """What is registered of a batch. `has_packs`: at least one pack of it is.

    Of one pack `state` is what holds for that pack: never `PARTLY`. `reaches_patients`: a recall in force asks those,
    too, who have their packs from a pharmacy.
    """

    lot_number: str
    expiry: date
    state: BatchState = BatchState.RELEASED
    has_packs: bool = True
    reaches_patients: bool = True


@dataclass(frozen=True, slots=True)
class KnownPack:
    """What is registered of the pack with the claimed GTIN and serial number.

    `seen_with` is the role of the party that has custody of it or had it last, None if nobody ever had; `dispensed_on`
    the day (UTC) on which it was dispensed, and `dispensed_in` the country (ISO 3166-1 alpha-2). `is_held`: an open
    hold lies on it, on what it is in, or on its batch.
    """

    life: Life
    batch: BatchFacts
    seen_with: Role | None = None
    in_transit: bool = False
    dispensed_on: date | None = None
    dispensed_in: str = ""
    is_held: bool = False


@dataclass(frozen=True, slots=True)
class PackFacts:
    """What is registered of the things that a claim names. Nothing at all by default.

    `claimed_batch` is the product's batch with the claimed lot number, None if the claim has no lot or nobody
    registered it; `pack` None if the claim has no serial number or the serial is unknown.
    """

    product_known: bool = False
    maker_reports: bool = False
    claimed_batch: BatchFacts | None = None
    pack: KnownPack | None = None


def assess_pack(claim: Claim, facts: PackFacts, today: date) -> Verdict:
    """The verdict on `claim`. The day of expiry itself is the last good day.

    What the registry knows of a batch is held against the code only if GTIN and serial match: whoever guesses numbers
    learns nothing of lots and dates.
    """
    if not facts.product_known:
        return UNKNOWN_PRODUCT
    if not facts.maker_reports:
        return NOT_FOLLOWED
    if claim.serial_number is None:
        return _assess_batch(claim, facts.claimed_batch, today)
    if facts.pack is None or facts.pack.life is Life.ALLOCATED:
        return _assess_unknown(claim, facts.claimed_batch)
    pack = facts.pack
    return (
        _find_mismatch(claim, pack.batch)
        or _ENDED.get(pack.life)
        or _find_in_trade_only(pack)
        or _find_unfit(pack.batch, today)
        or _AFTERWARDS.get(pack.life)
        or _assess_living(pack)
    )


def assess_unit(*, is_known: bool) -> Verdict:
    """The verdict on the code of a logistic unit: a case or a pallet has no batch and no expiry of its own."""
    return UNIT_KNOWN if is_known else UNKNOWN_UNIT


def unreadable(code: str) -> Verdict:
    """The verdict on a text that is no code of ours. `code` is that of the `GS1Error` that said so."""
    return Verdict("UNREADABLE", Severity.INFO, _CANNOT_CHECK, _WHY_UNREADABLE.get(code, _MALFORMED), _TYPE_IT)


def _assess_unknown(claim: Claim, batch: BatchFacts | None) -> Verdict:
    """A serial number that no pack is registered under: made up, or not uploaded yet?

    A code that names no lot cannot be given the benefit of a late upload: our makers print the lot.
    """
    if claim.lot_number is not None and batch is None:
        return NOT_REPORTED_YET
    if batch is not None and not batch.has_packs:
        return PACKS_NOT_REPORTED_YET
    return UNKNOWN_SERIAL


def _assess_batch(claim: Claim, batch: BatchFacts | None, today: date) -> Verdict:
    """A code without a serial number: what holds for the whole batch, if it names one."""
    if claim.lot_number is not None and batch is None:
        return NOT_REPORTED_YET
    if batch is None:
        return NO_SERIAL if claim.expiry is None or today <= claim.expiry else EXPIRED
    if claim.expiry is not None and claim.expiry != batch.expiry:
        return EXPIRY_MISMATCH
    if batch.state is BatchState.PARTLY:
        return PARTLY_RECALLED
    return _find_unfit(batch, today) or NO_SERIAL


def _find_mismatch(claim: Claim, batch: BatchFacts) -> Verdict | None:
    """Lot before expiry: with a wrong lot the expiry differs too, and the lot is what is wrong."""
    if claim.lot_number is not None and claim.lot_number.text != batch.lot_number:
        return BATCH_MISMATCH
    if claim.expiry is not None and claim.expiry != batch.expiry:
        return EXPIRY_MISMATCH
    return None


def _find_in_trade_only(pack: KnownPack) -> Verdict | None:
    """A recall down to pharmacies does not frighten whoever has the pack already."""
    is_called_back = pack.batch.state in (BatchState.RECALLED, BatchState.WITHDRAWN)
    if pack.life is Life.DISPENSED and is_called_back and not pack.batch.reaches_patients:
        return RECALLED_IN_TRADE
    return None


def _find_unfit(batch: BatchFacts, today: date) -> Verdict | None:
    if batch.state in (BatchState.RECALLED, BatchState.WITHDRAWN):
        return {BatchState.RECALLED: RECALLED, BatchState.WITHDRAWN: WITHDRAWN}[batch.state]
    return EXPIRED if today > batch.expiry else None


def _assess_living(pack: KnownPack) -> Verdict:
    """An active pack that matches, or one that was dispensed."""
    if pack.life is Life.DISPENSED:
        if pack.dispensed_on is None:
            return DISPENSED
        values = {"day": pack.dispensed_on, "country": pack.dispensed_in}
        return Verdict("DISPENSED", Severity.INFO, DISPENSED.title, _DISPENSED_ON, DISPENSED.action, values=values)
    if pack.is_held:
        return HELD
    seen = _ON_ITS_WAY if pack.in_transit else _SEEN_WITH.get(pack.seen_with, _SEEN_NOWHERE)
    return Verdict("MATCHES", Severity.OK, _MATCHES, seen, _COMPARE)


def gettext_noop(text: str) -> str:
    """Mark `text` as a message id, under the name that `makemessages` looks for."""
    return text


_ = gettext_noop

# --- What can be said. Plain words, short: read standing, on a phone, by somebody who is worried. ---------------------


def _bad(code: str, title: str, sentence: str, action: str, alert: str | None = None) -> Verdict:
    return Verdict(code, Severity.BAD, title, sentence, action, alert)


def _info(code: str, title: str, sentence: str, action: str, alert: str | None = None) -> Verdict:
    return Verdict(code, Severity.INFO, title, sentence, action, alert)


_MATCHES = _("Matches what the manufacturer registered")
_DO_NOT_USE = _("Do not use")
_CANNOT_CHECK = _("Cannot be checked here")
_NOT_YET = _("Not reported yet")

_COMPARE = _("Compare name, lot, expiry and seal with the box. If anything differs, do not use it; ask a pharmacist.")
_KEEP_AND_ASK = _("Stop. Do not use it, keep the pack, and show it to a pharmacist or report it to the authority.")
_TAKE_BACK = _("Do not use it. Take it back to a pharmacy.")
_TYPE_IT = _(
    "Scan the square code on the box again, or type the lines printed beside it. If in doubt, ask a pharmacist."
)
_ASK = _("Ask a pharmacist. That we cannot check it speaks neither for nor against the pack.")
_WAIT = _(
    "Keep the box, do not use it yet, and scan it again in two days. If nothing has changed then, ask a pharmacist."
)
_WAS_IT_YOU = _(
    "If you received it then, all is well. If not, do not use it, keep the pack, and show it to a pharmacist."
)

_SEEN_NOWHERE = _("This code is registered, and nothing speaks against it.")
_ON_ITS_WAY = _("This code is registered, and nothing speaks against it; the pack is on its way between two parties.")
_SEEN_WITH: Mapping[Role | None, str] = {
    Role.MANUFACTURER: _("This code is registered, and nothing speaks against it; last seen at its manufacturer."),
    Role.WHOLESALER: _("This code is registered, and nothing speaks against it; last seen at a wholesaler."),
    Role.PHARMACY: _("This code is registered, and nothing speaks against it; last seen at a pharmacy."),
    Role.REPACKAGER: _("This code is registered, and nothing speaks against it; last seen at a repackager."),
}
_DISPENSED_ON = _("This pack was dispensed on %(day)s (%(country)s). Was that to you?")

_NO_SUCH_PRODUCT = _("No manufacturer registered this product number here.")
_NO_SUCH_MAKER = _("The product is known, but its manufacturer does not report its packs here.")
_NO_SUCH_SERIAL = _("The manufacturer never registered a pack with this serial number.")
_NO_SUCH_LOT = _("The manufacturer is known, but has not reported this lot yet.")
_NO_PACKS_YET = _("The lot is known, but the manufacturer has not reported its packs yet.")
_OTHER_LOT = _("The manufacturer registered this serial number with another lot number.")
_OTHER_EXPIRY = _("The manufacturer registered another expiry date for this lot.")

UNKNOWN_PRODUCT = _info("UNKNOWN_PRODUCT", _CANNOT_CHECK, _NO_SUCH_PRODUCT, _ASK)
NOT_FOLLOWED = _info("NOT_FOLLOWED", _CANNOT_CHECK, _NO_SUCH_MAKER, _ASK)
UNKNOWN_SERIAL = _bad("UNKNOWN_SERIAL", _DO_NOT_USE, _NO_SUCH_SERIAL, _KEEP_AND_ASK, "A3")
NOT_REPORTED_YET = _info("NOT_REPORTED_YET", _NOT_YET, _NO_SUCH_LOT, _WAIT, "A2")
PACKS_NOT_REPORTED_YET = _info("NOT_REPORTED_YET", _NOT_YET, _NO_PACKS_YET, _WAIT, "A3")
BATCH_MISMATCH = _bad("BATCH_MISMATCH", _DO_NOT_USE, _OTHER_LOT, _KEEP_AND_ASK, "A68")
EXPIRY_MISMATCH = _bad("EXPIRY_MISMATCH", _DO_NOT_USE, _OTHER_EXPIRY, _KEEP_AND_ASK, "A52")
RECALLED = _bad("RECALLED", _("Recalled"), _("This lot was recalled."), _TAKE_BACK)
WITHDRAWN = _bad("WITHDRAWN", _("Withdrawn"), _("This lot was withdrawn from the market."), _TAKE_BACK)
RECALLED_IN_TRADE = Verdict(
    "RECALLED_IN_TRADE",
    Severity.WARN,
    _("Called back from trade"),
    _("This lot was called back from pharmacies. Packs that were given out before are not called back."),
    _("If you received it before, ask a pharmacist whether to go on using it. Do not buy it now."),
)
PARTLY_RECALLED = Verdict(
    "PARTLY_RECALLED",
    Severity.WARN,
    _("Partly recalled"),
    _("Some packs of this lot were recalled. The code names no single pack, so nothing can be said about this one."),
    _("Scan the square code with the serial number (SN), or type the lines printed beside it."),
)
HELD = _bad(
    "HELD",
    _("Held back"),
    _("This pack was set apart while something is looked into. It should not have been sold."),
    _("Do not use it for now. Keep it, and ask a pharmacist."),
)
EXPIRED = _bad("EXPIRED", _("Expired"), _("The expiry date has passed."), _TAKE_BACK)
DISPENSED = _info("DISPENSED", _("Dispensed"), _("This pack was dispensed. Was that to you?"), _WAS_IT_YOU)
NO_SERIAL = _info(
    "NO_SERIAL",
    _("Product known, pack not named"),
    _("The code names a registered product but no single pack, so nothing can be said about this one."),
    _("Scan the square code with the serial number (SN), or type the lines printed beside it."),
)
UNIT_KNOWN = Verdict(
    "UNIT_KNOWN",
    Severity.OK,
    _("Registered logistic unit"),
    _("This is the code of a case or a pallet, and it is registered."),
    _("To check a medicine, scan the code on its pack."),
)
UNKNOWN_UNIT = _bad(
    "UNKNOWN_UNIT",
    _("Unknown logistic unit"),
    _("Nobody registered a case or a pallet with this number."),
    _("Do not accept it. Ask whoever delivered it."),
)

# Lives that ended where no patient comes in; asked before recall and expiry, because they say more.
_ENDED: Mapping[Life, Verdict] = {
    Life.STOLEN: _bad("STOLEN", _DO_NOT_USE, _("This pack was reported stolen."), _KEEP_AND_ASK),
    Life.LOST: _bad("LOST", _DO_NOT_USE, _("This pack was reported missing on its way."), _KEEP_AND_ASK),
    Life.DESTROYED: _bad("DESTROYED", _DO_NOT_USE, _("The pack with this number was destroyed."), _KEEP_AND_ASK),
    Life.SAMPLED: _bad(
        "SAMPLED", _DO_NOT_USE, _("An authority took the pack with this number away for testing."), _KEEP_AND_ASK
    ),
    Life.REPACKAGED: _bad(
        "REPACKAGED", _DO_NOT_USE, _("What was in this pack went into other packs, with other numbers."), _KEEP_AND_ASK
    ),
}
# Asked after recall and expiry: these packs may well be in somebody's hand, and a recall concerns them too.
_AFTERWARDS: Mapping[Life, Verdict] = {
    Life.LOCKED: _bad(
        "LOCKED",
        _("Locked"),
        _("The manufacturer or an authority has locked this pack while something is looked into."),
        _("Do not use it for now. Keep it, and ask a pharmacist."),
    ),
    Life.EXPORTED: Verdict(
        "EXPORTED",
        Severity.WARN,
        _("Exported"),
        _("This pack was exported, and its way was not followed any further."),
        _("If you did not buy it abroad, do not use it, and ask a pharmacist."),
    ),
    Life.FREE_SAMPLE: Verdict(
        "FREE_SAMPLE",
        Severity.WARN,
        _("Free sample"),
        _("This pack is a free sample for doctors; it must not be sold."),
        _("If you paid for it, do not use it, and show it to a pharmacist."),
    ),
}
_MALFORMED = _("The text is not a complete code of a medicine pack.")
_WHY_UNREADABLE: Mapping[str, str] = {
    "CHECK_DIGIT": _("A digit of the number is wrong: it was misread, mistyped or misprinted."),
    "CHARACTER": _("There is a character in the code that cannot be in one."),
    "DATE": _("The expiry date in the code does not exist."),
    "OTHER_SYSTEM": _("This is a code of another system, not the one on a medicine pack that we follow."),
    "NO_KEY": _("The code does not say which product it is on."),
    "OTHER_KEY": _("The code is on something else than a medicine pack or a delivery."),
}
