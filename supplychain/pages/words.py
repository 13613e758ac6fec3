"""The words that people read for the codes that programs keep. One place, so that a word is translated once."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = dict[str, str | Promise]

ROLES: Words = {
    "manufacturer": _("Manufacturer"),
    "wholesaler": _("Wholesaler"),
    "pharmacy": _("Pharmacy"),
    "repackager": _("Repackager"),
    "regulator": _("Regulator"),
}
DUTIES: Words = {
    "operator": _("Operator"),
    "responsible_person": _("Responsible person"),
    "key_holder": _("Key holder"),
    "auditor": _("Auditor"),
}
SCOPES: Words = {
    "read": _("Look things up"),
    "trade": _("Everything that happens to goods, and products and batches"),
    "sign": _("Hand in signatures for drafts"),
    "keys": _("Bring in, rotate and revoke signing keys"),
    "recall": _("Propose and approve recalls"),
    "admit": _("Admit parties"),
}
STEPS: Words = {
    "reserving": _("Serial numbers issued"),
    "encoding": _("Serial numbers issued"),
    "decommissioning": _("Taken out of trade"),
    "commissioning": _("Made and numbered"),
    "packing": _("Packed"),
    "unpacking": _("Unpacked"),
    "shipping": _("Shipped"),
    "receiving": _("Received"),
    "dispensing": _("Dispensed"),
    "void_shipping": _("Called off"),
    "repackaging": _("Repackaged"),
    "sensor_reporting": _("Measured by a sensor"),
    "destroying": _("Destroyed"),
    "sampling": _("Taken as a sample"),
    "inspecting": _("Inspected"),
    "holding": _("Set apart"),
    "other": _("Noted"),
}
ACTS: Words = {
    "allocate": _("Issue serial numbers"),
    "reconcile": _("Count serial numbers"),
    "commission": _("Make packs"),
    "pack": _("Pack"),
    "unpack": _("Unpack"),
    "ship": _("Ship"),
    "receive": _("Receive"),
    "dispense": _("Dispense"),
    "register_party": _("Register a party"),
    "register_product": _("Register a product"),
    "register_batch": _("Register a batch"),
    "produce_batch": _("Register a batch"),
    "register_place": _("Register a place"),
    "choose_place": _("Choose a place"),
    "allocate_sscc": _("Number a unit"),
    "hold": _("Put on hold"),
    "release": _("Release"),
    "propose_recall": _("Propose a recall"),
    "approve_recall": _("Sign a recall"),
    "narrow_recall": _("Narrow a recall"),
    "lift_recall": _("Lift a recall"),
    "drop_proposal": _("Take a proposal back"),
    "report_recall": _("Answer a recall"),
    "set_approvals": _("Say who signs recalls"),
    "invite_member": _("Invite somebody"),
    "withdraw_invitation": _("Withdraw an invitation"),
    "change_duties": _("Change duties"),
    "remove_member": _("Remove a member"),
    "grant_api_key": _("Make an API key"),
    "revoke_api_key": _("Revoke an API key"),
    "admit_key": _("Admit a signing key"),
    "rotate_key": _("Rotate a signing key"),
    "recover_key": _("Recover a lost signing key"),
    "revoke_key": _("Revoke a signing key"),
}
PURPOSES: Words = {
    "sale": _("Sale"),
    "return": _("Return"),
    "destruction": _("Destruction"),
    "regulator": _("For the regulator"),
}
HANDOFFS: Words = {
    "open": _("On its way"),
    "partial": _("Partly received"),
    "received": _("Received"),
    "void": _("Called off"),
}
BATCHES: Words = {
    "released": _("Released"),
    "recalled": _("Recalled"),
    "withdrawn": _("Withdrawn"),
    "partly": _("Partly recalled"),
}
LIVES: dict[int, str | Promise] = {
    1: _("Numbered, not made yet"),
    2: _("Active"),
    3: _("Dispensed"),
    4: _("Destroyed"),
    5: _("Exported"),
    6: _("Taken as a sample"),
    7: _("Free sample"),
    8: _("Repackaged"),
    9: _("Reported stolen"),
    10: _("Locked"),
    11: _("Lost on its way"),
}
PROOFS: Words = {
    "pending": _("Waiting for its block"),
    "sealed": _("Sealed"),
    "published": _("Proof published"),
}
STANDINGS: Words = {"open": _("To answer"), "contested": _("Contested"), "settled": _("Settled")}
RESOLUTIONS: Words = {
    "back_to_sender": _("It never left: back to the sender's stock"),
    "lost": _("Lost on its way: written off"),
    "kept": _("The receiver keeps it"),
    "sent_back": _("The receiver sends it back"),
    "destroyed": _("The receiver destroys it"),
    "data_sent": _("The data was wrong and is put right"),
    "recorded_twice": _("It happened once and was recorded twice"),
    "suspect": _("Two packs with one code: to be looked into"),
    "withdrawn": _("Taken back"),
    "arrived": _("It came after all"),
    "announced": _("Its notice came after all"),
    "reported_stolen": _("Reported stolen"),
}
ENDINGS: Words = {
    "export": _("Export to a country outside this supply chain"),
    "free_sample": _("Give away as a free sample"),
    "sample": _("Hand over as a sample to an authority"),
    "destroy": _("Destroy"),
    "report_stolen": _("Report as stolen"),
    "lock": _("Lock"),
    "unlock": _("Take a lock off"),
}
ENDED: Words = {
    "export": _("Exported"),
    "free_sample": _("Given away"),
    "sample": _("Handed over as a sample"),
    "destroy": _("Destroyed"),
    "report_stolen": _("Reported stolen"),
    "lock": _("Locked"),
    "unlock": _("Unlocked"),
}
DIFFERENCES: Words = {
    "UNANNOUNCED": _("Came without a notice"),
    "DAMAGED": _("Damaged"),
    "WRONG_PRODUCT": _("Another product"),
    "WRONG_LOT": _("Another lot number"),
    "WRONG_EXPIRY": _("Another expiry"),
    "DUPLICATE_CODE": _("Two packs with one code"),
    "WRONG_RECEIVER": _("Meant for somebody else"),
    "OTHER_DIFFERENCE": _("Something else"),
    "LATE": _("Stated late, against what is known"),
    "DOUBLE_DISPENSE": _("Dispensed twice"),
    "SHORTAGE": _("Missing"),
    "OVERAGE": _("Not announced, taken in"),
    "OVERAGE_NOT_TAKEN": _("Not announced, not taken in"),
}
