"""Real recalls: their lot strings are read, their words fit our statement, and what they call back is called back."""

import csv
import gzip
import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from ledger.envelope import canonical, parse_payload
from ledger.errors import MalformedError
from supplychain.acts import Request
from supplychain.gs1.errors import GS1Error
from supplychain.gs1.identifiers import Gtin
from supplychain.gs1.ndc import gtin_from_ndc
from supplychain.models import Batch, RecalledBatch
from supplychain.recalls.lot_text import FoundLots, read_lots
from supplychain.recalls.recall import Depth, Scope
from supplychain.recalls.statement import Body, Op, parse_body
from supplychain.usecases.approve_recall import approve_recall
from supplychain.usecases.commission import commission
from supplychain.usecases.propose_recall import propose_recall
from supplychain.usecases.register_batch import register_batch
from supplychain.usecases.register_party import register_party
from supplychain.usecases.register_product import register_product
from supplychain.usecases.set_approvals import set_approvals
from tests.factories import Cast
from tests.supplychain.recalls.recall_cast import own_key, signed

SEVERITIES = {"Class I": 1, "Class II": 2, "Class III": 3}
NDC = re.compile(r"\b\d{4,5}-\d{3,4}-\d{1,2}\b")
FDA_GLN = "9520009200009"
FIRM_GLN = "9520005000009"


@pytest.fixture
def folder(shared_folder: Path) -> Path:
    return shared_folder / "realdata" / "recalls"


@pytest.fixture
def enforcement(folder: Path) -> list[dict[str, str]]:
    lines = (folder / "fda_enforcement_2012-06-13_with_lots.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def dashboard(path: Path) -> Iterator[dict[str, str]]:
    opener: Any = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def shown(text: str) -> str:
    return " ".join(text.split())[:2000]


# --- What they say ----------------------------------------------------------------------------------------------------


def test_every_row_of_a_weekly_report_is_read_or_left_to_a_person(enforcement: list[dict[str, str]]) -> None:
    """Each token with a digit is a lot, part of a date, the number of a product, or left over: none is lost."""
    assert len(enforcement) == 72
    outcome = {"read": 0, "to look at": 0, "names no lot": 0}
    for row in enforcement:
        text = row.get("code-info", "")
        found = read_lots(text)
        kept = "".join([*found.lots, *found.expiries, *found.left_over])
        for token in re.findall(r"[A-Z0-9]{5,}", text):
            assert token in kept or token.isalpha(), (token, text)
        key = "to look at" if found.left_over else "read" if found.lots else "names no lot"
        outcome[key] += 1
    assert sum(outcome.values()) == 72
    assert outcome["read"] >= 40, outcome


def test_medicines_and_blood_products_are_read_without_help(enforcement: list[dict[str, str]]) -> None:
    drugs = [row for row in enforcement if row["product-type"] == "Drugs"]
    assert [len(read_lots(row["code-info"]).lots) for row in drugs] == [3, 2, 7, 2, 10]
    assert all(not read_lots(row["code-info"]).left_over for row in drugs)
    blood = [row for row in enforcement if row["product-type"] == "Biologics"]
    assert len(blood) == 42
    assert all(read_lots(row.get("code-info", "")).lots for row in blood if row.get("code-info"))


@pytest.mark.parametrize("name", ["fda_drug_recalls_latest_1000.csv", "fda_drug_recalls_2012_2025_with_ndc.csv.gz"])
def test_thirteen_years_of_drug_recalls_fit_our_statement(folder: Path, name: str) -> None:
    """Of each row with a package number: a statement is built, written, read back and equal. Others are counted."""
    fitted = without_class = without_gtin = 0
    for row in dashboard(folder / name):
        gtins = [one for one in row["gtin14s"].split(";") if one]
        if row["event_class"] not in SEVERITIES:
            without_class += 1
            continue
        if not gtins:
            without_gtin += 1
            continue
        for gtin in gtins:
            body = statement_of(row, gtin)
            statement = {"recall": body.as_json()}
            assert parse_body(parse_payload(canonical(statement))) == body
        fitted += 1
    total = sum(1 for _row in dashboard(folder / name))
    assert fitted + without_class + without_gtin == total
    assert fitted > 0.95 * total


def statement_of(row: dict[str, str], gtin: str) -> Body:
    Gtin(gtin)
    return Body(
        Op.RECALL,
        shown(row["reason"]) or "Not said.",
        datetime(2026, 11, 23, 8, 30, tzinfo=UTC),
        scope=Scope(gtin),
        severity=SEVERITIES[row["event_class"]],
        depth=Depth.CONSUMER,
        reason="other",
        respond_by=date.fromisoformat(row["center_classification_date"]),
    )


def test_a_text_that_is_too_long_is_refused_not_cut() -> None:
    body = Body(Op.LIFT, "x" * 2001, datetime(2026, 11, 23, tzinfo=UTC), recall="0" * 64)
    with pytest.raises(MalformedError, match="text"):
        parse_body({"recall": body.as_json()})


# --- What they do -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_five_real_drug_recalls_call_back_their_lots_and_no_other(
    cast: Cast, enforcement: list[dict[str, str]]
) -> None:
    firm = register_party(
        actor=cast.regulator,
        gln=FIRM_GLN,
        name="Firm",
        roles=["manufacturer"],
        country="US",
        company_prefixes=["030093", "0311704", "0324208", "030781"],
    )
    key = own_key(cast.regulator, cast.regulator.party)
    set_approvals(actor=cast.regulator, k=2, parties=[firm, cast.regulator.party])
    maker = type(cast.maker)(firm)
    outcome = []
    for row in (one for one in enforcement if one["product-type"] == "Drugs"):
        ndc = NDC.search(row["product-description"])
        assert ndc is not None
        lots = read_lots(row["code-info"]).lots
        outcome.append((len(lots), call_back(maker, cast, key, ndc[0], lots, row)))
    assert outcome == [(3, 3), (2, 2), (7, 7), (2, 2), (10, 10)]
    assert Batch.objects.filter(state="recalled").count() == RecalledBatch.objects.count() == 24
    assert Batch.objects.filter(lot_number="ELSE", state="released").count() == 5


def call_back(maker: Any, cast: Cast, key: Any, ndc: str, lots: tuple[str, ...], row: dict[str, str]) -> int:
    """How many batches the recall of a row has called back."""
    product = register_product(
        actor=maker, gtin=gtin_from_ndc(ndc).digits, name=shown(row["product-description"])[:300]
    )
    expiry = timezone.localdate() + timedelta(days=300)
    for lot in (*lots, "ELSE"):
        batch = register_batch(actor=maker, product=product, lot_number=lot, expiry=expiry)
        commission(actor=maker, request=Request(), batch=batch, serial_numbers=[f"{lot}1"])
    done = propose_recall(
        actor=maker,
        request=Request(),
        product=product,
        lots=list(lots),
        severity=SEVERITIES[row["classification"]],
        depth="consumer",
        reason="other",
        text=shown(row["reason-for-recall"]),
        respond_by=expiry.isoformat(),
    )
    assert done.proposal is not None
    approve_recall(actor=cast.regulator, request=Request(), proposal=done.proposal)
    assert Batch.objects.filter(product=product).exclude(state="released").count() == 0
    recall = signed("approve_recall", cast.regulator, key, proposal=done.proposal).recall
    assert recall is not None
    assert recall.notices.get().packs == len(lots)
    return Batch.objects.filter(product=product, state="recalled").count()


def test_what_is_read_says_what_was_not(folder: Path) -> None:
    found = read_lots("Expiration dates from 01/19/2012 through 05/02/2012 and lot number from 00112 through 10412")
    assert found == FoundLots((), ("01/19/2012", "05/02/2012"), ("00112", "10412"))
    with pytest.raises(GS1Error):
        gtin_from_ndc("0093-0787-1")
