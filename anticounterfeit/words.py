"""Verdicts and steps in the reader's language: the door at which the message ids of the pure room are translated."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from anticounterfeit.queries import Concern, ShownStep
from anticounterfeit.verdict import Verdict
from ledger.queries import PENDING, PUBLISHED, SEALED
from supplychain.epcis import vocabulary as cbv
from supplychain.lifecycle import Role

# A shape for each code beside the colour of its severity: nobody should have to tell red from green.
SHAPES = {"ok": "✓", "info": "i", "warn": "!", "bad": "✕"}
QUESTIONS = {"DISPENSED": "?", "NOT_REPORTED_YET": "…"}

ROLES = {
    Role.MANUFACTURER: _("manufacturer"),
    Role.WHOLESALER: _("wholesaler"),
    Role.PHARMACY: _("pharmacy"),
    Role.REPACKAGER: _("repackager"),
    Role.REGULATOR: _("authority"),
    "": _("trading partner"),
}
PLAIN_STEPS = {
    cbv.COMMISSIONING: _("Made, and given its code"),
    cbv.PACKING: _("Packed into a case"),
    cbv.UNPACKING: _("Taken out of its case"),
    cbv.SHIPPING: _("Sent on"),
    cbv.RECEIVING: _("Received"),
    cbv.DISPENSING: _("Dispensed to a patient"),
    cbv.REPACKAGING: _("Packed anew, and given a new code"),
    cbv.VOID_SHIPPING: _("Not sent on after all"),
    cbv.SENSOR_REPORTING: _("Measured by a sensor"),
    cbv.HOLDING: _("Set apart to be looked at"),
    cbv.INSPECTING: _("Looked at"),
}
# Where the step is about something else than the pack itself.
OTHER_STEPS = {
    (Concern.UNIT, cbv.PACKING): _("Packed into a larger unit"),
    (Concern.UNIT, cbv.UNPACKING): _("Taken out of the larger unit"),
    (Concern.CONTENTS, cbv.PACKING): _("Filled"),
    (Concern.CONTENTS, cbv.UNPACKING): _("Something was taken out of it"),
    (Concern.AROUND, cbv.PACKING): _("The case around it was packed into a larger unit"),
    (Concern.AROUND, cbv.UNPACKING): _("The case around it was taken out of the larger unit"),
    (Concern.AROUND, cbv.SHIPPING): _("Sent on, inside a case"),
    (Concern.AROUND, cbv.RECEIVING): _("Received, inside a case"),
}
PROOFS = {
    PENDING: pgettext_lazy("proof state", "signed"),
    SEALED: pgettext_lazy("proof state", "sealed"),
    PUBLISHED: pgettext_lazy("proof state", "published"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """A verdict as it is read: in the active language, its values filled in."""

    title: str
    sentence: str
    action: str
    shape: str


def tell(verdict: Verdict) -> Told:
    return Told(
        title=gettext(verdict.title),
        sentence=gettext(verdict.sentence) % _readable(verdict.values) if verdict.values else gettext(verdict.sentence),
        action=gettext(verdict.action),
        shape=QUESTIONS.get(verdict.code, SHAPES[verdict.severity]),
    )


def _readable(values: Mapping[str, object]) -> dict[str, object]:
    return {name: date_format(value) if isinstance(value, date) else value for name, value in values.items()}


def tell_step(step: ShownStep) -> str:
    """What happened, in a few plain words. A step of a kind that has none yet keeps the standard's word."""
    told = OTHER_STEPS.get((step.concerns, step.biz_step)) or PLAIN_STEPS.get(step.biz_step)
    return str(told) if told is not None else step.biz_step.replace("_", " ")


def tell_role(role: str) -> str:
    return str(ROLES.get(role, role))
