"""`/events`: one event in, events out."""

from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from supplychain.epcis.errors import EPCISError
from supplychain.epcis.namespaces import GS1_NAMESPACES, Namespaces, parse_context
from supplychain.epcis.predicates import Query
from supplychain.epcis.query import PAGING, parse_query_url
from supplychain.epcis.terms import key
from supplychain.epcis_rest import headers
from supplychain.epcis_rest.base import EITHER_FORM, EpcisView, XmlRenderer, is_xml, named_in_path
from supplychain.epcis_rest.pages import Cut, paged, read_cut
from supplychain.epcis_rest.problems import Problem
from supplychain.epcis_rest.schema import EVENT, QUERY, QUERY_DOCUMENT, READ_HEADERS
from supplychain.models import EventIndex
from supplychain.repository.faults import invalid, problem
from supplychain.repository.query import TooComplex, TooLarge, find_events, visible_index
from supplychain.repository.results import SIMPLE, query_document, query_document_xml
from supplychain.usecases.capture_event import capture_event

IN_XML_TOO = [*EpcisView.renderer_classes, XmlRenderer]


class EventsView(EpcisView):
    renderer_classes = IN_XML_TOO
    parser_classes = EITHER_FORM
    announces_capture = True

    @extend_schema(
        operation_id="epcis_events",
        summary="Events that a query asks for",
        parameters=QUERY,
        responses={200: QUERY_DOCUMENT},
        tags=["epcis"],
    )
    def get(self, request: Request) -> Response:
        """The query language of EPCIS 2.0 in the URL, arrays with `|` between their values. Newest events first."""
        return answer_query(self, query_of_url(request), ["events", *parameters_of(request)])

    @extend_schema(
        operation_id="epcis_capture_event",
        summary="Capture one event",
        request=EVENT,
        responses={201: OpenApiResponse(description="Captured; `Location` is the event.")},
        tags=["epcis"],
    )
    def post(self, request: Request) -> Response:
        """A bare event with its @context. It is stated, signed and stored before the answer; 409 if it was before."""
        found = capture_event(actor=self.actor, data=self.body, is_xml=is_xml(request))
        location = event_path(found.event_id)
        if not found.is_new:
            body = problem("ResourceAlreadyExists", f"Event {found.event_id[:200]} was captured before, word for word")
            raise Problem(body, {"Location": location})
        return Response(status=status.HTTP_201_CREATED, headers={"Location": location})


class EventView(EpcisView):
    renderer_classes = IN_XML_TOO

    @extend_schema(
        operation_id="epcis_event",
        summary="One event, with the declarations of errors in it",
        parameters=READ_HEADERS,
        responses={200: QUERY_DOCUMENT},
        tags=["epcis"],
    )
    def get(self, request: Request, event_id: str) -> Response:
        """By eventID, percent-encoded. An error declaration has the eventID of the event that it is about."""
        event_id = named_in_path(request._request, event_id, before="/epcis/events/")
        rows: list[EventIndex] = []
        if event_id.isprintable():
            for some in visible_index(self.actor.party):
                rows += some.filter(epcis_id=key(event_id)).select_related("event", "context")[:100]
        if not rows:
            raise Problem.of("NoSuchResource", f"There is no event {event_id[:200]!r} that you may see")
        rows.sort(key=lambda row: row.event_id)
        return Response(document_for(request, rows))


def event_path(event_id: str) -> str:
    return reverse("epcis:events") + "/" + quote(event_id, safe="")


# --- Queries ----------------------------------------------------------------------------------------------------------


def parameters_of(request: Request) -> list[list[str]]:
    """The parameters of the query language, and nothing of paging, in an order of their own."""
    pairs = ((name, text) for name, texts in request.query_params.lists() for text in texts)
    return sorted([name, text] for name, text in pairs if name not in PAGING)


def query_of_url(request: Request) -> Query:
    try:
        return parse_query_url([(name, text) for name, text in parameters_of(request)], extensions_of(request))
    except EPCISError as error:
        raise Problem(invalid(error.all, "QueryParameter")) from None


def extensions_of(request: Request) -> Namespaces:
    """The prefixes that a client declares: `GS1-Extensions: example=https://example.com/ns/,other=…`."""
    text = request.headers.get("GS1-Extensions", "")
    pairs = [one.strip().partition("=") for one in text.split(",") if one.strip()]
    if not pairs:
        return GS1_NAMESPACES
    if not all(equals and prefix.strip() and stem.strip() for prefix, equals, stem in pairs):
        raise Problem.of("Validation", f"GS1-Extensions {text[:80]!r}: expected prefix=namespace, with commas between")
    try:
        return parse_context({prefix.strip(): stem.strip() for prefix, _, stem in pairs})
    except EPCISError as error:
        raise Problem(invalid(error.under("GS1-Extensions").all)) from None


def answer_query(view: EpcisView, query: Query, identity: Any, *, query_name: str = SIMPLE) -> Response:
    """A page of what `query` asks for; `identity` tells its list from all others."""
    request, party = view.request, view.actor.party
    cut: Cut = read_cut(request, [party.pk, identity])
    headers.epc_format(request)
    try:
        page = find_events(query, party=party, as_of=cut.as_of, key=cut.key, size=cut.size)
    except TooLarge as error:
        raise Problem.of("QueryTooLarge", str(error)) from None
    except TooComplex as error:
        raise Problem.of("QueryTooComplex", str(error), status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE) from None
    return paged(request, cut, document_for(request, page.rows, query_name), page.next)


def document_for(request: Request, rows: list[EventIndex], query_name: str = SIMPLE) -> Any:
    """The document in the form that the client accepts."""
    spelling, words, now = headers.epc_format(request), headers.word_format(request), timezone.now()
    if request.accepted_renderer.format == XmlRenderer.format:
        return query_document_xml(rows, spelling=spelling, words=words, now=now, query_name=query_name)
    return query_document(rows, spelling=spelling, now=now, query_name=query_name)
