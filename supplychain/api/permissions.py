"""Who may call at all: somebody who acts for a party, and may look or act at all. The rest is decided by the acts."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from django.contrib.auth.models import User
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from supplychain.acts import Actor, Refused
from supplychain.api.authentication import ApiClient
from supplychain.models import Membership, Place
from supplychain.people.duties import person

if TYPE_CHECKING:
    # The settings name this module, and REST framework reads them while it loads its views.
    from rest_framework.views import APIView


class ActsForParty(BasePermission):
    message = "You are signed in but act for no party: ask your operator for a membership"
    code = "NO_PARTY"

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if not request.user.is_authenticated:
            return False
        actor = find_actor(request)
        if actor is not None:
            check_grants(actor, is_reading=request.method in SAFE_METHODS)
        return actor is not None


def check_grants(actor: Actor, *, is_reading: bool) -> None:
    """Some doors do no act in the frame of acts: whoever may do nothing at all does not get as far as them."""
    if is_reading and not actor.may_read:
        raise PermissionDenied("This API key may not read: it needs scope read", code="SCOPE_MISSING")
    if not is_reading and not actor.may_act:
        raise PermissionDenied("You may look at everything of your party and do nothing in its name", code="READS_ONLY")


def find_reader(request: Request) -> Actor | None:
    """For doors that anybody may open: who looks, if it is somebody who may see more than a stranger."""
    actor = find_actor(request)
    return actor if actor is not None and actor.may_read else None


def find_actor(request: Request) -> Actor | None:
    """The party that the caller acts for, looked up once for each request; None for strangers."""
    known = vars(request)
    if "actor" not in known:
        actor = _actor_of_caller(request.user)
        gln = request.query_params.get("place")
        known["actor"] = replace(actor, at=place_of(actor, gln)) if actor is not None and gln is not None else actor
    return cast(Actor | None, known["actor"])


def actor_of(request: Request) -> Actor:
    """The same for views behind `ActsForParty`, where there always is one."""
    actor = find_actor(request)
    assert actor is not None, "this view needs the permission ActsForParty"
    return actor


def _actor_of_caller(caller: Any) -> Actor | None:
    if isinstance(caller, ApiClient):
        return Actor(caller.party, grants=caller.grants)
    if not isinstance(caller, User) or not caller.is_authenticated:
        return None
    membership = Membership.objects.select_related("party", "place").filter(user=caller.pk).first()
    if membership is None:
        return None
    return Actor(membership.party, caller, person(membership.duties), membership.place)


def place_of(actor: Actor, gln: str) -> Place:
    """The site that the caller says it acts from: one of its own party's."""
    place = actor.party.places.filter(gln=gln).first()
    if place is None:
        raise Refused.because("UNKNOWN_PLACE", f"{actor.party.name} has no place with GLN {gln[:40]!r}")
    return place
