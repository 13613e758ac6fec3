"""What went wrong, in the person's words; to programs as a problem document; to nobody as a stack trace."""

import json

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client, RequestFactory
from django.urls import reverse
from django_ratelimit.exceptions import Ratelimited

from supplychain.pages import errors
from tests.factories import PASSWORD
from tests.supplychain.pages.conftest import Page, People

pytestmark = pytest.mark.django_db


def test_an_address_that_leads_nowhere_says_so_and_shows_no_patterns(people: People) -> None:
    page = people.stranger.get("/no/such/page")
    assert page.status == 404
    assert "There is nothing here" in page.text
    assert "Resolver" not in page.html


def test_a_program_gets_a_problem_document(people: People) -> None:
    response = people.stranger.client.get("/api/v1/no-such-thing", headers={"Accept": "application/json"})
    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"
    assert json.loads(response.content)["code"] == "NOT_FOUND"


def test_too_many_requests_are_told_apart_from_forbidden_ones() -> None:
    request = RequestFactory().get("/")
    limited = errors.forbidden(request, Ratelimited())
    assert (limited.status_code, limited["Retry-After"]) == (429, "60")
    assert "wait a minute" in Page(limited).text
    forbidden = Page(errors.forbidden(request, PermissionDenied("Not yours.")))
    assert (forbidden.status, "Not yours." in forbidden.text) == (403, True)


def test_the_page_for_a_breakdown_needs_neither_database_nor_session(django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        page = Page(errors.server_error(RequestFactory().get("/")))
    assert page.status == 500
    assert "Something broke on our side" in page.text
    assert json.loads(errors.server_error(RequestFactory().get("/api/v1/x")).content)["code"] == "SERVER_ERROR"


def test_a_form_without_its_token_is_told_to_load_the_page_again(people: People) -> None:
    client = Client(enforce_csrf_checks=True)
    response = client.post(reverse("sign-in"), {"username": "maker", "password": PASSWORD})
    assert response.status_code == 403
    assert "This form has been open too long" in Page(response).text
