"""A party's people and machines: who acts in its name, and what each of them may do."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from supplychain.acts import Actor, Refused
from supplychain.pages.access import for_members
from supplychain.pages.answers import show
from supplychain.people.duties import Kind
from supplychain.people.forms import ApiKeyForm, DutiesForm, InviteForm
from supplychain.usecases.change_duties import change_duties
from supplychain.usecases.grant_api_key import grant_api_key
from supplychain.usecases.invite_member import invite_member
from supplychain.usecases.remove_member import remove_member
from supplychain.usecases.revoke_api_key import revoke_api_key
from supplychain.usecases.withdraw_invitation import withdraw_invitation


@require_GET
@for_members()
def members(request: HttpRequest, actor: Actor) -> HttpResponse:
    party = actor.party
    return show(
        request,
        "supplychain/members.html",
        members=party.members.select_related("user").order_by("user__username"),
        invitations=party.invitations.filter(expires_at__gt=timezone.now()).select_related("invited_by").order_by("pk"),
        api_keys=party.api_keys.order_by("revoked_at", "-pk"),
        may_change=actor.may(Kind.PEOPLE),
    )


@never_cache
@for_members(act="invite_member")
def invite(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The link is in the answer itself: after a redirect it would have to be kept somewhere."""
    form = InviteForm(request.POST or None, initial={"duties": ["operator"]})
    made = form.attempt(lambda: invite_member(actor=actor, **form.cleaned_data)) if form.is_valid() else None
    if made is None:
        return show(request, "supplychain/invite.html", form)
    invitation, secret = made
    link = settings.PUBLIC_URL + reverse("join", args=[secret])
    return show(request, "supplychain/shown_once.html", invitation=invitation, secret=link)


@for_members(act="change_duties")
def member(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    found = actor.party.members.select_related("user").filter(pk=pk).first()
    if found is None:
        raise Http404(_("There is no such member of your party."))
    form = DutiesForm(request.POST or None, initial={"duties": found.duties})
    if form.is_valid():
        changed = form.attempt(lambda: change_duties(actor=actor, member_id=pk, **form.cleaned_data))
        if changed is not None:
            messages.success(request, _("%(name)s has other duties from now on.") % {"name": changed.user})
            return redirect("members")
    return show(request, "supplychain/member.html", form, member=found)


@require_POST
@for_members(act="remove_member")
def remove(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    try:
        name = remove_member(actor=actor, member_id=pk)
    except Refused as refusal:
        return _refused(request, refusal)
    messages.success(request, _("%(name)s does not act for your party any more.") % {"name": name})
    return redirect("members")


@require_POST
@for_members(act="withdraw_invitation")
def withdraw(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    try:
        withdraw_invitation(actor=actor, invitation_id=pk)
    except Refused as refusal:
        return _refused(request, refusal)
    messages.success(request, _("The invitation is withdrawn."))
    return redirect("members")


@never_cache
@for_members(act="grant_api_key")
def new_api_key(request: HttpRequest, actor: Actor) -> HttpResponse:
    form = ApiKeyForm(request.POST or None)
    made = form.attempt(lambda: grant_api_key(actor=actor, **form.cleaned_data)) if form.is_valid() else None
    if made is None:
        return show(request, "supplychain/new_api_key.html", form)
    key, text = made
    return show(request, "supplychain/shown_once.html", api_key=key, secret=text)


@require_POST
@for_members(act="revoke_api_key")
def revoke_key(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    try:
        key = revoke_api_key(actor=actor, key_id=pk)
    except Refused as refusal:
        return _refused(request, refusal)
    messages.success(request, _("The API key %(name)s is revoked.") % {"name": key.name})
    return redirect("members")


def _refused(request: HttpRequest, refusal: Refused) -> HttpResponse:
    messages.error(request, str(refusal))
    return redirect("members")
