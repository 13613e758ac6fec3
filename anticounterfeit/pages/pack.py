"""The public page of a pack: what its QR code opens. The same address answers programs in JSON."""

from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from anticounterfeit.answers import answer_of, pedigree_address, status_of
from anticounterfeit.code import Claim
from anticounterfeit.linkset import header_of_linkset
from anticounterfeit.pages.addresses import asked_code, asked_serial
from anticounterfeit.pages.forms import CodeForm
from anticounterfeit.queries import find_pack
from anticounterfeit.resolver.answers import answer_links, linkset_address, wants_links
from anticounterfeit.usecases.build_pedigree import NotYetProven, build_pedigree
from anticounterfeit.usecases.verify_pack import Verification, verify_pack
from anticounterfeit.words import PROOFS, tell, tell_role, tell_step
from ledger.limits import limited
from supplychain.models import Party
from supplychain.pages.access import find_actor
from supplychain.visibility import reader_of


@require_safe
@limited
def pack_page(request: HttpRequest) -> HttpResponse:
    """The Digital Link of a pack, batch, product or logistic unit: the page for people, links for who asks for them."""
    code = asked_code(request)
    if wants_links(request):
        return answer_links(request, code)
    response = answer(request, verify_pack(code=code, viewer=viewer_of(request)))
    response["Link"] = header_of_linkset(linkset_address(code))
    return response


@require_safe
@limited
def verify_page(request: HttpRequest) -> HttpResponse:
    """A code that was typed in: for whom the camera does not read it."""
    if not request.GET:
        return render(request, "anticounterfeit/verify.html", {"form": CodeForm()})
    form = CodeForm(request.GET)
    if not form.is_valid():
        return render(request, "anticounterfeit/verify.html", {"form": form}, status=HTTPStatus.BAD_REQUEST)
    return answer(request, verify_pack(code=form.typed_code(), viewer=viewer_of(request)))


@require_safe
@limited
def pedigree_file(request: HttpRequest, gtin: str, serial: str) -> HttpResponse:
    """Everything that it takes to check the pack's story without us, as far as it is for whoever asks."""
    item = find_pack(gtin, asked_serial(request, serial))
    if item is None:
        return JsonResponse({"code": "UNKNOWN_PACK", "detail": _("No pack has this number.")}, status=404)
    try:
        pedigree = build_pedigree(item, reader=reader_of(viewer_of(request)))
    except NotYetProven:
        text = _("The statements about this pack wait for their block. Ask again in a few seconds.")
        return JsonResponse({"code": "NOT_YET_PROVEN", "detail": text}, status=404, headers={"Retry-After": "2"})
    response = JsonResponse(pedigree.document)
    response["Content-Disposition"] = 'attachment; filename="pedigree.json"'
    response["Cache-Control"] = "no-store"
    return response


def answer(request: HttpRequest, verification: Verification) -> HttpResponse:
    """A verification in the form that the client prefers."""
    status = status_of(verification)
    response: HttpResponse
    if wants_json(request):
        response = JsonResponse(answer_of(verification), status=status)
    else:
        response = render(request, "anticounterfeit/pack.html", context_of(verification), status=status)
    # A verdict holds for the moment at which it was given.
    response["Cache-Control"] = "no-store"
    patch_vary_headers(response, ["Accept"])
    return response


def context_of(verification: Verification) -> dict[str, Any]:
    claim = verification.claim
    return {
        "verification": verification,
        "verdict": verification.verdict,
        "told": tell(verification.verdict),
        "claim": claim if isinstance(claim, Claim) else None,
        "sscc": claim.digits if claim is not None and not isinstance(claim, Claim) else "",
        "product": verification.found.product,
        "batch": verification.found.batch,
        "recalls": verification.recalls,
        "steps": [
            {
                "step": step,
                "text": tell_step(step),
                "by": tell_role(step.actor.role),
                "to": tell_role(step.receiver.role) if step.receiver else "",
                "proof": PROOFS[step.proof.state],
            }
            for step in verification.steps
        ],
        "checkpoint": verification.checkpoint,
        "pedigree": pedigree_address(verification),
        "pedigree_is_whole": settings.PUBLIC_PEDIGREE == "whole",
        "public_host": settings.PUBLIC_HOST,
        "now": timezone.now(),
        "form": CodeForm(),
    }


def wants_json(request: HttpRequest) -> bool:
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def viewer_of(request: HttpRequest) -> Party | None:
    """The party that the person looking acts for. One query, and none for the public."""
    actor = find_actor(request)
    return actor.party if actor is not None else None
