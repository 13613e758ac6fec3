"""What the public sees of a recall: on the page of a pack and in JSON, as soon as it is in force."""

from typing import Any

import pytest
from django.test import Client

from supplychain.acts import Request
from supplychain.gs1.digital_link import parse_epc
from supplychain.models import Batch
from supplychain.usecases.dispense import dispense
from supplychain.usecases.hold import hold
from supplychain.usecases.lift_recall import lift_recall
from tests.factories import GTIN, LOT, Cast, commissioned, handed_over, make_batch, packed
from tests.supplychain.recalls.recall_cast import TEXT, Panel, approved, make_panel, proposed, recalled

pytestmark = pytest.mark.django_db


@pytest.fixture
def panel(cast: Cast) -> Panel:
    return make_panel(cast)


def asked(client: Client, epc: str, lot: str = LOT) -> dict[str, Any]:
    serial = str(parse_epc(epc).serial_number)  # type: ignore[union-attr]
    address = f"/01/{GTIN}/10/{lot}/21/{serial}"
    return dict(client.get(address, headers={"Accept": "application/json"}).json())


def page(client: Client, epc: str) -> str:
    serial = str(parse_epc(epc).serial_number)  # type: ignore[union-attr]
    return client.get(f"/01/{GTIN}/10/{LOT}/21/{serial}", headers={"Accept": "text/html"}).content.decode()


def verdict(client: Client, epc: str) -> str:
    return str(asked(client, epc)["verdict"]["code"])


def test_a_recall_shows_from_the_moment_it_is_in_force_until_it_is_lifted(panel: Panel, client: Client) -> None:
    batch = make_batch(panel.maker)
    (epc,) = commissioned(panel.maker, 1, batch=batch)
    proposal = proposed(panel.maker, batch)
    assert verdict(client, epc) == "MATCHES"
    recall = approved(panel, proposal)
    answer = asked(client, epc)
    assert (answer["verdict"]["code"], answer["verdict"]["severity"]) == ("RECALLED", "bad")
    (told,) = answer["recalls"]
    assert (told["severity"], told["depth"], told["reason"], told["text"]) == (1, "consumer", "foreign_matter", TEXT)
    shown = page(client, epc)
    assert TEXT in shown
    assert "Class 1" in shown
    done = lift_recall(actor=panel.maker, request=Request(), recall=recall, text="All is well.")
    assert done.proposal is not None
    approved(panel, done.proposal)
    assert verdict(client, epc) == "MATCHES"
    assert asked(client, epc)["recalls"] == []


def test_words_of_a_proposer_are_text_and_no_markup(panel: Panel, client: Client) -> None:
    batch = make_batch(panel.maker)
    (epc,) = commissioned(panel.maker, 1, batch=batch)
    recalled(panel, batch, text="<script>alert(1)</script>")
    assert "<script>alert" not in page(client, epc)


def test_patients_are_told_what_is_asked_of_them(panel: Panel, client: Client) -> None:
    batch = make_batch(panel.maker)
    packs = commissioned(panel.maker, 2, batch=batch)
    handed_over(panel.maker, panel.cast.pharmacy, packs)
    dispense(actor=panel.cast.pharmacy, request=Request(), epc=packs[0])
    recalled(panel, batch, depth="pharmacy")
    assert (verdict(client, packs[0]), verdict(client, packs[1])) == ("RECALLED_IN_TRADE", "RECALLED")
    recalled(panel, batch, depth="consumer")
    assert verdict(client, packs[0]) == "RECALLED"


def test_of_a_batch_that_is_partly_recalled_each_pack_has_its_own_verdict(panel: Panel, client: Client) -> None:
    batch = make_batch(panel.maker)
    packs = commissioned(panel.maker, 4, batch=batch)
    packed(panel.maker, packs[:2])
    recalled(panel, batch, serials=[["B0000001", "B0000002"]])
    assert Batch.objects.get().state == "partly"
    assert [verdict(client, epc) for epc in packs] == ["MATCHES", "RECALLED", "RECALLED", "MATCHES"]
    whole = client.get(f"/01/{GTIN}/10/{LOT}", headers={"Accept": "application/json"}).json()
    assert whole["verdict"]["code"] == "PARTLY_RECALLED"


def test_a_recall_elsewhere_leaves_a_pack_here_alone(panel: Panel, client: Client) -> None:
    batch = make_batch(panel.maker)
    (epc,) = commissioned(panel.maker, 1, batch=batch)
    recalled(panel, batch, markets=["FR"])
    answer = asked(client, epc)
    assert (answer["verdict"]["code"], answer["recalls"]) == ("MATCHES", [])


def test_a_pack_that_is_held_says_so(cast: Cast, client: Client) -> None:
    packs = commissioned(cast.maker, 2)
    case = packed(cast.maker, packs)
    hold(actor=cast.maker, request=Request(), epcs=[case])
    assert [verdict(client, epc) for epc in packs] == ["HELD", "HELD"]
