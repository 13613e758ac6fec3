"""Who may call at all: somebody who acts for a party. What the party may do is decided by the acts themselves."""

from typing import TYPE_CHECKING, Any, cast

from django.contrib.auth.models import User
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from supplychain.acts import Actor
from supplychain.api.authentication import ApiClient
from supplychain.models import Membership

if TYPE_CHECKING:
    # The settings name this module, and REST framework reads them while it loads its views.
    from rest_framework.views import APIView


class ActsForParty(BasePermission):
    message = "You are signed in but act for no party: ask your operator for a membership"
    code = "NO_PARTY"

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if not request.user.is_authenticated:
            return False
        return find_actor(request) is not None


def find_actor(request: Request) -> Actor | None:
    """The party that the caller acts for, looked up once for each request; None for strangers."""
    known = vars(request)
    if "actor" not in known:
        known["actor"] = _actor_of_caller(request.user)
    return cast(Actor | None, known["actor"])


def actor_of(request: Request) -> Actor:
    """The same for views behind `ActsForParty`, where there always is one."""
    actor = find_actor(request)
    assert actor is not None, "this view needs the permission ActsForParty"
    return actor


def _actor_of_caller(caller: Any) -> Actor | None:
    if isinstance(caller, ApiClient):
        return Actor(caller.party)
    if not isinstance(caller, User) or not caller.is_authenticated:
        return None
    membership = Membership.objects.select_related("party").filter(user=caller.pk).first()
    return Actor(membership.party, caller) if membership else None
