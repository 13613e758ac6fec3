"""`manage.py import_products`: every line accounted for, nothing twice, nothing of an admitted party changed."""

import csv
from io import StringIO
from itertools import count
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from supplychain.imports.labelers import find_labelers, gln_of
from supplychain.imports.product_csv import ProductRow
from supplychain.models import NationalCode, Party, Product
from supplychain.usecases.import_products import Fate, Owners, import_products
from supplychain.usecases.register_product import register_product

pytestmark = pytest.mark.django_db

HEADER = "gtin14,package_ndc,product_ndc,brand,generic,labeler,dosage_form,source_ndc\n"
SLEEP = "00357687242071,57687-242-07,57687-242,Rescue Sleep,flower,Nelson Bach,SOLUTION,\n"
PAIN = (
    "00363941519124,63941-519-12,63941-519,Pain Relief,Acetaminophen,VALUE MERCHANDISERS,TABLET,0378-6611;0378-6612\n"
)


def run(path: Path, *options: str) -> tuple[int, str, str]:
    """Exit status, output, and the last words."""
    out = StringIO()
    try:
        call_command("import_products", str(path), *options, stdout=out)
    except CommandError as error:
        return error.returncode, out.getvalue(), str(error)
    return 0, out.getvalue(), ""


def counts(out: str) -> list[str]:
    """Of the table: lines, imported, already there, refused."""
    return [line.split("│")[2].strip() for line in out.splitlines() if line.startswith("│")][:4]


@pytest.fixture
def file(tmp_path):
    names = (f"products-{number}.csv" for number in count())

    def write(*lines: str | bytes, header: str = HEADER) -> Path:
        path = tmp_path / next(names)
        path.write_bytes(b"".join(one.encode() if isinstance(one, str) else one for one in (header, *lines)))
        return path

    return write


def generated(number_of_rows: int, labelers: int = 3) -> list[ProductRow]:
    """Rows of real shape: valid GTINs and NDCs of `labelers` companies."""
    from supplychain.gs1.ndc import gtin_from_ndc

    rows = []
    for number in range(number_of_rows):
        ndc = f"{10000 + number % labelers}-{number // 100 % 1000:03d}-{number % 100:02d}"
        gtin, labeler = gtin_from_ndc(ndc).digits, f"Labeler {number % labelers}"
        rows.append(ProductRow(number + 2, gtin, ndc, "", f"Brand {number}", "", "", labeler, ""))
    return rows


def import_all(rows: list[ProductRow]) -> list[Fate]:
    steps = list(import_products(rows=rows, labelers=find_labelers(rows)))
    return [outcome.fate for step in steps if not isinstance(step, Owners) for outcome in step]


# --- What cannot be imported ------------------------------------------------------------------------------------------


def test_a_file_that_is_not_there_or_none_of_ours_ends_with_2(file, tmp_path):
    for path, words in [
        (tmp_path / "missing.csv", "No such file"),
        (tmp_path, "Is a directory"),
        (file(header=""), "empty"),
        (file(header="a;b\n"), "no column gtin14"),
    ]:
        status, out, last = run(path)
        assert (status, out) == (2, "")
        assert words in last
    assert not Party.objects.exists()


def test_a_report_that_cannot_be_written_is_known_before_anything_is_done(file, tmp_path):
    status, _, last = run(file(SLEEP), "--report", str(tmp_path / "no" / "report.csv"))
    assert (status, Product.objects.count()) == (2, 0)
    assert "cannot be written" in last


def test_bad_lines_are_refused_and_good_ones_imported(file, tmp_path):
    report = tmp_path / "report.csv"
    evil = '00357687242072,"=HYPERLINK(""http://evil"")",,Evil,,Evil,,\n'
    bad = SLEEP.replace("242071", "242072").encode().replace(b"Rescue", b"R\xe9scue")
    status, out, last = run(file(SLEEP, PAIN.replace("519124", "519125"), bad, evil), "--report", str(report))
    assert (status, last) == (1, "3 of 4 lines were refused")
    assert "line 3: GTIN '00363941519125': check digit 5 is wrong, expected 4 (CHECK_DIGIT)" in out
    assert [product.gtin for product in Product.objects.all()] == ["00357687242071"]
    lines = list(csv.DictReader(report.read_text().splitlines()))
    assert [(one["line"], one["outcome"], one["code"]) for one in lines] == [
        ("2", "imported", ""),
        ("3", "refused", "CHECK_DIGIT"),
        ("4", "refused", "ENCODING"),
        ("5", "refused", "CHECK_DIGIT"),
    ]
    assert lines[3]["ndc"].startswith("'=HYPERLINK")  # a spreadsheet shows it and does not run it


def test_another_name_for_a_known_gtin_is_refused(file):
    assert run(file(SLEEP))[0] == 0
    status, out, _ = run(file(SLEEP.replace("Rescue Sleep", "Placebo"), PAIN))
    assert status == 1
    assert "registered already, as 'Rescue Sleep' of Nelson Bach (DUPLICATE_PRODUCT)" in out
    assert set(Product.objects.values_list("name", flat=True)) == {"Rescue Sleep", "Pain Relief"}


def test_one_ndc_stands_for_one_gtin(file):
    outer = SLEEP.replace("00357687242071", "10357687242078")
    status, out, _ = run(file(SLEEP, outer))
    assert status == 1
    assert "NDC 57687-242-07 stands for GTIN 00357687242071 already (NDC_TAKEN)" in out
    assert run(file(outer))[0] == 1


def test_a_gln_that_somebody_else_has_is_not_taken_away(file):
    Party.objects.create(gln=gln_of("57687"), name="Squatter", country="CH")
    status, out, _ = run(file(SLEEP, PAIN))
    assert status == 1
    assert f"GLN {gln_of('57687')}, which follows from labeler code 57687, belongs to Squatter (GLN_TAKEN)" in out
    assert Party.objects.get(name="Squatter").products.count() == 0


def test_an_admitted_party_gets_its_products_but_is_not_changed(file, cast):
    maker = cast.maker.party
    maker.company_prefixes = ["9520001", "0357687"]
    maker.save()
    two_codes = PAIN.replace("VALUE MERCHANDISERS", "Nelson Bach")
    assert run(file(SLEEP, two_codes))[0] == 0
    maker.refresh_from_db()
    assert (maker.name, maker.company_prefixes) == ("Helvetia Pharma", ["9520001", "0357687"])
    assert Product.objects.get(gtin="00357687242071").brand_owner == maker
    other = Product.objects.get(gtin="00363941519124").brand_owner
    assert (other.name, other.gln, other.keyid) == ("Nelson Bach", gln_of("63941"), "")


# --- What is imported -------------------------------------------------------------------------------------------------


def test_a_package_becomes_a_product_and_its_labeler_a_party_that_may_not_sign_yet(file):
    assert run(file(SLEEP, PAIN))[0] == 0
    product = Product.objects.get(gtin="00363941519124")
    assert (product.name, product.generic_name, product.form) == ("Pain Relief", "Acetaminophen", "TABLET")
    assert product.markets == ["US"]
    code = product.national_codes.get()
    assert (code.scheme, code.value, code.source_value) == ("NDC", "63941-519-12", "0378-6611;0378-6612")
    party = product.brand_owner
    assert (party.name, party.gln, party.country) == ("VALUE MERCHANDISERS", gln_of("63941"), "US")
    assert (party.company_prefixes, party.keyid, party.roles) == (["0363941"], "", [])
    assert product.gtin[1:].startswith(party.company_prefixes[0])


def test_a_second_run_finds_everything_there(file):
    path = file(SLEEP, PAIN, SLEEP)
    assert run(path)[0] == 0
    before = (Product.objects.count(), Party.objects.count(), NationalCode.objects.count())
    status, out, _ = run(path)
    assert status == 0
    assert (Product.objects.count(), Party.objects.count(), NationalCode.objects.count()) == before == (2, 2, 2)
    assert counts(out) == ["3", "0", "3", "0"]


def test_a_dry_run_says_the_same_and_writes_nothing(file):
    path = file(SLEEP, PAIN, PAIN.replace("519124", "519125"))
    status, dry, _ = run(path, "--dry-run")
    assert (status, Product.objects.count(), Party.objects.count()) == (1, 0, 0)
    assert "nothing was written" in dry
    _, wet, _ = run(path)
    assert dry.splitlines()[1:] == wet.splitlines()


def test_a_company_found_under_a_new_code_keeps_its_gln_and_gets_the_prefix(file):
    run(file(SLEEP))
    run(file(SLEEP, PAIN.replace("VALUE MERCHANDISERS", "Nelson Bach")))
    party = Party.objects.get()
    assert (party.gln, party.company_prefixes) == (gln_of("57687"), ["0357687", "0363941"])
    assert party.products.count() == 2


def test_a_country_other_than_the_registers_may_be_given(file):
    run(file(SLEEP), "--country", "DE")
    assert Party.objects.get().country == "DE"


def test_nobody_sees_a_progress_bar_where_nobody_looks(file, capfd):
    run(file(SLEEP))
    assert capfd.readouterr().err == ""


# --- Many rows --------------------------------------------------------------------------------------------------------


def test_a_broken_off_import_goes_on_where_it_stopped():
    rows = generated(1200)
    steps = import_products(rows=rows, labelers=find_labelers(rows))
    assert isinstance(next(steps), Owners)
    next(steps)
    steps.close()  # type: ignore[attr-defined]
    assert Product.objects.count() == 500
    fates = import_all(rows)
    assert (fates.count(Fate.ALREADY_THERE), fates.count(Fate.IMPORTED)) == (500, 700)
    assert Product.objects.count() == NationalCode.objects.count() == 1200


def test_ctrl_c_keeps_what_is_done_and_says_so(file, tmp_path):
    report = tmp_path / "report.csv"
    path = file(*(f"{one.gtin},{one.ndc},,{one.name},,{one.labeler},,\n" for one in generated(1200)))
    released = 0

    def interrupt(execute, sql, params, many, context):
        nonlocal released
        released += sql.startswith("RELEASE SAVEPOINT")
        if released >= 2 and 'INSERT INTO "supplychain_product"' in sql:  # in the second chunk
            raise KeyboardInterrupt
        return execute(sql, params, many, context)

    with connection.execute_wrapper(interrupt):
        status, out, last = run(path, "--report", str(report))
    assert (status, out) == (130, "")
    assert last == "Interrupted after 500 lines; they are stored. Run it again to go on"
    assert Product.objects.count() == len(report.read_text().splitlines()) - 1 == 500
    assert counts(run(path)[1]) == ["1,200", "700", "500", "0"]


def test_an_import_that_another_one_beat_to_a_number_looks_again():
    rows = generated(20)
    beaten = 0

    def beat(execute, sql, params, many, context):
        nonlocal beaten
        if 'INSERT INTO "supplychain_product"' in sql and beaten < 2:
            beaten += 1
            raise IntegrityError("somebody else was quicker")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(beat):
        assert set(import_all(rows)) == {Fate.IMPORTED}
    assert (beaten, Product.objects.count()) == (2, 20)


def test_the_number_of_queries_depends_on_chunks_and_not_on_rows():
    counts = []
    for start, size in ((0, 100), (100, 500)):
        rows = generated(600)[start : start + size]
        with CaptureQueriesContext(connection) as queries:
            assert set(import_all(rows)) == {Fate.IMPORTED}
        counts.append(len([one for one in queries.captured_queries if "SAVEPOINT" not in one["sql"]]))
    # SQLite takes fewer values in one statement than PostgreSQL, so a chunk may be a few inserts.
    assert counts[1] - counts[0] <= 12


def test_a_product_that_its_maker_registered_is_already_there(cast, file):
    maker = cast.maker.party
    maker.company_prefixes = ["0357687"]
    maker.save()
    register_product(
        actor=cast.maker, gtin="00357687242071", name="Rescue Sleep", national_codes={"NDC": "57687-242-07"}
    )
    status, out, _ = run(file(SLEEP))
    assert (status, Product.objects.count(), Party.objects.filter(name="Nelson Bach").count()) == (0, 1, 0)
    assert counts(out) == ["1", "0", "1", "0"]
