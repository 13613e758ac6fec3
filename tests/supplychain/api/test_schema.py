"""The OpenAPI description: complete, valid, and true to what the API answers."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator

from supplychain.scan import epc_of_code
from tests.factories import GTIN, WHOLESALER_GLN, commissioned, make_batch, shipped

ROOT = Path(__file__).resolve().parents[3]
FILES = ("pedigree", ".csv", ".zip")


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return dict(SchemaGenerator().get_schema(public=True))


def operations(schema):
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_the_description_is_valid_and_nothing_in_it_was_guessed(tmp_path):
    command = [
        sys.executable,
        "manage.py",
        "spectacular",
        "--validate",
        "--fail-on-warn",
        "--file",
        tmp_path / "api.yaml",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "openapi: 3.1.0" in (tmp_path / "api.yaml").read_text()


def test_every_operation_says_what_it_answers_and_how_it_fails(schema):
    ours = [one for one in operations(schema) if one[0].startswith("/api/v1/")]
    assert len(ours) >= 21
    for path, method, operation in ours:
        name = f"{method} {path}"
        answers = operation["responses"]
        success = [answer for status, answer in answers.items() if status.startswith("2")]
        assert success, name
        assert all("$ref" in json.dumps(one["content"]) or path.endswith(FILES) for one in success), name
        assert "application/problem+json" in answers["429"]["content"], name
        if {} not in operation["security"]:
            assert {"401", "403"} <= set(answers), name
            assert {"apiKey": []} in operation["security"], name
        if method == "post":
            assert {"400", "413", "415", "422"} <= set(answers), name
            bodies = operation["requestBody"]["content"]
            assert "text/csv" in bodies or bodies["application/json"]["schema"]["$ref"], name
        assert operation.get("summary") or operation.get("description"), name


def test_every_act_takes_an_idempotency_key_and_shows_an_example(schema):
    acts = ["batches/{id}/commission", "packings", "unpackings", "shipments", "receipts", "dispensings"]
    for act in acts:
        operation = schema["paths"][f"/api/v1/{act}"]["post"]
        assert "Idempotency-Key" in [one["name"] for one in operation["parameters"]]
        assert operation["requestBody"]["content"]["application/json"]["examples"]
        assert operation["responses"]["201"]["content"]["application/json"]["examples"]


def test_the_codes_of_the_examples_are_real_codes(schema):
    found = []
    for _path, method, operation in operations(schema):
        if method == "post":
            for example in operation["requestBody"]["content"].get("application/json", {}).get("examples", {}).values():
                value = example["value"]
                found += (
                    [value.get(one) for one in ("epc", "parent")] + value.get("epcs", []) + value.get("children", [])
                )
    codes = [one for one in found if one]
    assert len(codes) >= 6
    for code in codes:
        assert epc_of_code(code, timezone.localdate()) == code


# --- The answers themselves -------------------------------------------------------------------------------------------


def check(schema, answer, method: str, path: str) -> Any:
    """The body of an answer, checked against what the description promises for its status."""
    promised = schema["paths"][f"/api/v1/{path}"][method]["responses"][str(answer.status)]["content"]
    media_type = answer.headers["Content-Type"].partition(";")[0]
    body_schema = promised[media_type]["schema"] | {"components": schema["components"]}
    Draft202012Validator(body_schema).validate(answer.body)
    return answer.body


@pytest.mark.django_db
def test_answers_are_as_described(api, cast, schema):
    check(schema, api.nobody.get("stock"), "get", "stock")
    check(schema, api.forger.post("batches", {"gtin": 1}), "post", "batches")
    product = {"gtin": GTIN, "name": "Amoxil 500 mg", "national_codes": {"NDC": "57687-242-07"}}
    check(schema, api.forger.post("products", product), "post", "products")
    check(schema, api.maker.post("products", product), "post", "products")
    check(schema, api.maker.post("products", product), "post", "products")
    party = {"gln": "9520008000006", "name": "New", "roles": ["pharmacy"], "country": "CH"}
    check(schema, api.regulator.post("parties", party), "post", "parties")
    check(schema, api.maker.get("parties"), "get", "parties")
    check(schema, api.maker.get("parties/9520008000006"), "get", "parties/{gln}")
    check(schema, api.maker.get("products"), "get", "products")
    batch = {"gtin": GTIN, "lot_number": "L9", "expiry": "2099-01-31"}
    pk = check(schema, api.maker.post("batches", batch), "post", "batches")["id"]
    check(schema, api.maker.get("batches", limit=1), "get", "batches")

    path = "batches/{id}/commission"
    made = check(schema, api.maker.post(f"batches/{pk}/commission", {"count": 3}), "post", path)
    assert len(made["serial_numbers"]) == 3
    check(schema, api.maker.post(f"batches/{pk}/commission", {"serial_numbers": ["A", "A"]}), "post", path)
    check(schema, api.maker.get(f"batches/{pk}"), "get", "batches/{id}")
    check(schema, api.maker.get(f"events/{made['event']['event_id']}"), "get", "events/{event_id}")
    check(schema, api.forger.get(f"events/{made['event']['event_id']}"), "get", "events/{event_id}")
    case = check(schema, api.maker.post("ssccs", {"count": 2}), "post", "ssccs")["epcs"][0]
    packs = [f"(01){GTIN}(21){one}" for one in made["serial_numbers"]]
    check(schema, api.maker.post("packings", {"parent": case, "children": packs}), "post", "packings")
    check(schema, api.maker.get("stock"), "get", "stock")
    body = {"parent": case, "children": packs[:1]}
    check(schema, api.maker.post("unpackings", body), "post", "unpackings")
    for code in (packs[0], packs[1], case, GTIN, "x"):
        check(schema, api.maker.get("items/lookup", code=code), "get", "items/lookup")

    ship = {"epcs": [case, packs[0]], "receiver": WHOLESALER_GLN}
    answers = [api.maker.post("shipments", ship, key="1") for _ in range(2)]
    assert [one.status for one in answers] == [201, 200]
    bodies = [check(schema, one, "post", "shipments") for one in answers]
    handoff = bodies[0]["handoff"]["id"]
    check(schema, api.wholesaler.get("handoffs/incoming"), "get", "handoffs/incoming")
    check(schema, api.maker.get("handoffs/outgoing"), "get", "handoffs/outgoing")
    receipt = {"handoff": handoff, "epcs": [case]}
    check(schema, api.wholesaler.post("receipts", receipt), "post", "receipts")
    check(schema, api.wholesaler.get(f"handoffs/{handoff}", limit=1), "get", "handoffs/{id}")
    check(schema, api.forger.get(f"handoffs/{handoff}"), "get", "handoffs/{id}")

    given = shipped(cast.maker, cast.pharmacy, commissioned(cast.maker, 1, start=700, batch=make_batch(cast.maker)))
    check(schema, api.pharmacy.post("receipts", {"handoff": given.pk}), "post", "receipts")
    dispensed = api.pharmacy.post("dispensings", {"epc": f"(01){GTIN}(21)B0000700"})
    check(schema, dispensed, "post", "dispensings")
