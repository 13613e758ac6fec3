from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supplychain.gs1.characters import CHARSET_82
from supplychain.gs1.check_digit import check_digit
from supplychain.gs1.digital_link import DigitalLink, canonical_epc, pack_url, parse_digital_link, parse_epc
from supplychain.gs1.errors import GS1Error
from supplychain.gs1.identifiers import Gtin, LotNumber, SerialNumber, Sgtin, Sscc

TODAY = date(2026, 11, 23)
GTIN = Gtin("09506000134352")
SSCC = Sscc("095060000000000015")
EPC = "https://id.gs1.org/01/09506000134352/21/"


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "https://id.gs1.org/",
        "https://id.gs1.org/01/09506000134352",  # a product, not a pack
        EPC,
        EPC + "B7/",
        EPC + "B7?",
        EPC + "B7#",
        EPC + "B7?17=280131",
        EPC + "B7/21/B8",
        EPC + "B%2f7",  # lower-case hex
        EPC + "B/7",  # a slash that should be encoded
        EPC + "B+7",
        EPC + "%42%37",  # letters that should not be encoded
        EPC + "B%7",  # a percent sign of its own
        EPC + "B%257E%",
        EPC + "~",  # unreserved, but in no serial number
        EPC + "%C3%A9",
        EPC + "%00",
        EPC + "x" * 21,
        EPC + "B7\n",
        EPC.replace("https", "http") + "B7",
        EPC.replace("https", "HTTPS") + "B7",
        EPC.replace("id.gs1.org", "ID.GS1.ORG") + "B7",
        EPC.replace("id.gs1.org", "id.gs1.org:443") + "B7",
        EPC.replace("id.gs1.org", "id.gs1.org.evil.example") + "B7",
        EPC.replace("https://", "https://a@") + "B7",
        EPC.replace("/01/", "/x/01/") + "B7",
        EPC.replace("/21/", "/10/L1/21/") + "B7",
        EPC.replace("0950", "950") + "B7",
        EPC.replace("134352", "134353") + "B7",
        "https://id.gs1.org/01/٠٩٥٠٦٠٠٠١٣٤٣٥٢/21/B7",
        "https://id.gs1.org/00/095060000000000014",
        "https://id.gs1.org/00/095060000000000015/",
        "https://id.gs1.org/00/095060000000000015?x",
        "https://id.gs1.org/00/09506000000000001%35",
        "https://id.gs1.org/414/9506000140445",
        "urn:epc:id:sgtin:9506000.013435.B7",
        "../../etc/passwd",
    ],
)
def test_an_epc_in_any_other_spelling_is_refused(uri: str) -> None:
    with pytest.raises(GS1Error) as caught:
        parse_epc(uri)
    assert caught.value.code == "NOT_CANONICAL_EPC"


def test_the_refusal_of_an_epc_says_what_is_wrong_with_it() -> None:
    with pytest.raises(GS1Error, match="check digit 3 is wrong, expected 2"):
        parse_epc("https://id.gs1.org/01/09506000134353/21/B7")
    with pytest.raises(GS1Error, match=r"expected https://id\.gs1\.org/01/<GTIN-14>/21/<serial number> or"):
        parse_epc("https://example.com/01/09506000134352/21/B7")


def test_the_epc_encodes_all_but_the_unreserved_in_upper_case() -> None:
    serial = SerialNumber("a-._/+%&?é".replace("é", "B"))
    assert canonical_epc(Sgtin(GTIN, serial)) == EPC + "a-._%2F%2B%25%26%3FB"
    assert canonical_epc(SSCC) == "https://id.gs1.org/00/095060000000000015"


SGTINS = st.builds(
    Sgtin,
    st.text("0123456789", min_size=13, max_size=13).map(lambda body: Gtin(body + check_digit(body))),
    st.text(sorted(CHARSET_82), min_size=1, max_size=20).map(SerialNumber),
)
SSCCS = st.text("0123456789", min_size=17, max_size=17).map(lambda body: Sscc(body + check_digit(body)))


@given(thing=SGTINS | SSCCS)
def test_an_epc_is_read_back_as_what_it_was_written_from(thing: Sgtin | Sscc) -> None:
    assert parse_epc(canonical_epc(thing)) == thing


@given(thing=SGTINS, data=st.data())
def test_a_changed_epc_is_refused_or_names_another_thing(thing: Sgtin, data: st.DataObject) -> None:
    uri = canonical_epc(thing)
    place = data.draw(st.integers(0, len(uri) - 1))
    changed = uri[:place] + data.draw(st.sampled_from("/%+aB0~ ")) + uri[place + 1 :]
    try:
        found = parse_epc(changed)
    except GS1Error:
        return
    assert (found == thing) == (changed == uri)


@given(
    gtin_and_serial=SGTINS,
    lot=st.text(sorted(CHARSET_82), min_size=1, max_size=20),
    expiry=st.dates(date(2000, 1, 1), date(2076, 12, 31)),
)
def test_what_is_printed_on_a_pack_is_what_a_scan_reads(gtin_and_serial: Sgtin, lot: str, expiry: date) -> None:
    url = pack_url("https://example.com", gtin_and_serial.gtin, LotNumber(lot), gtin_and_serial.serial_number, expiry)
    link = parse_digital_link(url, today=TODAY)

    assert link.sgtin == gtin_and_serial
    assert (link.lot_number, link.expiry, link.sscc) == (LotNumber(lot), expiry, None)


def test_the_pack_url_has_the_order_of_the_standard() -> None:
    arguments = (GTIN, LotNumber("L/1"), SerialNumber("B7"), date(2028, 1, 31))
    expected = "https://example.com/p/01/09506000134352/10/L%2F1/21/B7?17=280131"
    assert pack_url("https://example.com/p", *arguments) == pack_url("https://example.com/p/", *arguments) == expected


@pytest.mark.parametrize(
    "base_url", ["example.com", "", "https://", "https://a b", "https://a/?x=1", "https://a@b", "https://a//"]
)
def test_a_pack_url_needs_a_base_to_stand_on(base_url: str) -> None:
    with pytest.raises(GS1Error) as caught:
        pack_url(base_url, GTIN, LotNumber("L1"), SerialNumber("B7"), date(2028, 1, 31))
    assert caught.value.code == "URI"


@pytest.mark.parametrize(
    ("uri", "code"),
    [
        ("https://example.com/414/9506000140445", "OTHER_KEY"),
        ("https://example.com/8004/95060001343", "OTHER_KEY"),
        ("https://example.com/products/paracetamol", "NO_KEY"),
        ("https://example.com/01/09506000134353", "CHECK_DIGIT"),
        ("https://example.com/01/09506000134352?17=280132", "DATE"),
        ("not a uri", "URI"),
    ],
)
def test_a_link_to_no_pack_and_no_logistic_unit_is_refused(uri: str, code: str) -> None:
    with pytest.raises(GS1Error) as caught:
        parse_digital_link(uri, today=TODAY)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("uri", "link"),
    [
        ("https://example.com/01/09506000134352", DigitalLink(gtin=GTIN)),
        ("https://example.com/01/09506000134352/10/L1", DigitalLink(gtin=GTIN, lot_number=LotNumber("L1"))),
        ("https://example.com/01/09506000134352?17=270200", DigitalLink(gtin=GTIN, expiry=date(2027, 2, 28))),
        ("https://example.com/01/09506000134352/235/X", DigitalLink(gtin=GTIN)),
        ("https://example.com/00/095060000000000015?02=09506000134352&37=25&10=L1&17=280131", DigitalLink(sscc=SSCC)),
    ],
)
def test_a_link_says_what_it_names_and_no_more(uri: str, link: DigitalLink) -> None:
    assert parse_digital_link(uri, today=TODAY) == link
    assert link.sgtin is None


def test_the_year_of_the_expiry_depends_on_the_day_of_reading() -> None:
    uri = "https://example.com/01/09506000134352?17=760131"
    assert parse_digital_link(uri, today=date(2026, 1, 1)).expiry == date(2076, 1, 31)
    assert parse_digital_link(uri, today=date(2020, 1, 1)).expiry == date(1976, 1, 31)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, "NO_KEY"),
        ({"gtin": GTIN, "sscc": SSCC}, "NO_KEY"),
        ({"sscc": SSCC, "lot_number": LotNumber("L1")}, "OTHER_KEY"),
        ({"sscc": SSCC, "expiry": date(2028, 1, 31)}, "OTHER_KEY"),
    ],
)
def test_a_link_names_exactly_one_thing(fields: dict[str, object], code: str) -> None:
    with pytest.raises(GS1Error) as caught:
        DigitalLink(**fields)  # type: ignore[arg-type]
    assert caught.value.code == code
