"""The links of a Digital Link: what a resolver knows about a thing, as a linkset, and which link a client wants.

One address answers a person with a page and a machine with whatever it asks for by its link type. A linkset lists all
of it under one anchor.

>>> pip = Link("pip", "https://example.com/p", "Product page", "text/html")
>>> list(linkset("https://example.com/01/1", "Amoxil", [pip])["linkset"][0])
['anchor', 'itemDescription', 'https://gs1.org/voc/pip']
>>> choose([pip], "gs1:pip", accepted=[]) == [pip], choose([pip], "gs1:smpc", accepted=[])
(True, [])

Source: RFC 9264 (linkset+json); GS1-Conformant Resolver Standard 1.2, as our reference excerpts it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

GS1_VOC = "https://gs1.org/voc/"
LINKSET_TYPE = "application/linkset+json"
CONTEXT = "https://ref.gs1.org/standards/resolver/linkset-context"
ALL = frozenset({"linkset", "all"})


@dataclass(frozen=True, slots=True)
class Link:
    """One link: its type as a word of the GS1 Web Vocabulary, where it leads, and what is there."""

    relation: str
    href: str
    title: str
    media_type: str

    def as_json(self) -> dict[str, Any]:
        """A target object of RFC 9264."""
        return {"href": self.href, "title": self.title, "type": self.media_type, "hreflang": ["en"]}


def linkset(anchor: str, description: str, links: Sequence[Link]) -> dict[str, Any]:
    """All links of the thing at `anchor`, by their types in the order of `links`."""
    context: dict[str, Any] = {"anchor": anchor, "itemDescription": description}
    for one in links:
        context.setdefault(GS1_VOC + one.relation, []).append(one.as_json())
    return {"linkset": [context]}


def choose(links: Sequence[Link], link_type: str, *, accepted: Sequence[str]) -> list[Link]:
    """The links of the type that a client asks for: `pip`, `gs1:pip` or its URI.

    Of several, only those are left whose media type is among `accepted`, if any is.
    """
    word = link_type.removeprefix("gs1:").removeprefix(GS1_VOC).removeprefix("https://ref.gs1.org/voc/")
    found = [one for one in links if one.relation == word]
    fitting = [one for one in found if one.media_type in accepted]
    return fitting or found


def header_of_linkset(address: str) -> str:
    """The Link header that leads from a thing, or from one of its links, to all of them."""
    return f'<{address}>; rel="linkset"; type="{LINKSET_TYPE}"'


def header_of_context() -> str:
    """The Link header of a linkset, by which it can be read as JSON-LD."""
    return f'<{CONTEXT}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"'
