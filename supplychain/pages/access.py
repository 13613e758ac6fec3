"""Who may open a page: people who are signed in and act for a party, with one of the roles that the page is for."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render, resolve_url
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from supplychain.acts import Actor
from supplychain.lifecycle import Role
from supplychain.models import Membership
from supplychain.pages.words import DUTIES, ROLES
from supplychain.people.duties import DUTIES_OF, Duty, Kind, kind_of, person

P = ParamSpec("P")
MemberView = Callable[Concatenate[HttpRequest, Actor, P], HttpResponseBase]
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]

EVERYBODY = frozenset(Role)
READING = ("GET", "HEAD", "OPTIONS")


def find_actor(request: HttpRequest) -> Actor | None:
    """Who acts in this request. Asked once for each request: the menu and the page both want to know."""
    if not hasattr(request, "_actor"):
        cast(Any, request)._actor = _load_actor(request)
    return cast("Actor | None", cast(Any, request)._actor)


def _load_actor(request: HttpRequest) -> Actor | None:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return None
    membership = Membership.objects.select_related("party", "place").filter(user=user.pk).first()
    if membership is None:
        return None
    return Actor(membership.party, user, person(membership.duties), membership.place)


def for_members(allowed: frozenset[Role] = EVERYBODY, *, act: str = "") -> Callable[[MemberView[P]], View[P]]:
    """Let members of a party with one of the `allowed` roles in; the view gets the actor behind the request.

    `act` is the act that the page is there for: whoever may not do it in the party's name does not get to its form.
    """

    def decorate(view: MemberView[P]) -> View[P]:
        @require_http_methods([*READING, "POST"])
        @wraps(view)
        def run(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return _to_sign_in(request)
            actor = find_actor(request)
            if actor is None:
                return render(request, "supplychain/no_party.html", status=403)
            if not allowed.intersection(actor.roles):
                raise PermissionDenied(_why_not(actor, allowed))
            if (act and not actor.may(kind_of(act), act)) or (request.method not in READING and not actor.may_act):
                raise PermissionDenied(_not_your_duty(actor, kind_of(act)))
            return view(request, actor, *args, **kwargs)

        return run

    return decorate


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    """A part of a page cannot show the sign-in form: then the whole page goes there, and comes back to itself."""
    if request.headers.get("HX-Request"):
        page = request.headers.get("HX-Current-URL", "")
        return HttpResponseClientRedirect(redirect_to_login(page, resolve_url("sign-in")).url)
    return redirect_to_login(request.get_full_path(), resolve_url("sign-in"))


def _not_your_duty(actor: Actor, kind: Kind) -> str:
    need = get_text_list([str(DUTIES[one]) for one in Duty if one in DUTIES_OF[kind]], _("or"))
    granted = actor.granted.duties if actor.granted is not None else ()
    have = get_text_list([str(DUTIES[one]) for one in Duty if one in granted], _("and")) or _("nothing yet")
    return _("This is for: %(need)s. In %(party)s you are: %(have)s.") % {
        "need": need,
        "party": actor.party.name,
        "have": have,
    }


def _why_not(actor: Actor, allowed: frozenset[Role]) -> str:
    need = get_text_list([str(ROLES[one]) for one in Role if one in allowed], _("or"))
    have = get_text_list([str(ROLES[one]) for one in actor.roles], _("and")) or _("nothing yet")
    return _("This page is for: %(need)s. %(party)s is licensed as: %(have)s.") % {
        "need": need,
        "party": actor.party.name,
        "have": have,
    }
