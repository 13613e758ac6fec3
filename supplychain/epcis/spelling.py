"""The identifiers of an event's JSON in another spelling.

One pack has many names: an EPC URN, a Digital Link on any host, with the lot in its path or without. What is signed and
what is searched is its `epc.epc_key`, the canonical link; what a client gets is what it asks for (`formats`).

>>> from supplychain.epcis.epc import epc_key
>>> rewrite({"type": "ObjectEvent", "epcList": ["urn:epc:id:sgtin:0614141.112345.400"]}, epc_key)["epcList"]
['https://id.gs1.org/01/10614141123459/21/400']

Source: EPCIS 2.0 section 12.7 (GS1-EPC-Format).
"""

from collections.abc import Callable, Mapping
from typing import Any

Spelling = Callable[[str], str]

_LISTS = ("epcList", "childEPCs", "inputEPCList", "outputEPCList")
_QUANTITIES = ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList")
_PAIRS = {"sourceList": "source", "destinationList": "destination"}
_PLACES = ("readPoint", "bizLocation")


def rewrite(body: Mapping[str, Any], spell: Spelling) -> dict[str, Any]:
    """A copy of an event in which `spell` has written every EPC, class, place, source and destination anew.

    Two members of a list that are one thing in the new spelling stand there once. Business transactions, devices and
    extensions are names of other systems and stay as they are.
    """
    event = dict(body)
    for field in _LISTS:
        if field in event:
            event[field] = list(dict.fromkeys(map(spell, event[field])))
    if "parentID" in event:
        event["parentID"] = spell(event["parentID"])
    for field in _QUANTITIES:
        if field in event:
            event[field] = [{**one, "epcClass": spell(one["epcClass"])} for one in event[field]]
    for field, name in _PAIRS.items():
        if field in event:
            event[field] = [{**one, name: spell(one[name])} for one in event[field]]
    for field in _PLACES:
        if field in event:
            event[field] = {**event[field], "id": spell(event[field]["id"])}
    return event
