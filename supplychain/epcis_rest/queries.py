"""`/queries`: queries with a name, their events, and who is told of them."""

import json
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.urls import reverse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from supplychain.acts import Refused, permit
from supplychain.epcis.errors import EPCISError
from supplychain.epcis.query import parse_query_body
from supplychain.epcis.strict_json import read_json
from supplychain.epcis_rest import headers
from supplychain.epcis_rest.base import EpcisView
from supplychain.epcis_rest.events import IN_XML_TOO, answer_query
from supplychain.epcis_rest.pages import paged, read_cut
from supplychain.epcis_rest.problems import Problem
from supplychain.epcis_rest.schema import (
    NAMED_QUERY,
    PAGE,
    QUERY_DOCUMENT,
    READ_PAGE,
    SUBSCRIPTION,
    SubscriptionSerializer,
)
from supplychain.models import NamedQuery, Subscription
from supplychain.repository.faults import invalid, problem_of
from supplychain.repository.lists import named_query_page
from supplychain.repository.results import format_moment
from supplychain.usecases.forget_query import forget_query
from supplychain.usecases.name_query import name_query
from supplychain.usecases.subscribe import subscribe
from supplychain.usecases.unsubscribe import unsubscribe

NO_CONTENT = status.HTTP_204_NO_CONTENT


class QueriesView(EpcisView):
    @extend_schema(
        operation_id="epcis_queries",
        summary="Named queries",
        parameters=PAGE,
        responses={200: {"type": "array", "items": NAMED_QUERY["application/json"]}},
        tags=["epcis"],
    )
    def get(self, request: Request) -> Response:
        """The party's own, in the order of their names."""
        cut = read_cut(request, [self.actor.party.pk, "queries"])
        page = named_query_page(self.actor.party, key=cut.key, size=cut.size)
        return paged(request, cut, [{"name": one.name, "query": one.query} for one in page.rows], page.next)

    @extend_schema(
        operation_id="epcis_name_query",
        summary="Give a query a name",
        request=NAMED_QUERY,
        responses={201: OpenApiResponse(description="`Location` is the query.")},
        tags=["epcis"],
    )
    def post(self, request: Request) -> Response:
        """The query is a JSON object of the EPCIS query language."""
        permit("name_query", self.actor)
        body = read_json(self.body)
        if not isinstance(body, dict) or set(body) != {"name", "query"}:
            raise Problem.of("QueryValidation", "Expected an object with name and query, and nothing else")
        try:
            query = name_query(actor=self.actor, name=body["name"], query=body["query"])
        except EPCISError as error:
            raise Problem(invalid(error.under("query").all, "QueryValidation")) from None
        except Refused as refusal:
            raise as_name_problem(refusal) from None
        return Response(status=status.HTTP_201_CREATED, headers={"Location": reverse("epcis:query", args=[query.name])})


class QueryView(EpcisView):
    @extend_schema(operation_id="epcis_query", summary="A named query", responses={200: NAMED_QUERY}, tags=["epcis"])
    def get(self, request: Request, query_name: str) -> Response:
        """As it was given."""
        query = query_of(self, query_name)
        return Response({"name": query.name, "query": query.query})

    @extend_schema(operation_id="epcis_delete_query", summary="Forget a query", responses={204: None}, tags=["epcis"])
    def delete(self, request: Request, query_name: str) -> Response:
        """Its subscriptions end with it."""
        permit("forget_query", self.actor)
        forget_query(actor=self.actor, query=query_of(self, query_name))
        return Response(status=NO_CONTENT)


class QueryEventsView(EpcisView):
    renderer_classes = IN_XML_TOO

    @extend_schema(
        operation_id="epcis_query_events",
        summary="The events of a named query",
        parameters=READ_PAGE,
        responses={200: QUERY_DOCUMENT},
        tags=["epcis"],
    )
    def get(self, request: Request, query_name: str) -> Response:
        """As they are now, page by page."""
        query = query_of(self, query_name)
        if request.headers.get("Upgrade", "").lower() == "websocket":
            text = "WebSockets are not offered here: subscribe with a dest"
            raise Problem.of("Implementation", text, status=HTTPStatus.NOT_IMPLEMENTED)
        return answer_query(self, parse_query_body(query.query), ["queries", query.pk], query_name=query.name)


class SubscriptionsView(EpcisView):
    @extend_schema(
        operation_id="epcis_subscriptions",
        summary="Who is told of a query's events",
        responses=SubscriptionSerializer(many=True),
        tags=["epcis"],
    )
    def get(self, request: Request, query_name: str) -> Response:
        """The party's own; at most a hundred."""
        rows = query_of(self, query_name).subscriptions.order_by("created_at", "pk")
        return Response([subscription_body(one) for one in rows])

    @extend_schema(
        operation_id="epcis_subscribe",
        summary="Have new events sent",
        request=SUBSCRIPTION,
        responses={201: SubscriptionSerializer},
        tags=["epcis"],
    )
    def post(self, request: Request, query_name: str) -> Response:
        """To `dest`, a public https address: as soon as they are sealed (`stream`), or by a `schedule` in UTC.

        Each message has `GS1-Signature: sha256=<hex>`, the HMAC-SHA256 of its body under `signatureToken`.
        """
        permit("subscribe", self.actor)
        query = query_of(self, query_name)
        try:
            subscription = subscribe(
                actor=self.actor, query=query, wish=read_json(self.body), epc_format=headers.epc_format(request).value
            )
        except EPCISError as error:
            raise Problem(invalid(error.all, "SubscriptionControls")) from None
        except Refused as refusal:
            body = problem_of(refusal)
            if body["status"] == HTTPStatus.BAD_REQUEST:
                body["type"] = "epcisException:SubscriptionControlsException"
            raise Problem(body) from None
        location = reverse("epcis:subscription", args=[query.name, str(subscription.pk)])
        return Response(subscription_body(subscription), status=status.HTTP_201_CREATED, headers={"Location": location})


class SubscriptionView(EpcisView):
    @extend_schema(
        operation_id="epcis_subscription", summary="A subscription", responses=SubscriptionSerializer, tags=["epcis"]
    )
    def get(self, request: Request, query_name: str, subscription_id: str) -> Response:
        """With the time at which the subscriber last took a message, and what went wrong since."""
        return Response(subscription_body(subscription_of(self, query_name, subscription_id)))

    @extend_schema(operation_id="epcis_unsubscribe", summary="End it", responses={204: None}, tags=["epcis"])
    def delete(self, request: Request, query_name: str, subscription_id: str) -> Response:
        """Nothing more is sent, apart from a message that is on its way."""
        permit("unsubscribe", self.actor)
        unsubscribe(actor=self.actor, subscription=subscription_of(self, query_name, subscription_id))
        return Response(status=NO_CONTENT)


def query_of(view: EpcisView, name: str) -> NamedQuery:
    query = None
    if name.isprintable():
        query = NamedQuery.objects.select_related("party").filter(party=view.actor.party, name=name).first()
    if query is None:
        raise Problem.of("NoSuchName", f"You have no query {name[:80]!r}")
    return query


def subscription_of(view: EpcisView, query_name: str, text: str) -> Subscription:
    query = query_of(view, query_name)
    try:
        subscription = query.subscriptions.filter(pk=UUID(text)).first()
    except ValueError:
        subscription = None
    if subscription is None:
        raise Problem.of("NoSuchResource", f"Query {query.name!r} has no subscription {text[:80]!r}")
    return subscription


def as_name_problem(refusal: Refused) -> Problem:
    kinds = {"NAME_TAKEN": "ResourceAlreadyExists", "BAD_NAME": "QueryValidation"}
    if refusal.code in kinds:
        return Problem.of(kinds[refusal.code], str(refusal), code=refusal.code)
    return Problem(problem_of(refusal))


def subscription_body(one: Subscription) -> dict[str, Any]:
    """Without the secret: whoever reads it has no need of it."""
    body: dict[str, Any] = {
        "subscriptionID": str(one.pk),
        "dest": one.dest,
        "createdAt": format_moment(one.created_at),
        "reportIfEmpty": one.report_if_empty,
        "epcFormat": one.epc_format,
        "failures": one.failures,
        "lastError": one.last_error,
    }
    body |= {"stream": True} if one.schedule is None else {"schedule": json.loads(json.dumps(one.schedule))}
    if one.last_notified_at is not None:
        body["lastNotifiedAt"] = format_moment(one.last_notified_at)
    if one.initial_record_time is not None:
        body["initialRecordTime"] = format_moment(one.initial_record_time)
    return body
