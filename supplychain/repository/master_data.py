"""Keeps the master data that comes in the header of a document: what places lie in which, and what things are like.

It is its sender's word, and answers its sender's queries only.
"""

from collections.abc import Mapping
from typing import Any

from supplychain.epcis.epc import epc_key
from supplychain.epcis.master_data import read_master_data
from supplychain.epcis.terms import key
from supplychain.models import MasterAttribute, Party, SubLocation


def keep_master_data(header: Mapping[str, Any] | None, party: Party) -> None:
    """Keep what a header tells; the same again changes nothing.

    Raises:
        EPCISError: it is not as the standard has it.
    """
    data = read_master_data(header)
    within = [
        SubLocation(party=party, location=key(epc_key(element.id)), child=key(epc_key(child)))
        for element in data.elements
        for child in element.children
    ]
    SubLocation.objects.bulk_create(within, ignore_conflicts=True, batch_size=1000)
    attributes = [
        MasterAttribute(party=party, uri=key(epc_key(element.id)), name=key(name), text=key(text))
        for element in data.elements
        for name, texts in element.attributes.items()
        for text in texts
    ]
    MasterAttribute.objects.bulk_create(attributes, ignore_conflicts=True, batch_size=1000)
