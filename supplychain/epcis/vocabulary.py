"""The words of CBV 2.0 that Medtrail's own events use, and its identifiers for parties and places.

Source: GS1 Core Business Vocabulary 2.0, sections 7.1 (business steps), 7.2 (dispositions), 7.4 (sources).

>>> party_uri("9506000140445")
'https://id.gs1.org/417/9506000140445'
"""

from urllib.parse import quote, unquote

RESERVING = "reserving"
ENCODING = "encoding"
COMMISSIONING = "commissioning"
PACKING = "packing"
UNPACKING = "unpacking"
SHIPPING = "shipping"
RECEIVING = "receiving"
DISPENSING = "dispensing"
DECOMMISSIONING = "decommissioning"
DESTROYING = "destroying"
SAMPLING = "sampling"
HOLDING = "holding"
INSPECTING = "inspecting"
VOID_SHIPPING = "void_shipping"
REPACKAGING = "repackaging"
SENSOR_REPORTING = "sensor_reporting"
OTHER = "other"

RESERVED = "reserved"
ENCODED = "encoded"
ACTIVE = "active"
IN_PROGRESS = "in_progress"
IN_TRANSIT = "in_transit"
DISPENSED = "dispensed"
INACTIVE = "inactive"
DESTROYED = "destroyed"
STOLEN = "stolen"
UNKNOWN = "unknown"
RETURNED = "returned"
NON_SELLABLE_OTHER = "non_sellable_other"
NO_PEDIGREE_MATCH = "no_pedigree_match"
RECALLED = "recalled"
SELLABLE_NOT_ACCESSIBLE = "sellable_not_accessible"
CONFORMANT = "conformant"
NON_CONFORMANT = "non_conformant"
COMPLETENESS_VERIFIED = "completeness_verified"
COMPLETENESS_INFERRED = "completeness_inferred"

ADD = "ADD"
OBSERVE = "OBSERVE"
DELETE = "DELETE"

OWNING_PARTY = "owning_party"
POSSESSING_PARTY = "possessing_party"

RETURN_AUTHORISATION = "rma"  # the business transaction type of a supplier's consent to a return
DESPATCH_ADVICE = "desadv"  # the business transaction type of a shipping notice

# What the standard has no field for, under our own prefix.
NAMESPACE = "urn:medtrail:epcis:"
OWN_CONTEXT = ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"medtrail": NAMESPACE}]
ACT = "medtrail:act"  # where one business step stands for several acts
UNDOES = "medtrail:undoes"  # eventID of the event whose effect is taken back
REASON = "medtrail:reason"  # why goods are held
AUTHORITY = "medtrail:authority"  # in which capacity: holder, maker, regulator
PURPOSE = "medtrail:purpose"  # of a shipment that is no sale
FINDINGS = "medtrail:findings"  # [{"code", "epc", "note"}]: what a receiver states of single items
ABOUT = "medtrail:about"  # eventID of the event that raised a difference
DIFFERENCE = "medtrail:difference"  # its code
ANSWER = "medtrail:answer"  # confirm, contest or withdraw
RESOLUTION = "medtrail:resolution"  # what was agreed
NOTE = "medtrail:note"  # a sentence by a person, for a person
CONTRADICTS = "medtrail:contradicts"  # [{"code", "epc", "event"}]: later statements that this late one stands against
SET_ASIDE = "medtrail:setAside"  # EPCs that came with a delivery and were not the sender's to give

ALLOCATION = "medtrail:allocation"  # eventID of the event that issued the serials which this one counts
SCRAPPED = "medtrail:destroyed"  # EPCs of serials that were spoilt on the line
UNACCOUNTED = "medtrail:unaccounted"  # EPCs of serials that nobody can show
CONTRADICTED = "medtrail:contradicted"  # EPCs of serials that were reported unused and had been commissioned
COUNTED = "medtrail:counted"  # how many the line says it applied
NOT_SALEABLE = "medtrail:notSaleable"  # [{"epc", "outcome"}]: goods that came back and are not sold again
# Values of `medtrail:act`.
VERIFY_RETURN = "verify_return"
UNANNOUNCED = "receive_unannounced"
ANSWER_DISPUTE = "answer_dispute"

LOT_NUMBER = "cbvmda:lotNumber"
ITEM_EXPIRATION_DATE = "cbvmda:itemExpirationDate"

EPC_LISTS = ("epcList", "childEPCs", "inputEPCList", "outputEPCList")


def product_uri(gtin: str) -> str:
    """A trade item as a class, whatever its lot: a canonical Digital Link. `gtin` is 14 digits."""
    return f"https://id.gs1.org/01/{gtin}"


def party_uri(gln: str) -> str:
    """A party as a canonical Digital Link, AI (417). `gln` is 13 digits."""
    return f"https://id.gs1.org/417/{gln}"


def gln_of_party(uri: str) -> str:
    """The GLN-13 in a party's canonical Digital Link; "" for any other text."""
    gln = uri.removeprefix(party_uri(""))
    return gln if gln != uri and len(gln) == 13 and gln.isascii() and gln.isdigit() else ""


def place_uri(gln: str) -> str:
    """A physical location as a canonical Digital Link, AI (414). `gln` is 13 digits."""
    return f"https://id.gs1.org/414/{gln}"


def lot_class(gtin: str, lot_number: str) -> str:
    """A whole batch as the class of its packs: a Digital Link with AI (10). `gtin` is 14 digits.

    >>> lot_class("09520001000010", "L/1")
    'https://id.gs1.org/01/09520001000010/10/L%2F1'
    """
    return f"https://id.gs1.org/01/{gtin}/10/{quote(lot_number, safe='-._~')}"


def read_lot_class(uri: str) -> tuple[str, str]:
    """(GTIN-14, lot number) of `lot_class`; ("", "") for any other text."""
    gtin, middle, lot = uri.removeprefix("https://id.gs1.org/01/").partition("/10/")
    lot_number = unquote(lot)
    return (gtin, lot_number) if middle and lot_class(gtin, lot_number) == uri else ("", "")


def gln_of_place(uri: str) -> str:
    """The GLN-13 in a physical location's canonical Digital Link; "" for any other text."""
    gln = uri.removeprefix(place_uri(""))
    return gln if gln != uri and len(gln) == 13 and gln.isascii() and gln.isdigit() else ""
