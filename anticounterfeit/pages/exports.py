"""A batch's archive as a download, for its maker and the regulator."""

from collections.abc import Iterator

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from anticounterfeit.usecases.export_batch import export_batch
from supplychain.acts import Actor, Refused
from supplychain.models import Batch
from supplychain.pages.access import for_members
from supplychain.pages.products import OVERSEES_BATCHES


@require_GET
@for_members(OVERSEES_BATCHES)
def batch_archive(request: HttpRequest, actor: Actor, pk: int) -> HttpResponseBase:
    batch = get_object_or_404(Batch.objects.select_related("product__brand_owner"), pk=pk)
    try:
        pieces = export_batch(reader=actor.party, batch=batch)
    except Refused as refusal:
        messages.error(request, _("No export: %(reason)s.") % {"reason": refusal})
        return redirect("batches")
    return archive_response(batch, pieces)


def archive_response(batch: Batch, pieces: Iterator[bytes]) -> StreamingHttpResponse:
    response = StreamingHttpResponse(pieces, content_type="application/zip")
    name = "".join(sign if sign.isalnum() else "-" for sign in batch.lot_number)
    response["Content-Disposition"] = f'attachment; filename="batch-{batch.product.gtin}-{name}.zip"'
    response["Cache-Control"] = "private, no-store"
    return response
