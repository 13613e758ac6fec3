"""The operator's pages: nothing of the record can be changed there, and no secret is shown."""

import json
from datetime import timedelta

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils import timezone

from supplychain.acts import Rehearsed, Request, rehearsal_of
from supplychain.models import (
    ApiKey,
    Batch,
    Draft,
    Event,
    Invitation,
    Item,
    Membership,
    Party,
    Place,
    Product,
    Refusal,
    Subscription,
)
from supplychain.usecases.accept_document import accept_document
from supplychain.usecases.allocate import allocate
from supplychain.usecases.correct import correct
from supplychain.usecases.dispense import dispense
from supplychain.usecases.hold import hold
from supplychain.usecases.invite_member import invite_member
from supplychain.usecases.issue_api_key import issue_api_key
from supplychain.usecases.keep_draft import keep_draft
from supplychain.usecases.name_query import name_query
from supplychain.usecases.receive import receive
from supplychain.usecases.release import release
from supplychain.usecases.report_recall import report_recall
from supplychain.usecases.sensor_report import sensor_report
from supplychain.usecases.ship import ship
from supplychain.usecases.subscribe import subscribe
from supplychain.usecases.verify_return import verify_return
from tests.factories import (
    GTIN,
    MAKER_GLN,
    commissioned,
    handed_over,
    make_batch,
    make_product,
    palletised,
    shipped,
)
from tests.supplychain.epcis_rest.documents import an_event, document
from tests.supplychain.recalls.recall_cast import make_panel, recalled

pytestmark = pytest.mark.django_db

OURS = {model: made for model, made in admin.site._registry.items() if model._meta.app_label == "supplychain"}
EDITABLE = {"Party", "Place", "Membership", "ApiKey", "Product"}
READ_ONLY = [model for model in OURS if model.__name__ not in EDITABLE]


def page(model, name="changelist", *args) -> str:
    return reverse(f"admin:supplychain_{model._meta.model_name}_{name}", args=args)


@pytest.fixture
def operator(client):
    get_user_model().objects.create_superuser("operator", password="correct horse battery 26")
    client.login(username="operator", password="correct horse battery 26")
    return client


@pytest.fixture
def busy(cast, settings):
    """At least one row of every model."""
    pallet, _, _ = palletised(cast.maker, cases=2, packs_per_case=2)
    handed_over(cast.maker, cast.wholesaler, [pallet])
    commissioned(cast.maker, 300, start=1000, batch=make_batch(cast.maker))
    allocate(actor=cast.maker, request=Request(), product=make_product(cast.maker), count=3)
    issue_api_key(party=cast.maker.party, name="line 1")
    invite_member(actor=cast.maker, name="Anna", duties=["operator"])
    Refusal.objects.create(act="ship", party=cast.forger.party, code="NOT_HOLDER")
    packs = commissioned(cast.maker, 1, start=2000, batch=Batch.objects.get())
    handed_over(cast.maker, cast.pharmacy, packs)
    things_go_wrong(cast)
    hold(actor=cast.regulator, request=Request(), batches=[Batch.objects.get()])
    release(actor=cast.regulator, request=Request(), batches=[Batch.objects.get()])
    with pytest.raises(Rehearsed) as rehearsed:
        dispense(actor=cast.pharmacy, request=rehearsal_of(Request()), epc=packs[0])
    keep_draft(actor=cast.pharmacy, rehearsed=rehearsed.value)
    panel = make_panel(cast)
    batch = make_batch(cast.maker, "CALLEDBACK")
    commissioned(cast.maker, 1, start=3000, batch=batch)
    report_recall(actor=cast.maker, request=Request(), recall=recalled(panel, batch), quantities=[1, 0, 0, 0, 0])
    accept_document(
        actor=cast.maker, data=json.dumps(document([an_event()])).encode(), is_xml=False, behaviour="proceed"
    )
    query = name_query(actor=cast.maker, name="all", query={})
    settings.EPCIS_WEBHOOK_TEST_HOSTS = ["localhost"]
    wish = {"dest": "http://localhost/", "stream": True, "signatureToken": "B0001000 is no secret, this is"}
    subscribe(actor=cast.maker, query=query, wish=wish, epc_format="No_Preference")
    return cast


def things_go_wrong(cast):
    """A delivery that is short, goods that come back, and a statement that is taken back."""
    goods = commissioned(cast.maker, 3, start=2500, batch=Batch.objects.get())
    handoff = shipped(cast.maker, cast.wholesaler, goods)
    receive(actor=cast.wholesaler, request=Request(), handoff=handoff, epcs=goods[:2])
    back = ship(
        actor=cast.wholesaler, request=Request(), epcs=goods[:1], receiver=cast.maker.party, purpose="return", rma="R1"
    )
    receive(actor=cast.maker, request=Request(), handoff=back.handoff, epcs=goods[:1])
    verify_return(actor=cast.maker, request=Request(), epcs=goods[:1])
    readings = json.dumps([{"sensorReport": [{"type": "Temperature", "value": 5.5, "uom": "CEL"}]}])
    seen = sensor_report(actor=cast.wholesaler, request=Request(), epcs=goods[1:2], elements=readings)
    correct(actor=cast.wholesaler, request=Request(), event_id=seen.event.event_id, reason="did_not_occur")


def test_every_model_but_the_national_code_has_a_page():
    from django.apps import apps

    without = {model.__name__ for model in apps.get_app_config("supplychain").get_models()} - {
        model.__name__ for model in OURS
    }
    # It stands on its product's page; and the index of events, which can be made again from them.
    index = {"EventContext", "EventIndex", "EventEpc", "EventValue", "SubLocation", "MasterAttribute"}
    assert without == {"NationalCode"} | index


@pytest.mark.parametrize("model", READ_ONLY, ids=lambda model: model.__name__)
def test_the_record_cannot_be_added_to_changed_or_deleted(operator, busy, model):
    row = model.objects.first()
    assert row is not None
    count = model.objects.count()
    before = model.objects.filter(pk=row.pk).values().get()
    assert operator.get(page(model, "add")).status_code == 403
    assert operator.post(page(model, "add"), {}).status_code == 403
    assert operator.post(page(model, "change", row.pk), {"serial_number": "X"}).status_code == 403
    assert operator.post(page(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    operator.post(page(model), {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"})
    assert model.objects.count() == count
    assert model.objects.filter(pk=row.pk).values().get() == before


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_every_list_search_and_row_can_be_read(operator, busy, model):
    assert operator.get(page(model)).status_code == 200
    for search in ("B0001000", "Helvetia", "NOTHING", "\U0001f48a"):
        assert operator.get(page(model), {"q": search}).status_code == 200
    assert operator.get(page(model, "change", model.objects.first().pk)).status_code == 200


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_no_page_shows_a_secret(operator, busy, model):
    secrets = [bytes(one).hex() for one in Event.objects.values_list("secret", flat=True)]
    secrets += [repr(bytes(one)) for one in Event.objects.values_list("secret", flat=True)]
    secrets += [bytes(draft.seed).hex() for draft in Draft.objects.all()]
    secrets += [repr(bytes(draft.seed)) for draft in Draft.objects.all()]
    # What is stated about a recall is in the clear and has no secret.
    secrets += [one["secret"] for draft in Draft.objects.all() for one in draft.statements if one["secret"]]
    secrets += ApiKey.objects.values_list("secret_sha256", flat=True)
    secrets += ["this is", *(repr(bytes(one.wrapped_secret)) for one in Subscription.objects.all())]
    secrets += Invitation.objects.values_list("secret_sha256", flat=True)
    row = model.objects.order_by("pk").last()
    shown = operator.get(page(model)).content.decode() + operator.get(page(model, "change", row.pk)).content.decode()
    assert [one for one in secrets if one in shown] == []


@pytest.mark.parametrize("model", [Item, Event, Batch, Product, Membership], ids=lambda model: model.__name__)
def test_a_list_costs_the_same_queries_whatever_its_length(operator, cast, model, django_assert_max_num_queries):
    commissioned(cast.maker, 60)
    with django_assert_max_num_queries(12):
        operator.get(page(model))


def test_nobody_but_staff_comes_in(client, cast):
    client.login(username="regulator", password="correct horse battery 26")
    for model in OURS:
        assert client.get(page(model)).status_code == 302


# --- What may be put right --------------------------------------------------------------------------------------------


def party_form(**changes) -> dict[str, str]:
    form = {"name": "Helvetia Pharma", "country": "CH", "licence_number": "", "licence_expiry": ""}
    return {**form, "company_prefixes": '["9520001"]', **changes}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": " "}, "required"),
        ({"country": "Switzerland"}, "at most 2"),
        ({"country": "ch"}, "two capital letters"),
        ({"company_prefixes": '["12"]'}, "4 to 12 digits"),
        ({"company_prefixes": "[1234567]"}, "Expected a list of texts"),
        ({"company_prefixes": '{"a": 1}'}, "Expected a list of texts"),
        ({"company_prefixes": "nonsense"}, "valid JSON"),
        ({"licence_expiry": "never"}, "valid date"),
    ],
)
def test_a_party_is_corrected_within_the_rules_of_admission(operator, cast, changes, words):
    answer = operator.post(page(Party, "change", cast.maker.party.pk), party_form(**changes))
    assert words in answer.content.decode()
    cast.maker.party.refresh_from_db()
    assert cast.maker.party.company_prefixes == ["9520001"]


def test_gln_roles_and_key_of_a_party_stay_whatever_is_sent(operator, cast):
    party = cast.maker.party
    before = (party.gln, party.roles, party.keyid, party.next_sscc_reference)
    form = party_form(name="Helvetia AG", gln="9520008000006", roles='["regulator"]', keyid="0" * 64)
    assert operator.post(page(Party, "change", party.pk), form).status_code == 302
    party.refresh_from_db()
    assert (party.gln, party.roles, party.keyid, party.next_sscc_reference) == before
    assert party.name == "Helvetia AG"
    assert operator.get(page(Party, "add")).status_code == 403
    assert operator.post(page(Party, "delete", party.pk), {"post": "yes"}).status_code == 403


def test_a_place_needs_a_valid_gln(operator, cast):
    form = {"party": cast.maker.party.pk, "name": "Plant 2", "country": "CH", "gln": "9520001000011"}
    answer = operator.post(page(Place, "add"), form)
    assert "check digit 1 is wrong" in answer.content.decode()
    assert operator.post(page(Place, "add"), form | {"gln": "9520001000010"}).status_code == 302
    assert Place.objects.get(gln="9520001000010").party.gln == MAKER_GLN


def test_a_key_is_revoked_here_but_not_made_or_revived(operator, cast, client):
    key, text = issue_api_key(party=cast.maker.party, name="line 1")
    operator.post(page(ApiKey), {"action": "revoke", "_selected_action": [key.pk]})
    key.refresh_from_db()
    assert key.revoked_at is not None
    assert client.get("/api/v1/stock", headers={"Authorization": f"Bearer {text}"}).status_code == 401
    form = {"name": "line 1", "revoked_at": "", "revoked_at_0": "", "revoked_at_1": "", "secret_sha256": "0" * 64}
    operator.post(page(ApiKey, "change", key.pk), form)
    fresh = ApiKey.objects.get(pk=key.pk)
    assert (fresh.revoked_at, fresh.secret_sha256) == (key.revoked_at, key.secret_sha256)
    assert operator.get(page(ApiKey, "add")).status_code == 403


def test_a_revoked_key_keeps_the_day_on_which_it_was_revoked(operator, cast):
    key, _ = issue_api_key(party=cast.maker.party, name="line 1")
    before = timezone.now() - timedelta(days=3)
    ApiKey.objects.filter(pk=key.pk).update(revoked_at=before)
    operator.post(page(ApiKey), {"action": "revoke", "_selected_action": [key.pk]})
    assert ApiKey.objects.get(pk=key.pk).revoked_at == before


def test_a_product_keeps_its_gtin_and_owner(operator, cast):
    product = make_batch(cast.maker).product
    form = {
        "name": "Amoxil 500",
        "markets": '["CH"]',
        "gtin": "09520001000027",
        "brand_owner": cast.forger.party.pk,
        "national_codes-TOTAL_FORMS": "0",
        "national_codes-INITIAL_FORMS": "0",
    }
    assert operator.post(page(Product, "change", product.pk), form).status_code == 302
    product.refresh_from_db()
    assert (product.name, product.gtin, product.brand_owner.gln) == ("Amoxil 500", GTIN, MAKER_GLN)
