"""What an API key may do, and what a person may who calls by session: over HTTP, the careless and the curious first."""

import pytest
from django.test import Client

from ledger.models import Entry
from supplychain.people.duties import Duty
from supplychain.usecases.issue_api_key import issue_api_key
from tests.factories import PASSWORD, PHARMACY_GLN, Cast, commissioned, make_user
from tests.supplychain.api.conftest import Caller, answered

pytestmark = pytest.mark.django_db


def caller(cast: Cast, *scopes: str) -> Caller:
    return Caller(issue_api_key(party=cast.maker.party, name="machine", scopes=scopes)[1])


def shipment(cast: Cast) -> dict[str, object]:
    return {"epcs": commissioned(cast.maker, 1), "receiver": PHARMACY_GLN}


def test_a_reading_key_reads_and_does_not_act(cast: Cast) -> None:
    body, reader = shipment(cast), caller(cast, "read")
    entries = Entry.objects.count()
    assert reader.get("stock").status == 200
    for answer in (reader.post("shipments", body), reader.post("shipments?draft=true", body), reader.post("ssccs", {})):
        assert (answer.status, answer.code) == (403, "READS_ONLY")
    assert Entry.objects.count() == entries


def test_a_line_that_only_ships_reads_nothing_and_does_nothing_else(cast: Cast) -> None:
    body, line = shipment(cast), caller(cast, "ship")
    answer = line.get("stock")
    assert (answer.status, answer.code) == (403, "SCOPE_MISSING")
    assert line.post("dispensings", {"epc": body["epcs"][0]}).code == "SCOPE_MISSING"  # type: ignore[index]
    assert line.post("ssccs", {}).code == "SCOPE_MISSING"
    assert line.post("shipments", body).status == 201


def test_a_key_without_the_scope_to_read_sees_a_pack_as_a_stranger_does(cast: Cast) -> None:
    (epc,) = commissioned(cast.maker, 1)
    names = [
        [step["by"].get("name") for step in one.get("verify", code=epc).body["steps"]]
        for one in (caller(cast, "read"), caller(cast, "ship"), Caller())
    ]
    assert names == [["Helvetia Pharma"], [None], [None]]


def test_drafting_and_signing_are_two_scopes(cast: Cast) -> None:
    body = shipment(cast)
    draft = caller(cast, "trade").post("shipments?draft=true", body)
    assert draft.status == 202
    signatures = {"signatures": [{"keyid": "0" * 64, "sig": "MAYCAQECAQE="}]}
    path = f"drafts/{draft.body['id']}"
    assert caller(cast, "trade").post(path, signatures).code == "SCOPE_MISSING"
    assert caller(cast, "sign").post(path, signatures).code != "SCOPE_MISSING"
    assert caller(cast, "sign").post("shipments?draft=true", body).code == "SCOPE_MISSING"


def test_no_key_admits_parties_without_that_scope(cast: Cast) -> None:
    key = issue_api_key(party=cast.regulator.party, name="desk", scopes=["read", "trade"])[1]
    new = {"gln": "9520008000006", "name": "New", "roles": ["pharmacy"], "country": "CH"}
    assert Caller(key).post("parties", new).code == "SCOPE_MISSING"


@pytest.mark.parametrize(
    ("duties", "status", "code"),
    [
        ([Duty.AUDITOR], 403, "READS_ONLY"),
        ([Duty.KEY_HOLDER], 403, "DUTY_MISSING"),
        ([Duty.OPERATOR], 201, ""),
        ([Duty.OPERATOR, Duty.KEY_HOLDER], 201, ""),
    ],
)
def test_a_person_who_calls_by_session_has_the_same_duties_as_on_the_pages(
    cast: Cast, duties: list[Duty], status: int, code: str
) -> None:
    body = shipment(cast)
    make_user("anna", cast.maker, *duties)
    client = Client()
    client.login(username="anna", password=PASSWORD)
    assert client.get("/api/v1/stock").status_code == 200
    answer = answered(client.post("/api/v1/shipments", body, content_type="application/json"))
    assert (answer.status, answer.code) == (status, code)
