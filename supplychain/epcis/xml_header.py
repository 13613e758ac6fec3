"""The header of an EPCIS document in XML: who sends it to whom, and master data.

>>> from supplychain.epcis.xml_tree import parse_xml
>>> read_header(parse_xml(b'''<EPCISHeader xmlns:s="http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader">
... <s:StandardBusinessDocumentHeader><s:Sender><s:Identifier Authority="GS1">9506000140445</s:Identifier></s:Sender>
... </s:StandardBusinessDocumentHeader></EPCISHeader>'''))
{'sender': '9506000140445'}

Source: EPCIS 2.0 section 9.2 (Standard Business Document Header) and 9.4 (master data).
"""

from typing import Any

from supplychain.epcis.xml_fields import Prefixes, extension, text
from supplychain.epcis.xml_tree import Element


def read_header(header: Element) -> dict[str, Any]:
    """The fields of the JSON-LD document that an EPCISHeader stands for."""
    fields: dict[str, Any] = {}
    if (sbdh := header.child("StandardBusinessDocumentHeader")) is not None:
        for key, local in (("sender", "Sender"), ("receiver", "Receiver")):
            if (party := sbdh.child(local)) is not None and (identifier := party.child("Identifier")) is not None:
                fields[key] = text(identifier)
        document = sbdh.child("DocumentIdentification")
        if document is not None and (instance := document.child("InstanceIdentifier")) is not None:
            fields["instanceIdentifier"] = text(instance)
    data = header.child("EPCISMasterData")
    if data is None and (wrapper := header.child("extension")) is not None:
        data = wrapper.child("EPCISMasterData")
    if data is not None:
        fields["epcisHeader"] = {"epcisMasterData": {"vocabularyList": _vocabularies(data)}}
    return fields


def _vocabularies(data: Element) -> list[dict[str, Any]]:
    """The vocabularies of an EPCISMasterData element."""
    return [
        {
            "type": vocabulary.attribute("type") or "",
            "vocabularyElementList": [_element(one) for one in _members(vocabulary, "VocabularyElementList")],
        }
        for vocabulary in _members(data, "VocabularyList")
    ]


def _element(element: Element) -> dict[str, Any]:
    """One element of a vocabulary."""
    found: dict[str, Any] = {"id": element.attribute("id") or ""}
    attributes = [
        {"id": one.attribute("id") or "", "attribute": _value(one)}
        for one in element.children
        if one.local == "attribute"
    ]
    if attributes:
        found["attributes"] = attributes
    if (children := element.child("children")) is not None:
        found["children"] = [text(child) for child in children.children]
    return found


def _value(attribute: Element) -> Any:
    """The value of an attribute: its text, or an object of its children."""
    if not attribute.children:
        return text(attribute)
    prefixes = Prefixes({})
    return {prefixes.name(child): extension(child, prefixes) for child in attribute.children}


def _members(element: Element, local: str) -> list[Element]:
    """The children of a list, none where there is no list."""
    found = element.child(local)
    return [] if found is None else found.children
