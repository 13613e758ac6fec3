"""GS1 Digital Link URIs as element by element values, for every key that GS1 defines.

A Digital Link is an http(s) URI whose path ends in `/AI/value` pairs: a primary key, then its qualifiers in the one
order that the standard gives; the query may add attributes. Host and the path in front of the key are free, so that
any shop's or maker's domain can carry it. The syntax is exactly that of GS1's own engine in its default setting, no
more: where one reader is lenient, two readers see two packs in one code.

What it refuses, and the reasons that matter here:

* a scheme in mixed case, user names (`https://id.gs1.org@evil.example/01/…` shows a trusted name first);
* qualifiers in another order, or in the query; an AI twice (which of two serials is the pack's?);
* a query key of digits that is no AI; other keys are the business of the host and are ignored;
* GTINs of fewer than 14 digits, names instead of numbers (`/gtin/…/ser/…`), a slash at the end, empty values;
* values with a wrong check digit, length, character or date. A `+` is a plus in the path and a space in the query.

The fragment (`#…`) is for the browser and is ignored.

>>> parse_uri("https://example.com/shop/01/09506000134352/10/L%2F1/21/B7?17=280131&lang=de")
{'01': '09506000134352', '10': 'L/1', '21': 'B7', '17': '280131'}
>>> format_uri({"17": "280131", "01": "09506000134352", "10": "L/1"})
'https://id.gs1.org/01/09506000134352/10/L%2F1?17=280131'

Source: GS1 Digital Link Standard: URI Syntax, release 1.4 (grammar, canonical form); GS1 Barcode Syntax Dictionary.
"""

from collections.abc import Iterator, Mapping
from itertools import combinations
from urllib.parse import quote, unquote

from supplychain.gs1.ai import AIS, ApplicationIdentifier, check_value
from supplychain.gs1.characters import find_foreign
from supplychain.gs1.errors import GS1Error, show

CANONICAL_STEM = "https://id.gs1.org"

# Bounds before work: the length that GS1's engine stops at, and its number of pairs.
LONGEST_URI = 8191
MOST_PAIRS = 64

_SCHEMES = ("https://", "http://", "HTTPS://", "HTTP://")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_URI_CHARACTERS = frozenset(_LETTERS + "-._~:/?#[]@!$&'()*+,;=%")
_DOMAIN_CHARACTERS = frozenset(_LETTERS + "-.:[]")

# The primary keys, each with its alternative lists of qualifiers; qualifiers may be left out but never change places.
QUALIFIERS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "00": ((),),
    "01": (("22", "10", "21"), ("235",)),
    "253": ((),),
    "255": ((),),
    "401": ((),),
    "402": ((),),
    "414": (("254",), ("7040",)),
    "415": (("8020",),),
    "417": (("7040",),),
    "8003": ((),),
    "8004": (("7040",),),
    "8006": (("22", "10", "21"),),
    "8010": (("8011",),),
    "8013": ((),),
    "8017": (("8019",),),
    "8018": (("8019",),),
}


def _spell_out_paths() -> Iterator[tuple[str, ...]]:
    """Every sequence of AIs that may make up a path: each key with each selection of its qualifiers, in order."""
    for key, alternatives in QUALIFIERS.items():
        for qualifiers in alternatives:
            for count in range(len(qualifiers) + 1):
                for chosen in combinations(qualifiers, count):
                    yield (key, *chosen)


PATHS = frozenset(_spell_out_paths())


def parse_uri(uri: str) -> dict[str, str]:
    """The values in a Digital Link by AI: the primary key first, then qualifiers, then attributes, as they stand.

    Raises:
        GS1Error: not an http(s) URI (URI), no GS1 key in the path (NO_KEY), an AI out of place (MISPLACED_AI), twice
            (DUPLICATE_AI) or unknown (UNKNOWN_AI), or a value that its AI does not allow (see `ai.check_value`).

    Source: GS1 Digital Link Standard: URI Syntax, "GS1 Digital Link URI syntax".
    """
    path, query = _split(uri)
    elements: dict[str, str] = {}
    for ai, raw in _find_key(uri, path):
        _add(elements, ai, unquote(raw, encoding="latin-1"))
    sequence = tuple(elements)
    if sequence not in PATHS:
        qualifiers = " or ".join(" ".join(some) for some in QUALIFIERS[sequence[0]] if some) or "none"
        raise GS1Error(
            f"Path with ({')('.join(sequence)}): expected the qualifiers of ({sequence[0]}) in the order {qualifiers}",
            code="MISPLACED_AI",
        )
    for ai, raw in _find_attributes(query):
        _add(elements, ai, unquote(raw.replace("+", " "), encoding="latin-1"))
        _check_attribute(ai, sequence)
    return elements


def format_uri(elements: Mapping[str, str], stem: str = CANONICAL_STEM) -> str:
    """The Digital Link of values by AI: the first primary key among them, its qualifiers in order, the rest as query.

    `stem` is the URI in front of the key, without a slash at the end. Attributes of fixed length come first; else the
    order of `elements` is kept. With the default stem the result is the canonical URI.

    Raises:
        GS1Error: no primary key (NO_KEY), an AI that is unknown (UNKNOWN_AI) or may not be an attribute
            (MISPLACED_AI), a value that its AI does not allow.

    Source: GS1 Digital Link Standard: URI Syntax, "Canonical GS1 Digital Link URIs".
    """
    for digits, value in elements.items():
        check_value(_known_ai(digits), value)
    key = next((digits for digits in elements if digits in QUALIFIERS), None)
    if key is None:
        raise GS1Error(f"({')('.join(elements)}) has no key that a Digital Link can begin with", code="NO_KEY")
    # The list that keeps most of what is there; of two alike, the first.
    qualifiers = max(QUALIFIERS[key], key=lambda some: len(elements.keys() & set(some)))
    path = [key, *(digits for digits in qualifiers if digits in elements)]
    attributes = [AIS[digits] for digits in elements if digits not in path]
    for ai in attributes:
        _check_attribute(ai, tuple(path))
    attributes.sort(key=lambda ai: not ai.has_predefined_length)
    uri = stem + "".join(f"/{digits}/{escape(elements[digits])}" for digits in path)
    query = "&".join(f"{ai.digits}={escape(elements[ai.digits])}" for ai in attributes)
    return f"{uri}?{query}" if query else uri


def escape(value: str) -> str:
    """Percent-encode all but letters, digits and `- . _ ~`, in upper case: the one canonical spelling of a value."""
    return quote(value, safe="")


def check_stem(stem: str) -> None:
    """Refuse what cannot stand in front of a key: a stem is an http(s) URI without query, fragment and last slash.

    Raises:
        GS1Error: another form (URI).
    """
    if stem.endswith("/") or "?" in stem or "#" in stem:
        raise GS1Error(f"Stem {show(stem)}: expected no slash at the end, no query and no fragment", code="URI")
    _split(stem + "/")


def _split(uri: str) -> tuple[str, str]:
    """Path and query of a URI whose scheme, host and characters are in order."""
    if len(uri) > LONGEST_URI:
        raise GS1Error(f"URI of {len(uri)} characters: expected at most {LONGEST_URI}", code="LENGTH")
    if (foreign := find_foreign(uri, _URI_CHARACTERS)) is not None:
        raise GS1Error(f"URI {show(uri)}: {foreign!r} may not stand in a URI", code="URI")
    scheme = next((scheme for scheme in _SCHEMES if uri.startswith(scheme)), None)
    if scheme is None:
        raise GS1Error(f"URI {show(uri)}: expected to begin with https:// or http://", code="URI")
    domain, slash, rest = uri[len(scheme) :].partition("/")
    if not domain or not slash:
        raise GS1Error(f"URI {show(uri)}: expected a host and a path", code="URI")
    if (foreign := find_foreign(domain, _DOMAIN_CHARACTERS)) is not None:
        raise GS1Error(f"URI {show(uri)}: {foreign!r} may not stand in its host", code="URI")
    path, _, query = rest.partition("#")[0].partition("?")
    return path, query


def _find_key(uri: str, path: str) -> list[tuple[ApplicationIdentifier, str]]:
    """The `/AI/value` pairs at the end of the path, from the primary key on.

    Searched from the end, because the host may have digits of its own in front: `/shop/00/01/09506000134352`.
    """
    segments = path.split("/")
    pairs: list[tuple[ApplicationIdentifier, str]] = []
    for at in range(len(segments) - 2, -1, -2):
        ai = AIS.get(segments[at])
        if ai is None:
            break
        pairs.append((ai, segments[at + 1]))
        if ai.digits in QUALIFIERS:
            return pairs[::-1]
    raise GS1Error(f"URI {show(uri)}: no GS1 key at the end of its path", code="NO_KEY")


def _find_attributes(query: str) -> Iterator[tuple[ApplicationIdentifier, str]]:
    """The pairs of a query whose key is an AI. Words without a value and keys that are no number are the host's."""
    pairs = [pair for pair in query.split("&") if pair]
    if len(pairs) > MOST_PAIRS:
        raise GS1Error(f"Query of {len(pairs)} parameters: expected at most {MOST_PAIRS}", code="LENGTH")
    for pair in pairs:
        key, equals, value = pair.partition("=")
        # A number that is no AI today may be one tomorrow, and would then mean something that we had passed over.
        if equals and (not key or key.isdigit()):
            yield _known_ai(key), value


def _check_attribute(ai: ApplicationIdentifier, path: tuple[str, ...]) -> None:
    """Refuse an attribute that may not be one at all, or that belongs in the path as a qualifier."""
    if not ai.is_attribute:
        raise GS1Error(f"({ai.digits}) may not stand in the query of a Digital Link", code="MISPLACED_AI")
    if any((*path[:at], ai.digits, *path[at:]) in PATHS for at in range(1, len(path) + 1)):
        raise GS1Error(f"({ai.digits}) belongs in the path, behind ({path[0]}), not in the query", code="MISPLACED_AI")


def _known_ai(digits: str) -> ApplicationIdentifier:
    """The AI of these digits."""
    ai = AIS.get(digits)
    if ai is None:
        raise GS1Error(f"({digits}) is not a GS1 Application Identifier", code="UNKNOWN_AI")
    return ai


def _add(elements: dict[str, str], ai: ApplicationIdentifier, value: str) -> None:
    """Take one value in, checked, and once."""
    if ai.digits in elements:
        raise GS1Error(f"({ai.digits}) stands in the URI twice", code="DUPLICATE_AI")
    check_value(ai, value)
    elements[ai.digits] = value
