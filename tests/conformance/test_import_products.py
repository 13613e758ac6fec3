"""The real register: 1,770 lines of openFDA's harmonised drug labels, as they were published."""

import csv
from collections import Counter
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from stdnum import ean

from supplychain.gs1.identifiers import Gln
from supplychain.models import NationalCode, Party, Product

pytestmark = [pytest.mark.django_db, pytest.mark.conformance]


@pytest.fixture
def register(shared_folder) -> Path:
    path = shared_folder / "realdata" / "products" / "us_products_ndc_gtin.csv"
    if not path.is_file():
        pytest.skip("no real data beside the project")
    return path


@pytest.fixture
def lines(register) -> list[dict[str, str]]:
    return list(csv.DictReader(register.read_text(encoding="utf-8").splitlines()))


def run(register: Path, report: Path) -> tuple[int, Counter[str], str]:
    """Exit status, outcomes of all lines, output."""
    out = StringIO()
    status = 0
    try:
        call_command("import_products", str(register), "--report", str(report), stdout=out)
    except CommandError as error:
        status = error.returncode
    outcomes = Counter(one["outcome"] for one in csv.DictReader(report.read_text().splitlines()))
    return status, outcomes, out.getvalue()


def test_every_line_of_the_real_register_is_accounted_for(register, lines, tmp_path):
    report = tmp_path / "report.csv"
    status, outcomes, out = run(register, report)
    gtins = {line["gtin14"] for line in lines}
    assert sum(outcomes.values()) == len(lines) == 1770
    # The register lists each package under every product of its label: 921 packages on 1,770 lines.
    assert outcomes == {"imported": 921, "already_there": 840, "refused": 9}
    assert Product.objects.count() == NationalCode.objects.count() == len(gtins) == 921
    assert {one.gtin for one in Product.objects.all()} == gtins
    # Nine lines give a package the name of another product of its label (Rifadin capsules as Rifadin IV).
    assert status == 1
    assert "line 1346: GTIN 00300680510302 is 'Rifadin' on line 1343; this line says 'Rifadin IV NOVAPLUS'" in out

    status, outcomes, _ = run(register, report)
    assert outcomes == {"already_there": 1761, "refused": 9}
    assert Product.objects.count() == 921


def test_each_product_has_the_name_that_its_own_line_gives_it(register, lines, tmp_path):
    run(register, tmp_path / "report.csv")
    own = {one["gtin14"]: one["brand"] for one in lines if one["package_ndc"].startswith(one["product_ndc"] + "-")}
    names = dict(Product.objects.values_list("gtin", "name"))
    assert len(own) == 916
    assert {gtin: names[gtin] for gtin in own} == own


def test_labelers_become_companies_with_one_owner_for_each_prefix(register, lines, tmp_path):
    _, _, out = run(register, tmp_path / "report.csv")
    codes = {line["package_ndc"].split("-")[0] for line in lines}
    names = {line["labeler"] for line in lines}
    prefixes = [prefix for party in Party.objects.all() for prefix in party.company_prefixes]
    assert (len(names), len(codes), Party.objects.count()) == (289, 257, 246)
    assert "289" in out
    assert "246 companies by labeler code, 246 of them new here" in out
    assert sorted(prefixes) == sorted(f"03{code}" for code in codes)
    for party in Party.objects.all():
        assert ean.is_valid(Gln(party.gln).digits)  # a second opinion on our check digits
        assert party.name in names
    for product in Product.objects.select_related("brand_owner"):
        assert ean.is_valid(product.gtin)
        assert any(product.gtin[1:].startswith(prefix) for prefix in product.brand_owner.company_prefixes)
    assert set(Party.objects.get(company_prefixes=["0349348", "0362011", "0370677"]).name) <= set("MmcCKkesson")


def test_the_sources_of_repackaged_goods_are_kept(register, lines, tmp_path):
    run(register, tmp_path / "report.csv")
    repackaged = {line["package_ndc"] for line in lines if line["source_ndc"]}
    kept = dict(NationalCode.objects.exclude(source_value="").values_list("value", "source_value"))
    assert set(kept) == repackaged
    assert max(map(len, kept.values())) == 49
