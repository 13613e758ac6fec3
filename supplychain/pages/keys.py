"""Signing keys: a party sees its own, rotates and ends them; an authority sees and ends everybody's."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from ledger.models import Key
from supplychain.acts import Actor, Refused
from supplychain.key_forms import RevokeKeyForm
from supplychain.key_queries import keys_of
from supplychain.lifecycle import MAY_ADMIT
from supplychain.models import Party
from supplychain.pages.access import for_members
from supplychain.pages.answers import show
from supplychain.people.duties import Kind
from supplychain.usecases import revoke_key as revocation
from supplychain.usecases import rotate_key as rotation
from supplychain.visibility import is_regulator


@require_GET
@for_members()
def keys(request: HttpRequest, actor: Actor) -> HttpResponse:
    return _show_keys(request, actor, actor.party)


@require_GET
@for_members(MAY_ADMIT)
def keys_of_party(request: HttpRequest, actor: Actor, gln: str) -> HttpResponse:
    return _show_keys(request, actor, get_object_or_404(Party, gln=gln))


def _show_keys(request: HttpRequest, actor: Actor, party: Party) -> HttpResponse:
    return show(
        request,
        "supplychain/keys.html",
        party=party,
        lines=keys_of(party),
        is_own=party.pk == actor.party.pk,
        may_change=actor.may(Kind.KEYS),
    )


@require_POST
@for_members(act="rotate_key")
def rotate_key(request: HttpRequest, actor: Actor, keyid: str) -> HttpResponse:
    try:
        rotation.rotate_key(actor=actor, keyid=keyid)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("A new key signs for your party from now on; the old one has ended."))
    return redirect("keys")


@for_members(act="revoke_key")
def revoke_key(request: HttpRequest, actor: Actor, keyid: str) -> HttpResponse:
    key = Key.objects.filter(keyid=keyid, revoked_by=None).first()
    if key is None or (key.party != actor.party.gln and not is_regulator(actor.party)):
        raise Http404(_("There is no such key that you could revoke."))
    form = RevokeKeyForm(request.POST or None)
    if form.is_valid():
        wish = form.wish()
        revoked = form.attempt(lambda: revocation.revoke_key(actor=actor, keyid=keyid, **wish))
        if revoked is not None:
            messages.success(request, _("The key has ended. What it signs from now on is refused everywhere."))
            return redirect("keys") if key.party == actor.party.gln else redirect("keys-of-party", key.party)
    party = Party.objects.filter(gln=key.party).first()
    is_last = not Key.objects.filter(party=key.party, revoked_by=None).exclude(keyid=keyid).exists()
    return show(request, "supplychain/revoke_key.html", form, key=key, party=party, is_last=is_last)
