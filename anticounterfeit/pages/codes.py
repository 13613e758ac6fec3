"""Codes to print: one as an image, and a batch's on sheets."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from anticounterfeit.labels import FORMATS, code_of, label_of
from anticounterfeit.pages.addresses import asked_serial
from anticounterfeit.pages.pack import viewer_of
from anticounterfeit.queries import find_pack, packs_of_batch
from ledger.limits import limited
from supplychain.models import Batch
from supplychain.visibility import can_see_batch

LABELS_PER_SHEET = 100


@require_safe
@limited
def qr_image(request: HttpRequest, gtin: str, serial: str, kind: str) -> HttpResponse:
    """The QR code of a registered pack, as PNG or SVG."""
    item = find_pack(gtin, asked_serial(request, serial))
    if item is None:
        raise Http404(_("No pack has this number."))
    media_type, draw = FORMATS[kind]
    response = HttpResponse(draw(code_of(item).url(settings.PUBLIC_URL)), content_type=media_type)
    response["Cache-Control"] = "private, max-age=3600"
    return response


@require_safe
@login_required
def label_sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """A batch's labels, a hundred at a time: for its maker, and for the regulator."""
    batch = get_object_or_404(Batch.objects.select_related("product"), pk=pk)
    if not can_see_batch(viewer_of(request), batch):
        raise Http404(_("There is no such batch among yours."))
    after = request.GET.get("after", "0")
    after_pk = int(after) if after.isascii() and after.isdigit() and len(after) < 19 else 0
    items = list(packs_of_batch(batch, after_pk=after_pk)[: LABELS_PER_SHEET + 1])
    shown = items[:LABELS_PER_SHEET]
    context = {
        "batch": batch,
        "labels": [label_of(item) for item in shown],
        "next": shown[-1].pk if len(items) > LABELS_PER_SHEET else None,
        "is_first": not after_pk,
    }
    return render(request, "anticounterfeit/labels.html", context)
