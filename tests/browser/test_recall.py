"""One recall: proposed on a page, approved by medtrail-sign, red and blocking, answered, measured."""

import base64
import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from ledger.envelope import Signature
from supplychain.acts import Refused, Request
from supplychain.api.signing_keys import read_signature
from supplychain.client.cli import main
from supplychain.models import Batch, Proposal, Recall, RecallReport
from supplychain.usecases.admit_key import admit_key
from supplychain.usecases.dispense import dispense
from supplychain.usecases.issue_api_key import issue_api_key
from supplychain.usecases.set_approvals import set_approvals
from tests.browser.people import People
from tests.browser.steps import at_the_pharmacy
from tests.factories import GTIN, LOT, Cast

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def cast(transactional_db: None, own_log_folders: None) -> Cast:
    from tests.factories import make_cast

    return make_cast()


def bring_a_key(cast: Cast, folder: Path, capsys: pytest.CaptureFixture[str], origin: str) -> Path:
    """The regulator makes a key on its own machine, and has it admitted."""
    pem = folder / "regulator.pem"
    assert main(["new-key", str(pem)]) == 0
    capsys.readouterr()
    gln = cast.regulator.party.gln
    assert main(["request-key", str(pem), "--party", gln, "--log", origin]) == 0
    asked = json.loads(capsys.readouterr().out)
    signature = Signature(asked["keyid"], read_signature(asked["sig"]))
    admit_key(
        actor=cast.regulator,
        party=cast.regulator.party,
        payload=base64.b64decode(asked["payload"]),
        signature=signature,
    )
    return pem


def approve_from_the_command_line(
    cast: Cast, site: str, folder: Path, pem: Path, capsys: pytest.CaptureFixture[str]
) -> str:
    secret, body = folder / "api.key", folder / "empty.json"
    secret.write_text(issue_api_key(party=cast.regulator.party, name="desk")[1])
    body.write_text("{}")
    door = f"recall-proposals/{Proposal.objects.get().pk}/approvals"
    signed = ["act", door, str(body), "--server", site, "--api-key-file", str(secret), "--key", str(pem), "--yes"]
    assert main(signed) == 0
    return capsys.readouterr().out


def test_a_recall_from_proposal_to_percentage(
    cast: Cast, site: str, people: People, tmp_path: Path, capsys: pytest.CaptureFixture[str], settings
) -> None:
    packs = at_the_pharmacy(cast, 4)
    dispense(actor=cast.pharmacy, request=Request(), epc=packs[3])
    pem = bring_a_key(cast, tmp_path, capsys, settings.LOG_ORIGIN)
    set_approvals(actor=cast.regulator, k=2, parties=[cast.maker.party, cast.regulator.party])

    maker = people.member("maker")
    maker.open(f"/batches/{Batch.objects.get().pk}")
    maker.page.get_by_role("main").get_by_role("link", name="Recall", exact=True).click()
    expect(maker.field("Product (GTIN)")).to_have_value(GTIN)
    expect(maker.field("Lot numbers")).to_have_value(LOT)
    maker.choose("How serious", "Class 1")
    maker.choose("Reason", "Something in it")
    maker.field("Text for the public").fill("Glass was found in one bottle.")
    maker.field("Answers by").fill((timezone.localdate() + timedelta(days=7)).isoformat())
    maker.shoot("propose")
    maker.press("Sign and propose")
    maker.is_told("It is not in force yet")
    maker.shoot("proposal")

    told = approve_from_the_command_line(cast, site, tmp_path, pem, capsys)
    assert "Glass was found in one bottle." in told
    assert LOT in told
    assert "Signed and stored: recall" in told
    recall = Recall.objects.get()

    look_as_a_consumer(people, packs[0])
    block_and_answer(people, cast, packs, recall)
    regulator = people.member("regulator")
    regulator.open("/")
    regulator.go("Recalls")
    regulator.follow("Amoxil 500 mg")
    regulator.sees("75 %")
    regulator.sees("effective: 3 of 4 packs are back")
    regulator.sees("Corner Pharmacy")
    regulator.sees("Refused attempts since then")
    regulator.sees("BATCH_CALLED_BACK")
    regulator.shoot("oversight")


def look_as_a_consumer(people: People, epc: str) -> None:
    consumer = people.stranger()
    consumer.open(f"/01/{GTIN}/10/{LOT}/21/{epc.rpartition('/')[2]}")
    expect(consumer.page.get_by_role("status").filter(has_text="Recalled")).to_be_visible()
    consumer.sees("Glass was found in one bottle.")
    consumer.shoot("public")


def block_and_answer(people: People, cast: Cast, packs: list[str], recall: Recall) -> None:
    pharmacist = people.member("pharmacy")
    pharmacist.open("/")
    pharmacist.is_warned("1 recall concerns goods of yours")
    pharmacist.shoot("banner")
    pharmacist.open("/dispense")
    pharmacist.scan(packs[0])
    pharmacist.sees("Do not dispense")
    pharmacist.sees("BATCH_CALLED_BACK")
    with pytest.raises(Refused, match="recalled"):
        dispense(actor=cast.pharmacy, request=Request(), epc=packs[1])

    pharmacist.open(f"/recalls/{recall.pk}")
    pharmacist.shoot("answer")
    pharmacist.press("We know of it")
    pharmacist.is_told("signed")
    pharmacist.field("Set apart").fill("3")
    pharmacist.field("Given to patients").fill("1")
    pharmacist.press("Sign and send")
    pharmacist.is_told("signed")
    assert RecallReport.objects.count() == 2
