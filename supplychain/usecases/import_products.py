"""An operator brings in a national register: products with their national codes, and their labelers as parties.

A labeler that nobody admitted has a GLN and company prefixes, but no role and no key: it can sign nothing until the
regulator admits it. A party that was admitted is never changed from here; its licence was checked, this file was not.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from django.db import IntegrityError, transaction

from supplychain.imports.labelers import Labeler, company_prefix_of, gln_of
from supplychain.imports.product_csv import ProductRow
from supplychain.models import NationalCode, Party, Product
from supplychain.stock import chunks

T = TypeVar("T")
SCHEME = "NDC"
MARKET = "US"
CHUNK = 500  # rows in one transaction: what an interruption can cost
ATTEMPTS = 3


class Fate(StrEnum):
    IMPORTED = "imported"
    ALREADY_THERE = "already_there"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one row; `code` and `reason` say why it was not imported."""

    row: ProductRow
    fate: Fate
    code: str = ""
    reason: str = ""


@dataclass(slots=True)
class Owners:
    """The party behind each labeler code, how many of them are new, and why some codes have none."""

    party_of: dict[str, Party] = field(default_factory=dict)
    new: int = 0
    refused: dict[str, str] = field(default_factory=dict)


def import_products(
    *, rows: Sequence[ProductRow], labelers: Sequence[Labeler], country: str = MARKET, dry_run: bool = False
) -> Iterator[Owners | list[Outcome]]:
    """Bring in `rows`, one for each GTIN, of `labelers`: yields the owners first, then the outcomes of each chunk.

    What was yielded is committed: broken off anywhere, the import goes on when it is run again. `country` is what an
    imported party gets until its admission says better. With `dry_run` nothing is written and the answers are the same.
    """
    owners = _again_if_beaten(lambda: _find_owners(labelers, country, dry_run=dry_run))
    yield owners
    for some in chunks(rows, CHUNK):
        yield _again_if_beaten(lambda some=some: _import_chunk(some, owners, dry_run=dry_run))  # type: ignore[misc]


def _again_if_beaten(step: Callable[[], T]) -> T:
    """Another import may register the same number between our look and our insert: then we look again."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction.atomic():
                return step()
        except IntegrityError:
            if attempt == ATTEMPTS:
                raise
    raise AssertionError("the loop above returns or raises")


def _find_owners(labelers: Sequence[Labeler], country: str, *, dry_run: bool) -> Owners:
    """The party of each labeler code: whoever has its company prefix, else a new party."""
    known = list(Party.objects.only("gln", "name", "keyid", "company_prefixes"))
    by_prefix = {prefix: party for party in reversed(known) for prefix in party.company_prefixes}
    by_gln = {party.gln: party for party in known}
    owners = Owners()
    new, grown = [], []
    for labeler in labelers:
        owned = {code: by_prefix[prefix] for code in labeler.codes if (prefix := company_prefix_of(code)) in by_prefix}
        owners.party_of |= owned
        missing = [code for code in labeler.codes if code not in owned]
        if not missing:
            continue
        home = next((party for party in owned.values() if not party.keyid), None)
        gln = gln_of(missing[0])
        if home is None and gln in by_gln:
            taken = f"GLN {gln}, which follows from labeler code {missing[0]}, belongs to {by_gln[gln].name}"
            owners.refused |= dict.fromkeys(missing, taken)
            continue
        if home is None:
            home = by_gln[gln] = Party(gln=gln, name=labeler.name, country=country)
            new.append(home)
        else:
            grown.append(home)
        home.company_prefixes = [*home.company_prefixes, *map(company_prefix_of, missing)]
        owners.party_of |= dict.fromkeys(missing, home)
    owners.new = len(new)
    if not dry_run:
        Party.objects.bulk_create(new)
        for party in grown:
            # Not if the regulator has admitted it this very moment: the prefixes are those that it checked, then.
            Party.objects.filter(pk=party.pk, keyid="").update(company_prefixes=party.company_prefixes)
    return owners


def _import_chunk(rows: Sequence[ProductRow], owners: Owners, *, dry_run: bool) -> list[Outcome]:
    """Five queries, however many rows."""
    products = Product.objects.filter(gtin__in=[row.gtin for row in rows]).select_related("brand_owner")
    by_gtin = {product.gtin: product for product in products}
    codes = NationalCode.objects.filter(scheme=SCHEME, value__in=[row.ndc for row in rows])
    gtin_of_ndc = dict(codes.values_list("value", "product__gtin"))
    outcomes = []
    for row in rows:
        outcomes.append(_judge(row, owners, by_gtin.get(row.gtin), gtin_of_ndc))
        if outcomes[-1].fate is Fate.IMPORTED:
            gtin_of_ndc[row.ndc] = row.gtin
    if not dry_run:
        _store([one.row for one in outcomes if one.fate is Fate.IMPORTED], owners)
    return outcomes


def _judge(row: ProductRow, owners: Owners, known: Product | None, gtin_of_ndc: dict[str, str]) -> Outcome:
    if (taken := owners.refused.get(row.labeler_code)) is not None:
        return Outcome(row, Fate.REFUSED, "GLN_TAKEN", taken)
    owner = owners.party_of[row.labeler_code]
    if known is not None and known.name == row.name and known.brand_owner_id == owner.pk:
        return Outcome(row, Fate.ALREADY_THERE)
    if known is not None:
        text = f"GTIN {row.gtin} is registered already, as {known.name!r} of {known.brand_owner.name}"
        return Outcome(row, Fate.REFUSED, "DUPLICATE_PRODUCT", text)
    if row.ndc in gtin_of_ndc:
        return Outcome(row, Fate.REFUSED, "NDC_TAKEN", f"NDC {row.ndc} stands for GTIN {gtin_of_ndc[row.ndc]} already")
    return Outcome(row, Fate.IMPORTED)


def _store(rows: Sequence[ProductRow], owners: Owners) -> None:
    products = Product.objects.bulk_create(
        Product(
            gtin=row.gtin,
            name=row.name,
            generic_name=row.generic_name,
            form=row.form,
            brand_owner=owners.party_of[row.labeler_code],
            markets=[MARKET],
        )
        for row in rows
    )
    NationalCode.objects.bulk_create(
        NationalCode(product=product, scheme=SCHEME, value=row.ndc, source_value=row.source_ndc)
        for product, row in zip(products, rows, strict=True)
    )
