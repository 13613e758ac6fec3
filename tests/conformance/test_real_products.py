"""1,770 packages on the market of the United States: each GTIN has a right check digit and follows from its NDC."""

import csv
from pathlib import Path

import pytest
from stdnum import ean

from supplychain.gs1.identifiers import Gtin
from supplychain.gs1.ndc import gtin_from_ndc

pytestmark = pytest.mark.conformance


@pytest.fixture
def products(shared_folder: Path) -> list[dict[str, str]]:
    path = shared_folder / "realdata" / "products" / "us_products_ndc_gtin.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_gtin_on_the_market_is_valid_for_us_and_for_a_library_that_we_did_not_write(
    products: list[dict[str, str]],
) -> None:
    assert len(products) == 1770
    for product in products:
        assert Gtin(product["gtin14"]) == Gtin.parse(product["gtin14"].removeprefix("0"))
        assert ean.is_valid(product["gtin14"])


def test_every_gtin_follows_from_its_ndc(products: list[dict[str, str]]) -> None:
    for product in products:
        assert gtin_from_ndc(product["package_ndc"]).digits == product["gtin14"], product["package_ndc"]
