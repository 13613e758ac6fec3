"""The companies behind the lines of a national register: one party for each, with a GLN that follows from its number.

The labeler code, the first segment of an NDC, is the company's number with the FDA; the name is only how somebody wrote
it that day. `03` and the code are a GS1 company prefix, and a company prefix has one owner.

>>> gln_of("57687")
'0357687000008'

Source: 21 CFR 207.33 (labeler code); GS1 General Specifications, section 1.4.3 (one company, one prefix).
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from supplychain.gs1.check_digit import check_digit
from supplychain.imports.product_csv import ProductRow


@dataclass(frozen=True, slots=True)
class Labeler:
    """One company: all labeler codes and all names that the file connects. `name` is the one on most lines."""

    name: str
    other_names: tuple[str, ...]
    codes: tuple[str, ...]  # in ascending order


def find_labelers(rows: Sequence[ProductRow]) -> list[Labeler]:
    """The companies of the file.

    Lines with one labeler code are of one company, however its name is written (`Walgreens`, `Walgreen Co`): two
    parties with one company prefix could make each other's packs, and would number their pallets alike. Lines with one
    name are of one company, however many codes it has. So each line is joined to those that share a code or a name.
    """
    parent: dict[str, str] = {}

    def root(key: str) -> str:
        parent.setdefault(key, key)
        while parent[key] != key:
            parent[key] = key = parent[parent[key]]
        return key

    for row in rows:
        # The two kinds of keys cannot meet: a code is digits, and a name has a mark in front.
        parent[root("=" + row.labeler)] = root(row.labeler_code)
    groups: dict[str, list[ProductRow]] = defaultdict(list)
    for row in rows:
        groups[root(row.labeler_code)].append(row)
    return [_labeler(group) for group in groups.values()]


def company_prefix_of(labeler_code: str) -> str:
    """The GS1 company prefix that GS1 US keeps for a labeler: `03` and its code."""
    return "03" + labeler_code


def gln_of(labeler_code: str) -> str:
    """A GLN-13 for a labeler: its company prefix, zeros as location reference, check digit. One code, one GLN."""
    body = company_prefix_of(labeler_code).ljust(12, "0")
    return body + check_digit(body)


def _labeler(rows: Sequence[ProductRow]) -> Labeler:
    """One company out of all its lines. Of names on equally many lines the first in the file is taken."""
    names = [name for name, _ in Counter(row.labeler for row in rows).most_common()]
    return Labeler(names[0], tuple(names[1:]), tuple(sorted({row.labeler_code for row in rows})))
