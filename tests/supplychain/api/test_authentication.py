"""Who gets in: strangers, wrong and revoked keys, other people's sessions first."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from supplychain.acts import Refused
from supplychain.models import ApiKey, Batch
from supplychain.usecases.issue_api_key import issue_api_key
from tests.factories import GTIN, PASSWORD, make_product
from tests.supplychain.api.conftest import Caller

pytestmark = pytest.mark.django_db

PRODUCT = {"gtin": GTIN, "name": "Amoxil 500 mg"}
ADDRESSES = [
    ("get", "parties"),
    ("post", "parties"),
    ("get", "parties/9520001000003"),
    ("get", "parties/9520001000003/keys"),
    ("post", "parties/9520001000003/keys"),
    ("post", "keys/rotations"),
    ("post", "keys/revocations"),
    ("get", "products"),
    ("post", "products"),
    ("get", "batches"),
    ("post", "batches"),
    ("get", "batches/1"),
    ("post", "batches/1/commission"),
    ("get", "allocations"),
    ("post", "allocations"),
    ("get", "allocations/1"),
    ("get", "allocations/1/serials.csv"),
    ("post", "allocations/1/reconciliation"),
    ("post", "imports/products"),
    ("get", "places"),
    ("post", "places"),
    ("post", "ssccs"),
    ("post", "packings"),
    ("post", "unpackings"),
    ("post", "shipments"),
    ("post", "receipts"),
    ("post", "dispensings"),
    ("post", "endings"),
    ("post", "undos"),
    ("post", "voids"),
    ("post", "arrivals"),
    ("get", "disputes"),
    ("post", "disputes/answers"),
    ("post", "return-checks"),
    ("post", "repackagings"),
    ("post", "sensor-reports"),
    ("post", "corrections"),
    ("get", "holds"),
    ("post", "holds"),
    ("post", "releases"),
    ("get", "recalls"),
    ("post", "recalls"),
    ("get", "recalls/1"),
    ("post", "recalls/1/narrowings"),
    ("post", "recalls/1/liftings"),
    ("post", "recalls/1/reports"),
    ("get", "recall-policy"),
    ("post", "recall-policy"),
    ("get", "recall-proposals"),
    ("get", "recall-proposals/1"),
    ("post", "recall-proposals/1/approvals"),
    ("post", "keys/rotations"),
    ("post", "keys/revocations"),
    ("get", "drafts/00000000-0000-0000-0000-000000000000"),
    ("get", "stock"),
    ("get", "handoffs/incoming"),
    ("get", "handoffs/outgoing"),
    ("get", "handoffs/1"),
    ("get", "items/lookup"),
    ("get", "events/urn:uuid:0"),
]


@pytest.mark.parametrize(("method", "path"), ADDRESSES)
def test_nobody_gets_in_without_credentials(api, method, path):
    answer = getattr(api.nobody, method)(path)
    assert (answer.status, answer.code) == (401, "NOT_AUTHENTICATED")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="medtrail"'
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_the_list_of_addresses_above_has_every_address():
    from supplychain.api.urls import urlpatterns

    named = {path.split("?")[0].split("/")[0] for _method, path in ADDRESSES}
    assert {str(one.pattern).split("/")[0] for one in urlpatterns} == named


@pytest.mark.parametrize(
    "token",
    [
        "",
        "mt_",
        "secret",
        "mt_0123456789ab",
        "mt_0123456789ab_" + "x" * 42,
        "mt_0123456789ab_" + "x" * 43,
        "mt_0123456789ab_" + "x" * 44,
        "mt_0123456789AB_" + "x" * 43,
        "mt_' OR 1=1 --__" + "x" * 43,
        "mt_٠١٢٣٤٥٦٧٨٩ab_".encode().decode("latin-1") + "x" * 43,
        "x" * 10_000,
    ],
)
def test_what_is_no_key_is_refused(api, token):
    api.nobody.headers = {"Authorization": f"Bearer {token}"}
    answer = api.nobody.get("stock")
    assert (answer.status, answer.code) == (401, "BAD_API_KEY")


def test_the_right_prefix_with_another_secret_is_refused(api, cast):
    key, text = issue_api_key(party=cast.maker.party, name="line 1")
    api.nobody.headers = {"Authorization": f"Bearer {text[:-1]}{'A' if text[-1] != 'A' else 'B'}"}
    assert api.nobody.get("stock").code == "BAD_API_KEY"
    api.nobody.headers = {"Authorization": f"Bearer mt_{key.prefix}_{key.secret_sha256[:43]}"}
    assert api.nobody.get("stock").code == "BAD_API_KEY"


def test_a_revoked_key_is_refused_at_once(api, cast):
    assert api.maker.get("stock").status == 200
    ApiKey.objects.filter(party=cast.maker.party).update(revoked_at=timezone.now())
    answer = api.maker.get("stock")
    assert (answer.status, answer.code) == (401, "API_KEY_REVOKED")


def test_a_bad_key_is_not_rescued_by_a_good_session(api):
    api.nobody.client.login(username="maker", password=PASSWORD)
    assert api.nobody.get("stock").status == 200
    api.nobody.headers = {"Authorization": "Bearer mt_0123456789ab_" + "x" * 43}
    assert api.nobody.get("stock").status == 401


def test_other_schemes_are_nobodys_key(api):
    api.nobody.headers = {"Authorization": "Basic bWFrZXI6c2VjcmV0"}
    assert api.nobody.get("stock").code == "NOT_AUTHENTICATED"


def test_the_secret_is_nowhere_in_the_database(api, cast):
    key, text = issue_api_key(party=cast.maker.party, name="line 1")
    secret = text.removeprefix(f"mt_{key.prefix}_")
    assert len(secret) == 43
    assert all(secret not in str(value) for value in ApiKey.objects.filter(pk=key.pk).values_list().get())


def test_a_key_needs_a_name(cast):
    for name in ("", "   ", "x" * 81):
        with pytest.raises(Refused, match="1 to 80 characters"):
            issue_api_key(party=cast.maker.party, name=name)


def test_use_of_a_key_is_noted_once_a_minute(api, cast, django_assert_num_queries):
    row = ApiKey.objects.filter(party=cast.maker.party)
    assert row.get().last_used_at is None
    api.maker.get("parties/9520001000003")
    first = row.get().last_used_at
    assert first is not None
    with django_assert_num_queries(2):  # the key with its party, the party asked for
        api.maker.get("parties/9520001000003")
    assert row.get().last_used_at == first
    row.update(last_used_at=first - timedelta(minutes=2))
    api.maker.get("parties/9520001000003")
    assert row.filter(last_used_at__gte=first).exists()


# --- People -----------------------------------------------------------------------------------------------------------


def test_a_signed_in_person_acts_for_their_party(api):
    api.nobody.client.login(username="maker", password=PASSWORD)
    answer = api.nobody.post("products", PRODUCT)
    assert (answer.status, answer.body["brand_owner"]["name"]) == (201, "Helvetia Pharma")


def test_a_person_without_a_party_may_do_nothing(api):
    get_user_model().objects.create_user("idle", password=PASSWORD)
    api.nobody.client.login(username="idle", password=PASSWORD)
    answer = api.nobody.get("stock")
    assert (answer.status, answer.code) == (403, "NO_PARTY")


def test_a_person_who_was_deactivated_may_do_nothing(api):
    api.nobody.client.login(username="maker", password=PASSWORD)
    get_user_model().objects.filter(username="maker").update(is_active=False)
    assert api.nobody.get("stock").status == 401


def test_a_post_with_a_session_needs_the_csrf_token(api, cast):
    make_product(cast.maker)
    client = Client(enforce_csrf_checks=True)
    client.get("/sign-in")
    form = {"username": "maker", "password": PASSWORD, "csrfmiddlewaretoken": client.cookies["csrftoken"].value}
    assert client.post("/sign-in", form).status_code == 302
    body = {"gtin": GTIN, "lot_number": "L1", "expiry": "2099-01-31"}
    answer = client.post("/api/v1/batches", body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (403, "FORBIDDEN")
    assert "CSRF" in answer.json()["detail"]
    assert not Batch.objects.exists()

    token = client.cookies["csrftoken"].value
    answer = client.post("/api/v1/batches", body, content_type="application/json", headers={"X-CSRFToken": token})
    assert answer.status_code == 201


def test_a_form_of_another_site_does_not_get_through_either(api):
    client = Client(enforce_csrf_checks=True)
    client.login(username="maker", password=PASSWORD)
    assert client.post("/api/v1/ssccs", {"count": 5}).status_code == 403


# --- Throttles --------------------------------------------------------------------------------------------------------


def test_a_key_that_asks_too_often_is_told_when_to_come_back(api, monkeypatch):
    from rest_framework.throttling import UserRateThrottle

    monkeypatch.setattr(UserRateThrottle, "THROTTLE_RATES", {"user": "2/min"})
    assert [api.maker.get("stock").status for _ in range(3)] == [200, 200, 429]
    answer = api.maker.get("stock")
    assert answer.code == "TOO_MANY_REQUESTS"
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    # Another party's key has its own count, from the same address.
    assert api.wholesaler.get("stock").status == 200


# --- Those who knock all day ------------------------------------------------------------------------------------------


def test_wrong_keys_from_one_address_are_soon_not_looked_up_any_more(cast, settings, django_assert_num_queries):
    settings.API_KEY_RATE = "5/h"
    good = Caller(issue_api_key(party=cast.maker.party, name="line 1")[1])
    for number in range(6):
        assert Caller(f"mt_{number:012d}_{'A' * 43}").get("stock").code == "BAD_API_KEY"
    with django_assert_num_queries(0):
        answer = Caller(f"mt_{'0' * 12}_{'A' * 43}").get("stock")
    assert (answer.status, answer.code) == (429, "TOO_MANY_REQUESTS")
    assert int(answer.headers["Retry-After"]) > 0
    assert good.get("stock").status == 429  # from the same address, until the hour is over
    elsewhere = good.client.get("/api/v1/stock", headers=good.headers, REMOTE_ADDR="203.0.113.9")
    assert elsewhere.status_code == 200


def test_right_keys_are_not_counted_as_wrong_ones(cast, settings):
    settings.API_KEY_RATE = "1/h"
    good = Caller(issue_api_key(party=cast.maker.party, name="line 1")[1])
    assert [good.get("stock").status for _ in range(4)] == [200] * 4


def test_strangers_are_counted_although_they_are_turned_away(api, monkeypatch):
    from rest_framework.throttling import AnonRateThrottle

    monkeypatch.setattr(AnonRateThrottle, "THROTTLE_RATES", {"anon": "3/min", "user": "100/min"})
    assert [api.nobody.get("stock").status for _ in range(5)] == [401, 401, 401, 429, 429]
