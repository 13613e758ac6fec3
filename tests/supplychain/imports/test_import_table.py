"""Products, parties and places from tables: every line accounted for, nothing by halves, and again changes nothing."""

import csv
import subprocess
import sys
import time
from io import StringIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command

from ledger.models import Entry
from supplychain.gs1.check_digit import check_digit
from supplychain.imports.master_csv import LAYOUTS, PARTIES, PLACES, PRODUCTS
from supplychain.imports.table_csv import read_table
from supplychain.management.commands import import_csv
from supplychain.models import Allocation, Item, NationalCode, Party, Place, Product
from supplychain.usecases.import_table import Account, import_table
from tests.factories import FORGER_GLN, GTIN, MAKER_GLN, OTHER_GTIN, WHOLESALER_GLN, Cast, make_product
from tests.supplychain.api.conftest import Callers, address, answered, api  # noqa: F401  (a fixture)
from tests.supplychain.pages.conftest import People, people  # noqa: F401  (a fixture)
from tests.workers import ROOT, environment_of_this_database

pytestmark = pytest.mark.django_db
NORTH, SOUTH = "9520002000019", "9520002000026"
PRODUCT_LINES = (
    f"GTIN;Product;Markets;National codes\n{GTIN};Amoxil;ch de;PZN 01234567|CIP:34009\n{OTHER_GTIN[1:]};Other;;\n"
)
PLACE_LINES = f"gln,name,city,country\n{NORTH},North,Basel,CH\n{SOUTH},South,Bern,CH\n"
PARTY_LINES = (
    "gln,name,roles,country,city,licence_expiry,company_prefixes\n"
    "9520004000000,Second Pharmacy,Pharmacy,CH,Chur,2030-12-31,9520004\n"
)


def accounts(actor, kind: str, text: str, *, dry_run: bool = False) -> list[Account]:
    rows = read_table([text.encode()], LAYOUTS[kind])
    return [one for some in import_table(actor=actor, kind=kind, rows=rows, dry_run=dry_run) for one in some]


def told(found: list[Account]) -> list[tuple[int, str, str]]:
    return [(one.line, one.fate.value, one.code) for one in found]


# --- Lines that cannot be taken ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "code", "words"),
    [
        ("9.52E+12;Amoxil;;", "ROUNDED", "format the column as text"),
        ("09520001000011;Amoxil;;", "CHECK_DIGIT", "check digit"),
        ("952000100001;Amoxil;;", "CHECK_DIGIT", "check digit"),
        ("4006381333931;Amoxil;;", "NOT_BRAND_OWNER", "company prefix"),
        (f"{GTIN};Amoxil;CHE;", "BAD_COUNTRY", "two letters"),
        (f"{GTIN};Amoxil;;PZN", "NATIONAL_CODE", "the scheme and the value"),
        (f"{GTIN};;;", "EMPTY_VALUE", "name is empty"),
    ],
)
def test_a_bad_line_is_named_and_the_others_come_in(cast: Cast, line: str, code: str, words: str) -> None:
    found = accounts(cast.maker, PRODUCTS, PRODUCT_LINES.replace(PRODUCT_LINES.splitlines()[1], line))
    assert told(found) == [(2, "refused", code), (3, "imported", "")]
    assert words in found[0].reason
    assert [one.gtin for one in Product.objects.all()] == [OTHER_GTIN]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("2030-12-31", "31.12.2030"), "DATE"),
        (("2030-12-31", "2030-02-30"), "DATE"),
        (("Pharmacy,CH", "Chemist,CH"), "UNKNOWN_ROLE"),
        (("9520004000000", "9520004000001"), "CHECK_DIGIT"),
        ((",CH,", ",Switzerland,"), "TOO_LONG"),
        ((",9520004\n", ",95E\n"), "BAD_COMPANY_PREFIX"),
    ],
)
def test_a_bad_party_is_not_admitted(cast: Cast, change: tuple[str, str], code: str) -> None:
    before = (Party.objects.count(), Entry.objects.count())
    assert told(accounts(cast.regulator, PARTIES, PARTY_LINES.replace(*change))) == [(2, "refused", code)]
    assert (Party.objects.count(), Entry.objects.count()) == before


def test_two_lines_about_one_thing_agree_or_the_second_is_refused(cast: Cast) -> None:
    lines = PLACE_LINES + f"{NORTH},North,Basel,ch\n{SOUTH},South,Biel,CH\n"
    found = accounts(cast.wholesaler, PLACES, lines)
    assert told(found)[2:] == [(4, "already_there", "REPEATED"), (5, "refused", "DUPLICATE_IN_FILE")]
    assert found[3].reason == f"Line 3 gives {SOUTH} the city 'Bern'; this line says 'Biel'"
    assert Place.objects.get(gln=SOUTH).city == "Bern"


def test_what_is_there_with_other_words_is_not_changed(cast: Cast) -> None:
    accounts(cast.maker, PRODUCTS, PRODUCT_LINES)
    again = accounts(cast.maker, PRODUCTS, PRODUCT_LINES.replace("Other", "Another").replace("ch de", "ch"))
    assert told(again) == [(2, "refused", "DIFFERS"), (3, "refused", "DIFFERS")]
    assert again[0].reason == f"{GTIN} is registered already, with markets ['CH', 'DE']; this line says ['CH']"


@pytest.mark.parametrize(
    ("who", "kind", "lines", "code"),
    [
        ("forger", PRODUCTS, PRODUCT_LINES, "NOT_BRAND_OWNER"),
        ("wholesaler", PRODUCTS, PRODUCT_LINES, "ROLE_NOT_ALLOWED"),
        ("maker", PARTIES, PARTY_LINES, "ROLE_NOT_ALLOWED"),
        ("regulator", PLACES, PLACE_LINES, "ROLE_NOT_ALLOWED"),
    ],
)
def test_an_import_may_do_no_more_than_its_party(cast: Cast, who: str, kind: str, lines: str, code: str) -> None:
    found = accounts(getattr(cast, who), kind, lines)
    assert {one.code for one in found} == {code}
    assert not Product.objects.exists()


def test_a_forger_cannot_say_that_anothers_product_is_his(cast: Cast) -> None:
    accounts(cast.maker, PRODUCTS, PRODUCT_LINES)
    assert {one.code for one in accounts(cast.forger, PRODUCTS, PRODUCT_LINES)} == {"DUPLICATE_PRODUCT"}


# --- Lines that come in -----------------------------------------------------------------------------------------------


def test_the_same_file_again_finds_everything_there(cast: Cast) -> None:
    for actor, kind, lines in (
        (cast.maker, PRODUCTS, PRODUCT_LINES),
        (cast.wholesaler, PLACES, PLACE_LINES),
        (cast.regulator, PARTIES, PARTY_LINES),
    ):
        assert {one.fate.value for one in accounts(actor, kind, lines)} == {"imported"}
        before = Entry.objects.count()
        assert {one.fate.value for one in accounts(actor, kind, lines)} == {"already_there"}
        assert Entry.objects.count() == before
    assert Product.objects.get(gtin=GTIN).markets == ["CH", "DE"]
    assert set(NationalCode.objects.values_list("scheme", "value")) == {("PZN", "01234567"), ("CIP", "34009")}
    assert Party.objects.get(gln="9520004000000").keyid


def test_a_dry_run_says_the_same_and_stores_nothing(cast: Cast) -> None:
    lines = PLACE_LINES + "1,Bad,,CH\n"
    dry = accounts(cast.wholesaler, PLACES, lines, dry_run=True)
    assert not Place.objects.filter(gln=NORTH).exists()
    assert accounts(cast.wholesaler, PLACES, lines) == dry


def test_the_look_at_what_is_there_is_one_query_for_a_chunk(cast: Cast, django_assert_max_num_queries) -> None:
    lines = "gln,name,city,country\n" + f"{NORTH},North,Basel,CH\n" * 100
    accounts(cast.wholesaler, PLACES, lines)
    with django_assert_max_num_queries(3):
        assert len(accounts(cast.wholesaler, PLACES, lines)) == 100


# --- By command -------------------------------------------------------------------------------------------------------


def run(kind: str, file: Path, gln: str, **options: object) -> str:
    out = StringIO()
    call_command("import_csv", kind, file, party=gln, stdout=out, **options)
    return out.getvalue()


def written(folder: Path, text: str | bytes) -> Path:
    file = folder / "table.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def test_the_command_accounts_for_every_line(cast: Cast, tmp_path: Path) -> None:
    file, report = written(tmp_path, PLACE_LINES + "=1+1,Evil,,CH\n"), tmp_path / "report.csv"
    with pytest.raises(CommandError, match="1 of 3 lines were refused") as ended:
        run(PLACES, file, WHOLESALER_GLN, report=report)
    assert ended.value.returncode == 1
    rows = list(csv.reader(StringIO(report.read_text())))
    assert [row[:3] for row in rows] == [
        ["line", "outcome", "code"],
        ["2", "imported", ""],
        ["3", "imported", ""],
        ["4", "refused", "LENGTH"],
    ]
    assert rows[3][3].startswith("'=")  # a spreadsheet must not run it
    assert "0 imported, 2 already there, 0 refused" in run(PLACES, written(tmp_path, PLACE_LINES), WHOLESALER_GLN)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"PK\x03\x04 xlsx", "NOT_TEXT"),
        (b"", "EMPTY"),
        (b"gln,name,country\n" + b"x" * 3_000, "TOO_LARGE"),
        (b"gln;city\n", "MISSING_COLUMNS"),
    ],
)
def test_a_file_that_is_no_such_table_ends_with_2(
    cast: Cast, tmp_path: Path, settings, data: bytes, words: str
) -> None:
    settings.IMPORT_MAX_BYTES = 2_000
    with pytest.raises(CommandError, match=words) as ended:
        run(PLACES, written(tmp_path, data), WHOLESALER_GLN)
    assert ended.value.returncode == 2


def test_files_and_parties_that_are_not_there_are_named(cast: Cast, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be opened"):
        run(PLACES, tmp_path / "nowhere.csv", WHOLESALER_GLN)
    with pytest.raises(CommandError, match="cannot be opened"):
        run(PLACES, written(tmp_path, PLACE_LINES), WHOLESALER_GLN, report=tmp_path / "no" / "report.csv")
    with pytest.raises(CommandError, match="no such party"):
        run(PLACES, written(tmp_path, PLACE_LINES), "1234567890123")
    assert not Place.objects.filter(gln=NORTH).exists()


def test_ctrl_c_keeps_what_is_done_and_the_next_run_goes_on(cast: Cast, tmp_path: Path, monkeypatch) -> None:
    glns = [f"952000200{number:03d}" for number in range(250)]
    lines = [f"{gln}{check_digit(gln)},Site {gln},,CH" for gln in glns if gln != "952000200000"]
    file = written(tmp_path, "gln,name,city,country\n" + "\n".join(lines))

    def pressed(**parameters):
        for number, some in enumerate(import_table(**parameters)):
            yield some
            if number == 1:
                raise KeyboardInterrupt

    monkeypatch.setattr(import_csv, "import_table", pressed)
    with pytest.raises(CommandError, match="Interrupted after 200 lines") as ended:
        run(PLACES, file, WHOLESALER_GLN)
    assert ended.value.returncode == 130
    monkeypatch.undo()
    assert "49 imported, 200 already there" in run(PLACES, file, WHOLESALER_GLN)


# --- Serial numbers by command ----------------------------------------------------------------------------------------


def test_a_serial_list_is_issued_once_however_often_the_command_runs(cast: Cast, tmp_path: Path) -> None:
    make_product(cast.maker)
    file = written(tmp_path, "serial_number\nA1\nA2\n")
    assert "2 serial numbers issued" in run("serials", file, MAKER_GLN, gtin=GTIN)
    assert "were issued from this file before" in run("serials", file, MAKER_GLN, gtin=GTIN)
    assert (Allocation.objects.count(), Item.objects.count()) == (1, 2)


@pytest.mark.parametrize(
    ("text", "gln", "words"),
    [
        ("serial\nA1\nA1\n", MAKER_GLN, "line 3: 'A1' The same serial stands on line 2"),
        ("serial\nA1\n", FORGER_GLN, "NOT_BRAND_OWNER"),
        ("serial\n", MAKER_GLN, "no serial numbers"),
    ],
)
def test_a_bad_serial_list_issues_nothing(cast: Cast, tmp_path: Path, text: str, gln: str, words: str) -> None:
    make_product(cast.maker)
    with pytest.raises(CommandError, match="Nothing was stored") as ended:
        run("serials", written(tmp_path, text), gln, gtin=GTIN)
    assert words in str(ended.value)
    assert not Item.objects.exists()


def test_serials_that_the_database_has_are_named(cast: Cast, tmp_path: Path) -> None:
    make_product(cast.maker)
    run("serials", written(tmp_path, "A1\nA2\n"), MAKER_GLN, gtin=GTIN)
    with pytest.raises(CommandError, match="2 lines were refused") as ended:
        run("serials", written(tmp_path, "A3\nA2\nA4\nA1\n"), MAKER_GLN, gtin=GTIN)
    assert "line 2: 'A2' This serial was issued or used before" in str(ended.value)
    assert "line 4: 'A1'" in str(ended.value)
    for gtin in (None, "123", OTHER_GTIN):
        with pytest.raises(CommandError):
            run("serials", written(tmp_path, "A9\n"), MAKER_GLN, gtin=gtin)


# --- By API and by page -----------------------------------------------------------------------------------------------


def post_csv(caller, path: str, body: bytes, content_type: str = "text/csv"):
    return answered(caller.client.post(address(path), body, content_type=content_type, headers=caller.headers))


def test_a_table_over_the_api_is_reported_line_by_line(cast: Cast, api: Callers) -> None:  # noqa: F811
    body = (PLACE_LINES + "3.57E+12,Bad,,CH\n").encode()
    dry = post_csv(api.wholesaler, "imports/places?dry_run=true", body)
    answer = post_csv(api.wholesaler, "imports/places", body)
    assert (answer.status, answer.body) == (200, dry.body)
    assert {name: answer.body[name] for name in ("lines", "imported", "already_there", "refused")} == {
        "lines": 3,
        "imported": 2,
        "already_there": 0,
        "refused": 1,
    }
    assert answer.body["reasons"][0]["line"] == 4
    assert answer.body["reasons"][0]["code"] == "ROUNDED"
    assert post_csv(api.wholesaler, "imports/places", body).body["already_there"] == 2


@pytest.mark.parametrize(
    ("path", "body", "content_type", "status"),
    [
        ("imports/fish", b"gln\n", "text/csv", 404),
        ("imports/places", b"PK\x03\x04", "text/csv", 422),
        ("imports/places", b"", "text/csv", 422),
        ("imports/places", b"{}", "application/json", 415),
        ("imports/places", b"gln,name,country\n" + b"x" * 5_000, "text/csv", 413),
    ],
)
def test_bad_bodies_are_refused(cast: Cast, api: Callers, settings, path, body, content_type, status) -> None:  # noqa: F811
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 4_000
    assert post_csv(api.wholesaler, path, body, content_type).status == status


def test_a_file_by_page_is_reported_line_by_line(cast: Cast, people: People) -> None:  # noqa: F811
    def upload(text: bytes, **more: str):
        file = SimpleUploadedFile("places.csv", text, content_type="text/csv")
        return people.wholesaler.post("/import", kind=PLACES, file=file, **more)

    bad = upload((PLACE_LINES + "952,Bad,,CH\n").encode())
    assert bad.status == 422
    assert "Lines 3 Imported 2 There already 0 Refused 1" in bad.text
    assert "4 952" in bad.text
    good = upload(PLACE_LINES.encode("utf-16"))
    assert (good.status, "There already 2" in good.text, "Every line is in." in good.text) == (200, True, True)
    assert "save the sheet as CSV" in upload(b"PK\x03\x04").text


def test_each_party_is_offered_what_it_may_import(cast: Cast, people: People) -> None:  # noqa: F811
    assert 'value="parties"' in people.regulator.get("/import").html
    assert 'value="products"' not in people.regulator.get("/import").html
    assert 'value="parties"' not in people.maker.get("/import").html
    file = SimpleUploadedFile("p.csv", PARTY_LINES.encode())
    assert people.maker.post("/import", kind=PARTIES, file=file).status == 422
    assert not Party.objects.filter(gln="9520004000000").exists()


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_more_lines_than_anybody_waits_for_are_refused_before_the_first(
    cast: Cast,
    api: Callers,  # noqa: F811
    people: People,  # noqa: F811
    end: str,
) -> None:
    body = PLACE_LINES.replace("\n", end).encode() + f"{NORTH},North,Basel,CH{end}".encode() * 5_000
    answer = post_csv(api.wholesaler, "imports/places", body)
    assert (answer.status, "TOO_MANY_ROWS" in str(answer.body)) == (422, True)
    page = people.wholesaler.post("/import", kind=PLACES, file=SimpleUploadedFile("p.csv", body))
    assert (page.status, "TOO_MANY_ROWS" in page.text) == (422, True)
    assert not Place.objects.filter(gln=NORTH).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.faults
def test_a_killed_import_goes_on_where_it_stopped(cast: Cast, tmp_path: Path) -> None:
    glns = [f"95200020{number:04d}" for number in range(1, 1_200)]
    lines = [f"{gln}{check_digit(gln)},Site {gln},,CH" for gln in glns if gln != WHOLESALER_GLN[:-1]]
    file = written(tmp_path, "gln,name,city,country\n" + "\n".join(lines))
    command = [sys.executable, "manage.py", "import_csv", PLACES, str(file), "--party", WHOLESALER_GLN]
    started = subprocess.Popen(
        command, cwd=ROOT, env=environment_of_this_database(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    deadline, before = time.monotonic() + 60, Place.objects.count()
    while Place.objects.count() == before:
        assert started.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < deadline
    started.kill()
    started.wait()
    there = Place.objects.count() - before
    assert 0 < there < len(lines)
    assert there % 100 == 0  # whole chunks
    assert f"{len(lines) - there:,} imported, {there:,} already there, 0 refused" in run(PLACES, file, WHOLESALER_GLN)
