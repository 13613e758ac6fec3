"""A table of products, parties or places comes in: each line wholly or not at all, and every line accounted for.

Each line goes through the use case that a form goes through, so that a rule is written once. Broken off anywhere, the
import goes on when it is run again: what is there already is said to be there.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from supplychain.acts import Actor, Refused
from supplychain.gs1.errors import GS1Error
from supplychain.gs1.identifiers import Gtin
from supplychain.imports.master_csv import KEY, PARTIES, PLACES, PRODUCTS, READERS, UnreadableCellError
from supplychain.imports.table_csv import BadRow, TableRow
from supplychain.models import Party, Place, Product
from supplychain.stock import chunks
from supplychain.usecases.import_products import Fate
from supplychain.usecases.register_party import register_party
from supplychain.usecases.register_place import register_place
from supplychain.usecases.register_product import register_product

CHUNK = 100  # lines in one transaction: what an interruption can cost
REGISTER: Mapping[str, Callable[..., Any]] = {
    PRODUCTS: register_product,
    PARTIES: register_party,
    PLACES: register_place,
}
# What a stored row must say for the line to be there already.
COMPARED: Mapping[str, tuple[str, ...]] = {
    PRODUCTS: ("name", "generic_name", "strength", "form", "markets"),
    PARTIES: ("name", "roles", "country", "licence_number", "licence_expiry", "company_prefixes"),
    PLACES: ("name", "city", "country"),
}


@dataclass(frozen=True, slots=True)
class Account:
    """What became of one line: `value` is what it is about, `code` and `reason` say why it was not imported."""

    line: int
    fate: Fate
    value: str
    code: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Said:
    """What a line of the file said, for the lines that come after it."""

    line: int
    wish: dict[str, Any]


def import_table(
    *, actor: Actor, kind: str, rows: Iterable[TableRow | BadRow], dry_run: bool = False
) -> Iterator[list[Account]]:
    """Bring in `rows` of the `kind` (of `imports.master_csv`) for `actor`; yields the accounts of each chunk.

    What was yielded is stored. With `dry_run` nothing is, and the answers are the same.
    """
    said: dict[str, _Said] = {}
    for some in chunks(rows, CHUNK):
        with transaction.atomic():
            accounts = _import_chunk(actor, kind, some, said)
            if dry_run:
                transaction.set_rollback(True)
        yield accounts


def _import_chunk(actor: Actor, kind: str, rows: list[TableRow | BadRow], said: dict[str, _Said]) -> list[Account]:
    known = _known(actor, kind, [stored_key(kind, row.values.get(KEY[kind], "")) for row in rows])
    return [_import_row(actor, kind, row, said, known) for row in rows]


def _import_row(
    actor: Actor, kind: str, row: TableRow | BadRow, said: dict[str, _Said], known: Mapping[str, Any]
) -> Account:
    if isinstance(row, BadRow):
        return Account(row.line, Fate.REFUSED, row.value or row.values.get(KEY[kind], ""), row.code, row.reason)
    try:
        wish = READERS[kind](row)
    except UnreadableCellError as error:
        return Account(row.line, Fate.REFUSED, error.value, error.code, str(error))
    value = stored_key(kind, wish[KEY[kind]])
    before = said.setdefault(value, _Said(row.line, wish))
    if before.line != row.line:
        return _repeated(row.line, value, before, wish)
    if (there := known.get(value)) is not None:
        return _compared(row.line, value, {name: getattr(there, name) for name in COMPARED[kind]}, wish)
    try:
        REGISTER[kind](actor=actor, **wish)
    except Refused as refusal:
        return Account(row.line, Fate.REFUSED, value, refusal.code, str(refusal))
    return Account(row.line, Fate.IMPORTED, value)


def _repeated(line: int, value: str, before: _Said, wish: Mapping[str, Any]) -> Account:
    if (other := _find_difference(before.wish, wish)) is None:
        return Account(line, Fate.ALREADY_THERE, value, "REPEATED", f"Line {before.line} says the same of {value}")
    reason = f"Line {before.line} gives {value} the {other} {before.wish[other]!r}; this line says {wish[other]!r}"
    return Account(line, Fate.REFUSED, value, "DUPLICATE_IN_FILE", reason)


def _compared(line: int, value: str, there: Mapping[str, Any], wish: Mapping[str, Any]) -> Account:
    if (other := _find_difference(there, wish)) is None:
        return Account(line, Fate.ALREADY_THERE, value)
    reason = f"{value} is registered already, with {other} {there[other]!r}; this line says {wish[other]!r}"
    return Account(line, Fate.REFUSED, value, "DIFFERS", reason)


def _find_difference(there: Mapping[str, Any], wish: Mapping[str, Any]) -> str | None:
    return next((name for name, said in there.items() if name in wish and wish[name] != said), None)


def stored_key(kind: str, text: str) -> str:
    """The number as it is stored: a GTIN of any length has 14 digits, a GLN stands as it is."""
    if kind != PRODUCTS:
        return text
    try:
        return Gtin.parse(text).digits
    except GS1Error:
        return text


def _known(actor: Actor, kind: str, keys: Sequence[str]) -> Mapping[str, Any]:
    """What is there already of one's own, by key: one query for a chunk. Of others' the use case decides."""
    if kind == PRODUCTS:
        return {one.gtin: one for one in Product.objects.filter(gtin__among=keys, brand_owner=actor.party)}
    if kind == PARTIES:
        return {one.gln: one for one in Party.objects.filter(gln__among=keys).exclude(keyid="")}
    return {one.gln: one for one in Place.objects.filter(gln__among=keys, party=actor.party)}
