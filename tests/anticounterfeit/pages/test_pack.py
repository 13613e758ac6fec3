"""The public page of a pack, over HTTP: what its QR code opens."""

import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from supplychain.acts import Request
from supplychain.models import Batch, Item, Party
from supplychain.stock import epc_of
from supplychain.usecases.commission import commission
from tests.anticounterfeit.story import WAY, Story, item_of, path_of, publish, tell
from tests.factories import (
    GTIN,
    LOT,
    PASSWORD,
    Cast,
    commissioned,
    handed_over,
    make_batch,
    make_product,
    pack_epc,
    packed,
    serials,
    shipped,
)

JSON = {"accept": "application/json"}


@pytest.fixture
def story(cast: Cast) -> Story:
    told = tell(cast)
    publish()
    return told


def ask(client: Client, path: str):
    """The answer for programs, and the same for people, which must agree."""
    answer = client.get(path, headers=JSON)
    page = client.get(path)
    assert page.status_code == answer.status_code
    assert answer["Content-Type"] == "application/json"
    assert page["Content-Type"] == "text/html; charset=utf-8"
    verdict = answer.json()["verdict"]
    html = page.content.decode()
    assert f'class="verdict verdict-{verdict["severity"]}"' in html
    assert f'class="mono">{verdict["code"]}' in html
    return answer, html


def verdict_of(client: Client, path: str) -> tuple[str, str, str | None]:
    verdict = ask(client, path)[0].json()["verdict"]
    return verdict["code"], verdict["severity"], verdict["alert"]


def without_lot(path: str) -> str:
    return re.sub(r"/10/[^/]+", "", path).partition("?")[0]


# --- Hostile ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/01/09520001000011/21/B7", "check digit"),
        ("/01/09520001000010/21/B7?17=281301", "month 13"),
        ("/01/09520001000010/", "web address"),
        ("/01/9520001000010/21/B7", "expected 14"),
        ("/01/09520001000010/21/B7?21=B8", "21"),
        ("/01/09520001000010/21/" + "Z" * 21, "20"),
        ("/01/%3Cscript%3Ealert(1)%3C/script%3E", ""),
        ("/00/123", "18"),
        ("/01/09520001000010/21/%00", ""),
    ],
)
def test_a_code_that_cannot_be_read_is_refused_with_the_reason_and_no_alarm(client, cast, path, words):
    answer, html = ask(client, path)
    assert answer.status_code == 400
    assert answer.json()["verdict"]["code"] == "UNREADABLE"
    assert answer.json()["verdict"]["alert"] is None
    assert words in answer.json()["verdict"]["reason"]
    assert "<script>alert" not in html


@pytest.mark.parametrize("path", [f"/01/{GTIN}/21/B7/10/L1", f"/01/{GTIN}/21/%FF%FE"])
def test_a_server_that_keeps_the_request_line_lets_us_see_more_of_what_is_wrong(client, cast, path):
    answer = client.get(path, headers=JSON, REQUEST_URI=path)
    assert answer.status_code == 400
    assert answer.json()["verdict"]["code"] == "UNREADABLE"


def test_an_unknown_product_is_not_found_and_no_forgery(client, cast):
    assert client.get("/01/09506000134352/21/B7").status_code == 404
    assert verdict_of(client, "/01/09506000134352/21/B7") == ("UNKNOWN_PRODUCT", "info", None)


def test_a_made_up_serial_number_is_an_alarm(client, story):
    assert client.get(f"/01/{GTIN}/10/{LOT}/21/MADEUP").status_code == 200
    assert verdict_of(client, f"/01/{GTIN}/10/{LOT}/21/MADEUP") == ("UNKNOWN_SERIAL", "bad", "A3")
    assert verdict_of(client, f"/01/{GTIN}/21/MADEUP") == ("UNKNOWN_SERIAL", "bad", "A3")


def test_a_true_serial_number_under_another_lot_shows_neither_the_true_lot_nor_the_story(client, story):
    path = path_of(story.left).replace(f"/10/{LOT}/", "/10/OTHER/")
    answer, html = ask(client, path)
    assert answer.json()["verdict"]["code"] == "BATCH_MISMATCH"
    assert answer.json()["verdict"]["alert"] == "A68"
    assert answer.json()["batch"] is None
    assert answer.json()["steps"] == []
    assert answer.json()["pedigree"] is None
    assert LOT not in html


def test_a_true_serial_number_with_another_expiry_does_not_tell_the_true_one(client, story):
    answer, html = ask(client, path_of(story.left).partition("?")[0] + "?17=391231")
    assert (answer.json()["verdict"]["code"], answer.json()["verdict"]["alert"]) == ("EXPIRY_MISMATCH", "A52")
    batch = item_of(story.left).batch
    assert batch is not None
    assert batch.expiry.isoformat() not in html


def test_guessing_is_slowed_down(client, cast, settings):
    settings.PAGE_RATE = "3/m"
    paths = [f"/01/{GTIN}/21/GUESS{number}" for number in range(5)]
    assert [client.get(path).status_code for path in paths] == [404, 404, 404, 429, 429]
    limited = client.get(paths[0], headers=JSON)
    assert limited.status_code == 429
    assert limited["Content-Type"].startswith("application/")
    assert int(limited["Retry-After"]) > 0


def test_the_page_is_for_looking_only(client, story):
    assert client.post(path_of(story.left)).status_code == 405


def test_names_are_for_those_who_took_part(client, story):
    html = client.get(path_of(story.dispensed)).content.decode()
    assert "Corner Pharmacy" not in html
    assert "Alpine Wholesale" not in html
    assert story.pallet[-18:] not in html
    assert story.cases[0][-18:] not in html


@pytest.mark.parametrize(
    ("who", "seen", "hidden"),
    [
        ("forger", [], ["Alpine Wholesale", "Corner Pharmacy"]),
        ("maker", ["Alpine Wholesale"], ["Corner Pharmacy"]),
        ("pharmacy", ["Alpine Wholesale", "Corner Pharmacy"], []),
        ("regulator", ["Alpine Wholesale", "Corner Pharmacy"], []),
    ],
)
def test_each_party_sees_one_up_and_one_down(client, story, who, seen, hidden):
    assert client.login(username=who, password=PASSWORD)
    answer = client.get(path_of(story.dispensed), headers=JSON).json()
    names = {
        party["name"] for step in answer["steps"] for party in (step["by"], step["to"]) if party and "name" in party
    }
    assert set(seen) <= names
    assert not names & set(hidden)


# --- Late uploads, recalls, ends --------------------------------------------------------------------------------------


def test_a_lot_that_was_not_reported_yet_is_no_alarm(client, cast):
    make_product(cast.maker)
    assert verdict_of(client, f"/01/{GTIN}/10/LATE/21/B7") == ("NOT_REPORTED_YET", "info", "A2")
    make_batch(cast.maker, lot_number="LATE")
    assert verdict_of(client, f"/01/{GTIN}/10/LATE/21/B7") == ("NOT_REPORTED_YET", "info", "A3")
    commissioned(cast.maker, 1, batch=Batch.objects.get(lot_number="LATE"))
    assert verdict_of(client, f"/01/{GTIN}/10/LATE/21/B0000000")[0] == "MATCHES"


@pytest.mark.parametrize(("state", "code"), [("recalled", "RECALLED"), ("withdrawn", "WITHDRAWN")])
def test_a_batch_that_was_called_back_is_red_and_no_forgery(client, story, state, code):
    Batch.objects.update(state=state)
    for epc in (story.left, story.dispensed):
        assert verdict_of(client, path_of(epc)) == (code, "bad", None)


def test_an_expired_pack_is_red_and_no_forgery(client, story):
    Batch.objects.update(expiry=timezone.localdate() - timedelta(days=1))
    assert verdict_of(client, path_of(story.left)) == ("EXPIRED", "bad", None)


def test_a_maker_that_was_only_imported_reports_nothing(client, cast):
    make_product(cast.maker)
    Party.objects.filter(pk=cast.maker.party.pk).update(keyid="")
    assert verdict_of(client, f"/01/{GTIN}/10/{LOT}/21/B7") == ("NOT_FOLLOWED", "info", None)


# --- Honest packs -----------------------------------------------------------------------------------------------------


def test_a_dispensed_pack_asks_whether_it_was_you(client, story):
    answer, html = ask(client, path_of(story.dispensed))
    verdict = answer.json()["verdict"]
    assert (verdict["code"], verdict["severity"], verdict["alert"]) == ("DISPENSED", "info", None)
    assert "Was that to you?" in verdict["sentence"]
    assert "(CH)" in verdict["sentence"]
    assert [step["biz_step"] for step in answer.json()["steps"]] == WAY
    assert "Amoxil 500 mg" in html
    assert LOT in html


def test_the_story_says_what_happened_by_which_role_where_when_and_how_it_is_proved(client, story):
    steps = client.get(path_of(story.dispensed), headers=JSON).json()["steps"]
    day = timezone.now().date().isoformat()
    assert [step["concerns"] for step in steps] == ["pack"] * 2 + ["around"] * 6 + ["pack"] * 2
    assert steps[0]["by"] == {"role": "manufacturer", "country": "CH"}
    assert (steps[3]["by"]["role"], steps[3]["to"]["role"]) == ("manufacturer", "wholesaler")
    assert (steps[6]["by"]["role"], steps[6]["to"]["role"]) == ("wholesaler", "pharmacy")
    assert steps[-1]["by"]["role"] == "pharmacy"
    assert {step["day"] for step in steps} == {day}
    assert {step["proof"]["state"] for step in steps} == {"published"}
    assert all(step["proof"]["block"] is not None for step in steps)


def test_a_handoff_is_complete_when_both_sides_have_signed(client, cast):
    epcs = commissioned(cast.maker, 2)
    handed_over(cast.maker, cast.wholesaler, epcs[:1])
    shipped(cast.maker, cast.wholesaler, epcs[1:])
    told = [client.get(path_of(epc), headers=JSON).json() for epc in epcs]
    assert [step["is_answered"] for step in told[0]["steps"]] == [None, True, None]
    assert [step["is_answered"] for step in told[1]["steps"]] == [None, False]
    assert "last seen at a wholesaler" in told[0]["verdict"]["sentence"]
    assert "on its way" in told[1]["verdict"]["sentence"]


def test_steps_that_wait_for_their_block_are_signed_and_there_is_no_pedigree_yet(client, cast):
    epc = commissioned(cast.maker, 1)[0]
    answer, html = ask(client, path_of(epc))
    assert answer.json()["steps"][0]["proof"]["state"] == "pending"
    assert answer.json()["pedigree"] is None
    assert "medtrail-verify" not in html
    publish()
    answer, html = ask(client, path_of(epc))
    assert answer.json()["steps"][0]["proof"]["state"] == "published"
    assert answer.json()["pedigree"].endswith(f"/pedigree/{GTIN}/B0000000.json")
    assert "medtrail-verify pedigree.json --policy policy" in html


def test_every_step_links_to_its_entry_in_the_ledger(client, story):
    answer, html = ask(client, path_of(story.dispensed))
    links = re.findall(r'href="(/ledger/entry/[0-9a-f]{64})"', html)
    assert len(links) == len(set(links)) == len(WAY)
    assert client.get(links[0]).status_code == 200
    assert [step["proof"]["entry"].endswith(link) for step, link in zip(answer.json()["steps"], links, strict=True)]


def test_the_page_says_what_it_does_not_prove_and_where_one_should_be(client, story, settings):
    html = client.get(path_of(story.left)).content.decode()
    assert "A code can be copied" in html
    assert "latest one" in html
    assert "no recall" in html
    assert "unwitnessed" in html
    assert settings.PUBLIC_HOST in html
    assert not re.search(r"\bgenuine\b|\bauthentic\b", html, re.IGNORECASE)


def test_codes_for_products_batches_and_units_have_pages_too(client, story):
    assert verdict_of(client, f"/01/{GTIN}")[0] == "NO_SERIAL"
    assert verdict_of(client, f"/01/{GTIN}/10/{LOT}")[0] == "NO_SERIAL"
    sscc = story.pallet.rpartition("/")[2]
    answer, _html = ask(client, f"/00/{sscc}")
    assert answer.json()["verdict"]["code"] == "UNIT_KNOWN"
    told = [(step["biz_step"], step["concerns"]) for step in answer.json()["steps"]]
    assert told == [("packing", "contents"), ("shipping", "unit"), ("receiving", "unit"), ("unpacking", "contents")]
    case = client.get(f"/00/{story.cases[0].rpartition('/')[2]}", headers=JSON).json()["steps"]
    assert ("packing", "unit") in [(step["biz_step"], step["concerns"]) for step in case]
    assert client.get("/00/106141412345678908").status_code == 404


def test_a_code_without_lot_and_expiry_names_the_pack_all_the_same(client, story):
    assert verdict_of(client, without_lot(path_of(story.left)))[0] == "MATCHES"


# --- Weight and cost --------------------------------------------------------------------------------------------------


class Outline(HTMLParser):
    """What a page would run or fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


def test_the_page_is_light_and_works_without_any_script(client, story):
    response = client.get(path_of(story.dispensed))
    outline = Outline()
    outline.feed(response.content.decode())
    assert len(response.content) < 50_000
    assert not [tag for tag, _ in outline.tags if tag in ("script", "iframe", "style")]
    assert not [
        name for _, attributes in outline.tags for name in attributes if name == "style" or name.startswith("on")
    ]


def test_answers_are_not_kept_and_differ_by_what_the_client_accepts(client, story):
    for headers in ({}, JSON):
        response = client.get(path_of(story.left), headers=headers)
        assert response["Cache-Control"] == "no-store"
        assert "Accept" in [one.strip() for one in response["Vary"].split(",")]


def queries_for(client: Client, epc: str) -> int:
    path = path_of(epc)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return len(queries)


def test_the_number_of_queries_does_not_depend_on_the_size_of_the_batch(client, cast):
    counts = []
    for start, size in ((0, 3), (1_000, 1_000)):
        batch = make_batch(cast.maker, lot_number=f"SIZE{size}")
        commission(actor=cast.maker, request=Request(), batch=batch, serial_numbers=serials(size, start))
        epcs = [epc_of(item) for item in Item.objects.filter(batch=batch)]
        handed_over(cast.maker, cast.wholesaler, [packed(cast.maker, epcs)])
        publish()
        counts.append(queries_for(client, epcs[1]))
    assert counts[0] == counts[1]
    assert counts[0] <= 12


def test_no_list_of_packs_is_read_to_show_one(client, cast):
    batch = make_batch(cast.maker)
    commission(actor=cast.maker, request=Request(), batch=batch, serial_numbers=serials(1_000))
    epc = pack_epc(serials(1)[0])
    with CaptureQueriesContext(connection) as queries:
        client.get(path_of(epc))
    for query in queries:
        columns = query["sql"].partition(" FROM ")[0]
        assert '"supplychain_event"."body"' not in columns or "IN (" in query["sql"]
