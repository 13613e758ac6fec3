"""The words that people read for what a recall says. The public reads them, too."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = dict[str, str | Promise]

ACTIONS: Words = {"recall": _("Recall"), "withdrawal": _("Withdrawal")}
OPS: Words = {"recall": _("Call back"), "narrow": _("Narrow"), "lift": _("Lift")}
REASONS: Words = {
    "contamination": _("Contamination"),
    "sterility": _("Not surely sterile"),
    "impurity": _("Impurities"),
    "potency": _("Too strong or too weak"),
    "dissolution": _("Does not dissolve as it should"),
    "stability": _("Does not keep as long as it should"),
    "foreign_matter": _("Something in it that does not belong there"),
    "labelling": _("Wrong or missing words on the label"),
    "packaging": _("Faulty package"),
    "temperature": _("Was kept too warm or too cold"),
    "manufacturing_practice": _("Not made according to the rules"),
    "falsification": _("Falsified packs were found"),
    "adverse_events": _("Harm was reported"),
    "authorisation": _("Its authorisation has ended"),
    "other": _("Another reason"),
}
SEVERITIES: dict[int, str | Promise] = {
    1: _("Class 1: may kill or do lasting harm"),
    2: _("Class 2: may make ill for a time"),
    3: _("Class 3: unlikely to do harm"),
}
DEPTHS: dict[int, str | Promise] = {
    1: _("Down to wholesalers"),
    2: _("Down to pharmacies"),
    3: _("Down to patients"),
}
QUANTITIES: Words = {
    "quarantined": _("Set apart"),
    "returned": _("Sent back"),
    "destroyed": _("Destroyed"),
    "dispensed": _("Given to patients"),
    "not_found": _("Not found"),
}
HOLD_REASONS: Words = {
    "inspection": _("To be looked at"),
    "temperature": _("Was kept too warm or too cold"),
    "damage": _("Damaged"),
    "suspected_falsification": _("Perhaps falsified"),
    "no_pedigree_match": _("Its story does not fit"),
    "recalled": _("Called back"),
}
AUTHORITIES: dict[int, str | Promise] = {1: _("holder"), 2: _("maker"), 3: _("authority")}
CUSTODIES: Words = {
    "managed": _("key kept by the operator"),
    "client": _("key of its own"),
    "hsm": _("key of its own, in hardware"),
}
