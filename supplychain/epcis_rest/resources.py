"""The top level, and the six collections of what occurs in events, each with its events."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from supplychain.epcis.errors import EPCISError
from supplychain.epcis.namespaces import DEFAULT_CONTEXT
from supplychain.epcis.predicates import Query
from supplychain.epcis.query import parse_query_url
from supplychain.epcis_rest.base import EpcisView, named_in_path
from supplychain.epcis_rest.events import IN_XML_TOO, answer_query, extensions_of, parameters_of, query_of_url
from supplychain.epcis_rest.pages import paged, read_cut
from supplychain.epcis_rest.problems import Problem
from supplychain.epcis_rest.schema import COLLECTION, PAGE, QUERY, QUERY_DOCUMENT
from supplychain.models import Party
from supplychain.repository.faults import invalid
from supplychain.repository.lists import Listed, epc_page, value_page
from supplychain.repository.query import find_events

TOP_LEVEL = (
    *("queries", "capture", "events", "eventTypes", "epcs", "readPoints", "bizLocations", "dispositions", "bizSteps"),
)


@dataclass(frozen=True, slots=True)
class Kind:
    """A collection: its name in the path, the parameter that asks for one member, and how its members are listed."""

    name: str
    parameter: str
    members: Callable[..., Listed]


def _column(column: str) -> Callable[..., Listed]:
    return lambda party, **cut: value_page(column, party, **cut)


KINDS = {
    one.name: one
    for one in (
        Kind("eventTypes", "eventType", _column("type")),
        Kind("epcs", "MATCH_anyEPC", epc_page),
        Kind("bizSteps", "EQ_bizStep", _column("biz_step")),
        Kind("bizLocations", "EQ_bizLocation", _column("biz_location")),
        Kind("readPoints", "EQ_readPoint", _column("read_point")),
        Kind("dispositions", "EQ_disposition", _column("disposition")),
    )
}


def collection(members: list[str]) -> dict[str, Any]:
    return {"@context": DEFAULT_CONTEXT, "type": "Collection", "member": members}


class TopView(EpcisView):
    announces_capture = True

    @extend_schema(operation_id="epcis_top", summary="What there is", responses={200: COLLECTION}, tags=["epcis"])
    def get(self, request: Request) -> Response:
        """The nine resources of the interface."""
        return Response(collection(list(TOP_LEVEL)))


class CollectionView(EpcisView):
    kind: ClassVar[str]

    @extend_schema(
        summary="What occurs in the events that you may see",
        parameters=PAGE,
        responses={200: COLLECTION},
        tags=["epcis"],
    )
    def get(self, request: Request) -> Response:
        """Standard words stand in it always."""
        cut = read_cut(request, [self.actor.party.pk, self.kind])
        page = KINDS[self.kind].members(self.actor.party, key=cut.key, size=cut.size)
        return paged(request, cut, collection(page.rows), page.next)


class MemberView(EpcisView):
    kind: ClassVar[str]

    @extend_schema(summary="What there is of one of them", responses={200: COLLECTION}, tags=["epcis"])
    def get(self, request: Request, member: str) -> Response:
        """Its events. 404 if there are none that you may see."""
        asked = named_in_path(request._request, member, before=f"/epcis/{self.kind}/")
        query = member_query(self.kind, asked, request)
        if not has_events(query, self.actor.party):
            raise Problem.of("NoSuchResource", f"No event that you may see has {asked[:200]!r} in {self.kind}")
        return Response(collection(["events"]))


class MemberEventsView(EpcisView):
    renderer_classes = IN_XML_TOO
    kind: ClassVar[str]

    @extend_schema(
        summary="The events of one of them", parameters=QUERY, responses={200: QUERY_DOCUMENT}, tags=["epcis"]
    )
    def get(self, request: Request, member: str) -> Response:
        """Like `/events`, with one condition more."""
        asked = named_in_path(request._request, member, before=f"/epcis/{self.kind}/", after="/events")
        of_member, others = member_query(self.kind, asked, request), query_of_url(request)
        query = replace(others, predicates=of_member.predicates + others.predicates)
        return answer_query(self, query, [self.kind, asked, *parameters_of(request)])


class TokenView(EpcisView):
    @extend_schema(summary="Give up a list", request=None, responses={501: None}, tags=["epcis"])
    def delete(self, request: Request, token: str) -> Response:
        """Tokens are signed and not stored; they end by themselves."""
        raise Problem.of(
            "Implementation",
            "Page tokens are not stored here: they end by themselves",
            status=HTTPStatus.NOT_IMPLEMENTED,
        )


def member_query(kind: str, member: str, request: Request) -> Query:
    try:
        return parse_query_url([(KINDS[kind].parameter, member)], extensions_of(request))
    except EPCISError as error:
        raise Problem(invalid(error.all)) from None


def has_events(query: Query, party: Party) -> bool:
    return bool(find_events(query, party=party, as_of=timezone.now(), size=1).rows)


def views_of(kind: str) -> tuple[Any, Any, Any]:
    """The three views of a collection; each has a class of its own, because the description goes by classes."""
    name = kind[0].upper() + kind[1:]
    made: list[Any] = [
        type(f"{name}{base.__name__}", (base,), {"kind": kind, "operation": f"epcis_{kind}{suffix}"})
        for base, suffix in ((CollectionView, ""), (MemberView, "_member"), (MemberEventsView, "_events"))
    ]
    return made[0].as_view(), made[1].as_view(), made[2].as_view()
