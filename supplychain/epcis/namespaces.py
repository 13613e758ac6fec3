"""What the prefixes of a document stand for, read from its @context without ever fetching one.

A context is a list of URLs and objects. The URLs of GS1's own context are known; a URL of anybody else's is kept and
never followed, because following it would let a document make our server call where it likes. An object may define
prefixes; other definitions in it are opaque. A prefix that nobody has defined stays opaque as well: names are compared
as they are written.

>>> spaces = parse_context(["https://ref.gs1.org/standards/epcis/epcis-context.jsonld", {"ex": "https://a.example/ns/"}])
>>> spaces.expand("ex:field"), spaces.expand("zz:field"), spaces.expand("cbvmda:lotNumber")
('https://a.example/ns/field', 'zz:field', 'urn:epcglobal:cbv:mda:lotNumber')

Source: EPCIS 2.0 section 10 (JSON-LD binding); JSON-LD 1.1 section 4.1; GS1's EPCIS context.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from supplychain.epcis.checks import check_uri
from supplychain.epcis.errors import EPCISError, join, name

# One context under all the addresses that it has had.
KNOWN_CONTEXTS = frozenset(
    f"{stem}{path}"
    for stem in ("https://ref.gs1.org/standards/epcis/", "http://ref.gs1.org/standards/epcis/")
    for path in ("epcis-context.jsonld", "2.0.0/epcis-context.jsonld", "2.0.1/epcis-context.jsonld")
) | {
    "https://gs1.github.io/EPCIS/epcis-context.jsonld",
    "https://gs1.github.io/EPCIS/REST%20Bindings/epcis-context.jsonld",
}
DEFAULT_CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"

# What GS1's context defines. A document may define them anew, as some of GS1's own examples do.
GS1_PREFIXES: Mapping[str, str] = MappingProxyType(
    {
        "epcis": "https://ref.gs1.org/epcis/",
        "cbv": "https://ref.gs1.org/cbv/",
        "cbvmda": "urn:epcglobal:cbv:mda:",
        "gs1": "https://gs1.org/voc/",
        "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
        "owl": "http://www.w3.org/2002/07/owl#",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
        "dcterms": "http://purl.org/dc/terms/",
    }
)
MOST_ENTRIES = 1_000
# Words of the standard that a document must not give another meaning: two readers would see two events in it.
_PROTECTED_WORDS = """
id type action bizLocation bizStep bizTransaction bizTransactionList certificationInfo childEPCs
childQuantityList correctiveEventIDs creationDate declarationTime destination destinationList
disposition epcClass epcisBody epcisHeader epcList errorDeclaration eventID eventList eventTime
eventTimeZoneOffset ilmd inputEPCList inputQuantityList outputEPCList outputQuantityList parentID
persistentDisposition quantity quantityList readPoint reason recordTime resultsBody schemaVersion
sensorElementList sensorMetadata sensorReport set source sourceList transformationID unset uom value urn
"""
_PROTECTED = frozenset(_PROTECTED_WORDS.split())


@dataclass(frozen=True, slots=True)
class Namespaces:
    """Prefixes with what they stand for, and the context URLs in their order.

    Values compare by what they say; `prefixes` holds GS1's as well as the document's own.
    """

    prefixes: Mapping[str, str] = field(default_factory=lambda: GS1_PREFIXES)
    contexts: tuple[str, ...] = ()

    def expand(self, text: str) -> str:
        """The full name of a name with prefix; a name whose prefix is unknown stays as it is."""
        prefix, colon, local = text.partition(":")
        if not colon or local.startswith("//"):
            return text
        stem = self.prefixes.get(prefix)
        return text if stem is None else stem + local

    def own_prefixes(self) -> dict[str, str]:
        """The prefixes that are not GS1's, or mean something else than GS1's do."""
        return {prefix: stem for prefix, stem in self.prefixes.items() if GS1_PREFIXES.get(prefix) != stem}


GS1_NAMESPACES = Namespaces()


def parse_context(raw: object, outer: Namespaces = GS1_NAMESPACES) -> Namespaces:
    """The namespaces of an @context inside of `outer`: a URL, an object, or a list of both.

    Raises:
        EPCISError: no such thing (TYPE, URI), too many entries (SIZE), or a word of the standard defined anew (RULE);
            the path is relative to the context.
    """
    entries = raw if isinstance(raw, list) else [raw]
    if len(entries) > MOST_ENTRIES:
        raise EPCISError("SIZE", "", entries, f"at most {MOST_ENTRIES} entries")
    prefixes = dict(outer.prefixes)
    contexts = list(outer.contexts)
    for at, entry in enumerate(entries):
        where = f"[{at}]" if isinstance(raw, list) else ""
        if isinstance(entry, str):
            _add_url(contexts, entry, where)
        elif isinstance(entry, dict):
            _add_prefixes(prefixes, entry, where)
        else:
            raise EPCISError("TYPE", where, entry, "a URL or an object with prefixes")
    return Namespaces(MappingProxyType(prefixes), tuple(contexts))


def _add_url(contexts: list[str], url: str, where: str) -> None:
    """Keep the address of a context. It is never fetched."""
    try:
        check_uri(url)
    except EPCISError as error:
        raise error.under(where) from None
    contexts.append(url)


def _add_prefixes(prefixes: dict[str, str], entry: dict[str, object], where: str) -> None:
    """Take the prefixes of one context object in."""
    if len(entry) > MOST_ENTRIES:
        raise EPCISError("SIZE", where, entry, f"at most {MOST_ENTRIES} entries")
    for prefix, stem in entry.items():
        path = join(where, name(prefix))
        if prefix in _PROTECTED:
            raise EPCISError("RULE", path, stem, "no new meaning for a word of the standard")
        if prefix.startswith("@") or not isinstance(stem, str):
            continue  # a definition of another kind, which is its author's business
        if ":" in prefix or not stem:
            continue
        prefixes[prefix] = stem
